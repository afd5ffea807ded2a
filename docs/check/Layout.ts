/** Nothing jumps while a page loads, and no page is wider than its screen. */
import { atMost, type Finding, none, type Site } from "./Finding.ts"
import { visits } from "./Visit.ts"

export const name = "layout"

/** Cumulative layout shift, without unit. */
const LIMIT = 0.02

export async function* findings(site: Site): AsyncGenerator<Finding> {
  const all = await visits(site)
  const worst = all.reduce((one, another) => (another.shifted > one.shifted ? another : one))
  yield atMost(
    `layout shift of ${all.length} visits, the most at ${worst.path} ${worst.dress.name}`,
    worst.shifted,
    LIMIT,
    "",
  )
  yield none(
    "pages wider than their screen",
    all
      .filter(({ dress, width }) => width > dress.width)
      .map(({ dress, path, width }) => `${path} ${dress.name}: ${width} px`),
  )
}
