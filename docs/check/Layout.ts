/** Nothing jumps while a page loads, and no page is wider than its screen. */
import { atMost, type Finding, none, type Site } from "./Finding.ts"
import { dresses, visits } from "./Visit.ts"

export const name = "layout"

/** Cumulative layout shift, without unit. */
const LIMIT = 0.02

const watch = `
  window.shifted = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value
  }).observe({ type: "layout-shift", buffered: true })
`

declare const window: { readonly shifted: number }

export async function* findings(site: Site): AsyncGenerator<Finding> {
  const wide: Array<string> = []
  const found: Array<readonly [number, string]> = []
  for await (const { page, path, dress } of visits(
    site,
    dresses.filter(({ scheme }) => scheme === "light"),
    watch,
  )) {
    found.push([await page.evaluate(() => window.shifted), `${path} ${dress.name}`])
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    if (width > dress.width) wide.push(`${path} ${dress.name}: ${width} px`)
  }
  const [worst = [0, ""] as const] = found.sort(([one], [another]) => another - one)
  yield atMost(`layout shift of ${found.length} visits, the most at ${worst[1]}`, worst[0], LIMIT, "")
  yield none("pages wider than their screen", wide)
}
