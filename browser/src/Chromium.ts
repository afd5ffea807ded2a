/** The Chromium of this machine. */
import { existsSync } from "node:fs"
import { type Browser, type BrowserContext, chromium } from "playwright-core"
import { describe as suite } from "vitest"

const program = process.env.CHROMIUM ?? "/usr/bin/chromium"

/** Why the tests cannot run here, or `undefined` if they can. In the whole check they must. */
const absence: string | undefined =
  existsSync(program) || process.env.CI === "true"
    ? undefined
    : `there is no ${program}: apt-get install chromium, or set CHROMIUM`

const options = {
  executablePath: program,
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
}

export const launch = (): Promise<Browser> => chromium.launch(options)

/** A browser that keeps its data in a folder, and can be killed without a warning. */
export const launchProfile = async (
  folder: string,
): Promise<{ readonly context: BrowserContext; readonly kill: () => Promise<void> }> => {
  const context = await chromium.launchPersistentContext(folder, options)
  const kill = async () => {
    const isOver = new Promise<void>((resolve) => context.once("close", () => resolve()))
    // The browser's own process, which its devtools name. Its children end with it.
    const devtools = await context.browser()?.newBrowserCDPSession()
    const { processInfo = [] } = (await devtools?.send("SystemInfo.getProcessInfo")) ?? {}
    const pid = processInfo.find(({ type }) => type === "browser")?.id
    if (pid === undefined) throw new Error("the browser names no process of its own")
    process.kill(pid, "SIGKILL")
    await isOver
  }
  return { context, kill }
}

/** A group of tests that need Chromium; without it they are skipped, and their name says why. */
export const describe = (name: string, tests: () => void): void => {
  suite.skipIf(absence !== undefined)(absence === undefined ? name : `${name} (skipped: ${absence})`, tests)
}
