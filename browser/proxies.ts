/**
 * `npm run proxies [-- --write]`: sends a session's stream through things that may be between a browser and a server, measures how
 * late each event comes, and compares the table of docs/server-session.md with it; `--write` writes the table.
 *
 * A missing proxy is skipped and reported; with `CI=true` that is a failure.
 */
import { readFile, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { parseArgs } from "node:util"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as NodeListener from "@pbx-auth/session/NodeListener"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import * as ServerSession from "@pbx-auth/session/ServerSession"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Proxies from "./src/Proxies.ts"

const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } })
const page = new URL("../docs/server-session.md", import.meta.url)
const origin = "https://admin.example.test"

const scope = Scope.makeUnsafe()
const emulator = await Effect.runPromise(Scope.provide(Emulator.make({}), scope))
const pbx = await openSkySwitch(
  {
    address: "http://127.0.0.1:1",
    client: { id: "your-client-id", secret: "your-client-secret" },
    credentials: { username: "111@abc-company", password: "1234" },
  },
  { fetch: (input, init) => emulator.handle(new Request(input, init)) },
)
const served = ServerSession.open({ origin, path: "/session", caller: () => pbx })
const handler = NodeListener.of(served.handle)

/** When each snapshot was made, by its name. */
const madeAt = new Map<string, number>()
pbx.actor.subscribe(() => void madeAt.set(served.snapshot(pbx).id, performance.now()))

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** ms by which each event of a stream came late. */
const measure = async (url: string): Promise<ReadonlyArray<number>> => {
  const gone = new AbortController()
  const late: Array<number> = []
  const headers = { origin, "accept-encoding": "gzip, deflate, br" }
  const reading = (async () => {
    const response = await fetch(`${url}/session`, { headers, signal: gone.signal })
    if (response.status !== 200) throw new Error(`${url} answers ${response.status}`)
    let text = ""
    for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part
      for (const [whole, id = ""] of text.matchAll(/id: (.*)\ndata: .*\n\n/g)) {
        const made = madeAt.get(id)
        if (made !== undefined) late.push(performance.now() - made)
        text = text.slice(text.indexOf(whole) + whole.length)
      }
    }
  })().catch((error) => {
    if (!gone.signal.aborted) throw error
  })
  await pause(300)
  // Snapshots that have come by now were made before the measurement.
  madeAt.clear()
  late.length = 0
  for (let step = 0; step < 6; step++) {
    await (step % 2 === 0 ? pbx.signIn() : pbx.signOut())
    await pause(300)
  }
  await pause(500)
  gone.abort()
  await reading
  return late.sort((a, b) => a - b)
}

/** In words that are the same on a fast machine and on a slow one. */
const verdict = (late: ReadonlyArray<number>): string => {
  const middle = late[Math.floor(late.length / 2)]
  if (middle === undefined) return "not while the stream is open"
  return middle < 100 ? "at once" : middle < 1_000 ? "some 200 ms late" : "seconds late"
}

const rows: Array<ReadonlyArray<string>> = []
const versions = new Map<string, string>()
const missing: Array<string> = []
for (const proxy of Proxies.proxies) {
  const version = proxy.version()
  if (version === undefined) {
    missing.push(proxy.name)
    process.stdout.write(`skipped: ${proxy.name} is not installed (apt-get install ${proxy.debian})\n`)
    continue
  }
  if (proxy.debian !== undefined) versions.set(proxy.name, version)
  const upstream = await Proxies.listening(createServer(handler))
  const running = await proxy.start(upstream.port, handler)
  const late = await measure(running.url)
  await running.close()
  await upstream.close()
  const [first, last] = [late.at(0), late.at(-1)].map((millis) => millis?.toFixed(0) ?? "-")
  process.stdout.write(
    `${proxy.name} ${version}: ${proxy.configuration}: ${late.length} events, ${first} to ${last} ms late\n`,
  )
  rows.push([proxy.name, proxy.configuration, verdict(late)])
}

await served.close()
await pbx.close()
await Effect.runPromise(Scope.close(scope, Exit.void))

const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
const table = [
  line(["in between", "its configuration", "an event comes"]),
  line(["---", "---", "---"]),
  ...rows.map(line),
]
const measured = `Measured with ${[...versions].map(([name, version]) => `${name} ${version}`).join(", ")}.`

const [, before = "", shown = "", after = ""] =
  /^(.*<!-- proxies -->\n)(.*)(<!-- \/proxies -->.*)$/s.exec(await readFile(page, "utf8")) ?? []
if (values.write && missing.length === 0) {
  await writeFile(page, `${before}\n${table.join("\n")}\n\n${measured}\n\n${after}`)
  process.stdout.write("written to docs/server-session.md\n")
} else {
  const wrong = rows.map(line).filter((row) => !shown.includes(row))
  for (const row of wrong) process.stdout.write(`docs/server-session.md does not say: ${row}\n`)
  if (wrong.length > 0) process.exitCode = 1
}
if (missing.length > 0 && (values.write || process.env.CI === "true")) {
  process.stdout.write(`!! not measured: ${missing.join(", ")}\n`)
  process.exitCode = 1
}
