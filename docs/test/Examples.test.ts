import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { afterAll, describe, expect, it } from "vitest"
import { bundleOf } from "./Built.ts"
import { type Host, host, type Ran, run, withEmulator } from "./Example.ts"
import { root } from "./Page.ts"
import { printed } from "./Printed.ts"

/** Each does what another example does, in another style or more often. */
const alike = [
  "acting-with-promises.ts",
  "bearer-fetch.ts",
  "jumping-an-hour.ts",
  "kept-with-promises.ts",
  "promise-refusals.ts",
  "promise-retry.ts",
  "refusals.ts",
  "second-factor-with-promises.ts",
  "testing-with-effect.ts",
  "three-hundred-domains.ts",
  "watching.ts",
]

/** Each counts in its process, gets signals or watches it, so that it has one of its own. The others share one. */
const apart = ["graceful-shutdown.ts", "inspector.ts", "operations.ts", "plain-promise.ts"]

/** Everything secret in the emulator's world, and the looks of its tokens: 32 or 64 hexadecimal digits, or a JWT. */
const secrets = [
  /\b(1234|5678|4321|246802|000000)\b/,
  /mypassword|basic-password|ipex-password|other-password/,
  /your-client-secret|sangoma-client-secret|a-guess/,
  /[0-9a-f]{32}/i,
  /eyJ/,
  /nsr_\w/,
]

const expectPrinted = (name: string, { exitCode, stderr, stdout }: Ran) => {
  expect(stderr, name).toBe("")
  const lines = stdout.trimEnd().split("\n")
  const expected = printed[name] ?? []
  expect(lines, name).toHaveLength(expected.length)
  expected.forEach((line, index) => {
    if (typeof line === "string") expect(lines[index], name).toBe(line)
    else expect(lines[index], name).toMatch(line)
  })
  for (const secret of secrets) expect(stdout, name).not.toMatch(secret)
  expect(exitCode, name).toBe(0)
}

/** The table of examples in docs/examples.md, from above. */
const tabled = () =>
  [...readFileSync(`${root}/docs/examples.md`, "utf8").matchAll(/^\|[^|]*\| \[[\w.-]+]\(examples\/([\w.-]+)\)/gm)].map(
    ([, name = ""]) => name,
  )

const json = async (address: string, path: string, init?: RequestInit) =>
  (await fetch(`${address}/__emulator/${path}`, init)).json()

/** All that an example can change of an emulator and others would notice. */
const stateOf = async (address: string) => {
  const { now } = await json(address, "clock", { method: "POST", body: '{"advance":0}' })
  const faults: ReadonlyArray<{ hits: number; times?: number | "always" }> = await json(address, "faults")
  return {
    world: await json(address, "world"),
    unspent: faults.filter(({ hits, times = 1 }) => times === "always" || hits < times),
    // Examples move it by minutes and more. No process here is given a minute to put it back.
    isClockBack: Math.abs(now - Date.now()) < 60_000,
  }
}

describe("examples", () => {
  let shared: Host | undefined
  afterAll(() => shared?.kill())

  it("are all run here", () => {
    const files = readdirSync(new URL("../examples", import.meta.url)).sort()
    expect(files).toEqual(Object.keys(printed).sort())
  })

  it("stand in the table of docs/examples.md, each once", () => {
    expect(tabled().sort()).toEqual(Object.keys(printed).sort())
    expect(tabled()).toEqual(expect.arrayContaining(alike))
  })

  // An example leaves its emulator as it was.
  const tried = (name: string, run: (name: string, address: string) => Promise<Ran>) =>
    withEmulator(async (address) => {
      const untouched = await stateOf(address)
      expectPrinted(name, await run(name, address))
      expect(await stateOf(address), name).toEqual(untouched)
    })
  const alone = (name: string) => tried(name, (name, address) => run(name, { PBX_AUTH_ADDRESS: address }))
  const fromSource = (name: string) =>
    tried(name, (name, address) => run(name, { PBX_AUTH_ADDRESS: address }, `docs/examples/${name}`))
  const together = (name: string) =>
    tried(name, async (name, address) => {
      shared ??= host()
      return { ...(await shared.run(name, address)), exitCode: 0 }
    })

  it.each(tabled().filter((name) => !alike.includes(name)))("%s", (name) =>
    apart.includes(name) ? alone(name) : together(name),
  )

  it("leave nothing that runs on: the process of them all ends by itself, and well", async () => {
    shared ??= host()
    expect(await shared.end()).toBe(0)
  })

  it.each(alike)("%s", { tags: ["matrix"] }, alone)

  // As a reader runs it. It takes twice as long to start.
  it.each(tabled().slice(0, 1))("%s, from its source", fromSource)

  it.each(tabled().slice(1))("%s, from its source", { tags: ["matrix"] }, fromSource)

  it("put the emulator back when they are interrupted", () =>
    withEmulator(async (address) => {
      const before = await stateOf(address)
      const child = spawn(process.execPath, [bundleOf("three-hundred-domains.ts")], {
        cwd: root,
        env: { ...process.env, NODE_OPTIONS: "", PBX_AUTH_ADDRESS: address },
        stdio: "ignore",
      })
      const ended = once(child, "exit")
      try {
        // A journal takes longer to read than to write: to read it all the time holds up the example.
        for (let asked = 0; asked < 100 && child.exitCode === null; asked = (await json(address, "journal")).length)
          await new Promise((resolve) => setTimeout(resolve, 50))
        expect(await stateOf(address)).not.toEqual(before)
        child.kill("SIGINT")
        await ended
        expect(await stateOf(address)).toEqual(before)
      } finally {
        child.kill("SIGKILL")
      }
    }))
})
