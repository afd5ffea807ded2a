/** The Chromium of this machine. */
import { existsSync } from "node:fs"
import { type Browser, chromium } from "playwright-core"
import { describe as suite } from "vitest"

const program = process.env.CHROMIUM ?? "/usr/bin/chromium"

/** Why the tests cannot run here, or `undefined` if they can. In the whole check they must. */
const absence: string | undefined =
  existsSync(program) || process.env.CI === "true"
    ? undefined
    : `there is no ${program}: apt-get install chromium, or set CHROMIUM`

export const launch = (): Promise<Browser> =>
  chromium.launch({
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
  })

/** A group of tests that need Chromium; without it they are skipped, and their name says why. */
export const describe = (name: string, tests: () => void): void => {
  suite.skipIf(absence !== undefined)(absence === undefined ? name : `${name} (skipped: ${absence})`, tests)
}
