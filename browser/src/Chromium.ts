/** The Chromium of this machine. */
import { existsSync } from "node:fs"
import { type Browser, chromium } from "playwright-core"

const program = process.env.CHROMIUM ?? "/usr/bin/chromium"

/** Why the tests cannot run here, or `undefined` when they can. In the whole check they must. */
export const absence: string | undefined =
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
