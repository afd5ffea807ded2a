/** What pages are like in a real browser, in four dresses: wide and narrow, light and dark. Each is visited once, for all checks. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { AxeResults, RunOptions } from "axe-core"
import type { BrowserContext } from "playwright-core"
import { skySwitch } from "../playground/Provider.ts"
import type { Site } from "./Finding.ts"
import { type Heard, listen, watchShift } from "./Tab.ts"

/** One page of each kind, and the front page while its playground is in use. */
const wanted = [
  "",
  "?account=111&do=sign-in,call",
  "first-token/",
  "embedding/",
  `providers/${skySwitch}/`,
  "errors/",
  "errors/passcode-required/",
  "test-values/",
  "lifecycle/",
  "reliability/",
  "examples/second-factor/",
  `reference/session/${"SkySwitch".toLowerCase()}/`,
  "decisions/0031-an-owner-of-renewals/",
]

interface Dress {
  readonly name: string
  readonly width: number
  readonly height: number
  readonly scheme: "light" | "dark"
}

export const dresses: ReadonlyArray<Dress> = (["light", "dark"] as const).flatMap((scheme) => [
  { name: `wide ${scheme}`, width: 1360, height: 900, scheme },
  { name: `narrow ${scheme}`, width: 390, height: 844, scheme },
])

export interface Visit extends Heard {
  readonly path: string
  readonly dress: Dress
  /** Cumulative layout shift, without unit. */
  readonly shifted: number
  /** How wide the document is, in px. */
  readonly width: number
  /** What axe objects to. */
  readonly violations: AxeResults["violations"]
}

declare const window: {
  readonly shifted: number
  readonly axe: { run(context: Document, options: RunOptions): Promise<AxeResults> }
}

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8")

const rules: RunOptions = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"] }

const visit = async (context: BrowserContext, { address }: Site, path: string, dress: Dress): Promise<Visit> => {
  const page = await context.newPage()
  const heard = listen(page, address)
  await page.goto(`${address}/${path}`, { waitUntil: "networkidle", timeout: 120_000 })
  if (path.startsWith("?")) await page.click(".pg-wire summary")
  const shifted = await page.evaluate(() => window.shifted)
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  await page.evaluate(axe)
  const { violations } = await page.evaluate((options) => window.axe.run(document, options), rules)
  await page.close()
  return { path: `/${path}`, dress, ...heard, shifted, width, violations }
}

const all = async (site: Site): Promise<ReadonlyArray<Visit>> => {
  const missing = wanted.filter((path) => !existsSync(join(site.dist, path.replace(/\?.*$/, ""), "index.html")))
  if (missing.length > 0) throw new Error(`the site has no page ${missing.join(", ")}`)
  const visits: Array<Visit> = []
  for (const dress of dresses) {
    const context = await site.browser.newContext({
      viewport: { width: dress.width, height: dress.height },
      colorScheme: dress.scheme,
    })
    await context.addInitScript(watchShift)
    try {
      for (const path of wanted) visits.push(await visit(context, site, path, dress))
    } finally {
      await context.close()
    }
  }
  return visits
}

const made = new WeakMap<Site, Promise<ReadonlyArray<Visit>>>()

/** The visits to a site. The first check that asks for them waits for them. */
export const visits = (site: Site): Promise<ReadonlyArray<Visit>> => {
  const visiting = made.get(site) ?? all(site)
  made.set(site, visiting)
  return visiting
}
