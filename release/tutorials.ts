/**
 * `tutorials [-- --all]`: follows docs/first-token.md and docs/first-screen.md in a fresh clone of the last commit, as a reader does, and
 * says how long each took. A person then signs in on the screen in Chromium, with a second factor. With `--all` in each framework, else
 * in React alone. Exits with 1 if a page does not lead where it says.
 */
import { rmSync } from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { availableParallelism, loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import getPort from "get-port"
import { chromium } from "playwright-core"
import { must } from "./src/Command.ts"
import * as Table from "./src/Table.ts"
import { follow } from "./src/Tutorial.ts"
import { root } from "./src/Workspace.ts"

const { values } = parseArgs({ options: { all: { type: "boolean", default: false } } })
const away = await mkdtemp(join(tmpdir(), "pbx-auth-tutorials-"))
process.once("exit", () => rmSync(away, { recursive: true, force: true }))

const clone = join(away, "pbx-auth")
const page = (name: string) => join(clone, "docs", name)
const port = await getPort()
const onPort = (text: string) => text.replaceAll("4000", String(port))
/** For a second tutorial in the same clone: they are there. */
const packed = (text: string) => onPort(text).replace("npm run tarballs\n", "")

const failed: Array<string> = []
/** Minutes are what the page promises. A busy machine may take longer, so that alone is no failure. */
const timed = async (what: string, minutes: number, read: () => Promise<void>) => {
  const begun = performance.now()
  const failure = await read().then(
    () => undefined,
    (error) => (error instanceof Error ? error.message : String(error)),
  )
  const seconds = Math.round((performance.now() - begun) / 1_000)
  const load = `load ${(loadavg()[0] ?? 0).toFixed(1)} on ${availableParallelism()} processors`
  Table.print(
    `${failure === undefined ? "ok    " : "FAILED"} ${what}: ${seconds} s, the page says ${minutes} min; ${load}`,
  )
  if (failure === undefined) return
  Table.print(failure)
  failed.push(what)
}

await timed("first token, with promises, from the clone on", 3, async () => {
  await must("git", ["clone", "--quiet", root, clone], { cwd: away })
  await using _ = await follow(page("first-token.md"), { clone, choice: "Promises", own: onPort })
})

await timed("first token, with Effect", 3, async () => {
  const own = (text: string) => packed(text).replaceAll("first-token", "first-token-effect")
  await using _ = await follow(page("first-token.md"), { clone, choice: "Effect", own })
})

/** A template's own plugin stays. */
const withServer = (file: string, before: string | undefined, block: string): string => {
  if (file !== "vite.config.ts") return block
  const [server = ""] = /^ {2}server: .*$/m.exec(block) ?? []
  if (before === undefined) return `export default { ${server} }\n`
  return before.replace(/plugins: \[.*\],?/, (plugins) => `${plugins.replace(/,?$/, ",")}\n${server}`)
}

const signIn = async (address: string) => {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu"],
  })
  try {
    const tab = await browser.newPage()
    await tab.goto(address)
    const says = (words: string) => tab.getByRole("heading", { name: words }).waitFor({ timeout: 30_000 })
    await tab.getByLabel("User name").fill("222@abc-company")
    await tab.getByLabel("Password").fill("5678")
    await tab.getByRole("button", { name: "Sign in" }).click()
    await says("A passcode is needed.")
    await tab.getByLabel("Passcode").fill("000000")
    await tab.getByRole("button", { name: "Go on" }).click()
    await tab.getByRole("alert").waitFor()
    await tab.getByLabel("Passcode").fill("246802")
    await tab.getByRole("button", { name: "Go on" }).click()
    await says("Signed in.")
    await tab.getByRole("button", { name: "Sign out" }).click()
    await tab.getByLabel("User name").waitFor()
  } finally {
    await browser.close()
  }
}

const frameworks = { React: "react", Vue: "vue", Svelte: "svelte", Solid: "solid", "No framework": "vanilla" }
for (const [choice, template] of Object.entries(frameworks).slice(0, values.all ? undefined : 1)) {
  await timed(`first screen, ${choice}`, 10, async () => {
    const own = (text: string) =>
      packed(text)
        .replaceAll("first-screen", `first-screen-${template}`)
        .replace("react-ts", `${template}-ts`)
        .replace(" @xstate/react", template === "vanilla" ? "" : ` @xstate/${template}`)
    await using screen = await follow(page("first-screen.md"), { clone, choice, own, merge: withServer })
    await signIn(screen.address ?? "")
  })
}

process.exitCode = failed.length > 0 ? 1 : 0
