/** The Chromium of this machine, for programs that are no tests. */
import { existsSync } from "node:fs"
import { type Browser, chromium } from "playwright-core"

const program = process.env.CHROMIUM ?? "/usr/bin/chromium"

export const launch = async (): Promise<Browser> => {
  if (!existsSync(program)) throw new Error(`there is no ${program}: apt-get install chromium, or set CHROMIUM`)
  return chromium.launch({
    executablePath: program,
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  })
}
