/**
 * Draws the chart into `docs/lifecycle.md`, from the machine itself (`Chart`); Mermaid lays it out. The text for Mermaid is ours.
 * Run it after the chart has changed:
 *
 *     npm run node scripts/draw-lifecycle.ts
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Arrow } from "../packages/machine/src/Chart.ts"
import * as Chart from "../packages/machine/src/Chart.ts"

/** How the page is drawn anew. */
export const command = "npm run node scripts/draw-lifecycle.ts"

const page = join(import.meta.dirname, "..", "docs", "lifecycle.md")

const arrows = Chart.arrows()

// --- drawing --------------------------------------------------------------------------------------------------------

const topOf = (path: string): string => path.split(".")[0] ?? path
const idOf = (path: string): string => path.replace(".", "_")

/** Back to what the account's own token needs: three arrows of the chart that are drawn as one. */
const OWN = "own"
const OWN_STATES = ["authenticated", "refreshed", "expiring.renewing"]

const gathered = (drawn: ReadonlyArray<Arrow>): ReadonlyArray<Arrow> => {
  const same = (one: Arrow) => (other: Arrow) => other.from === one.from && other.event === one.event
  const goesHome = (arrow: Arrow) =>
    OWN_STATES.every((to) => drawn.filter(same(arrow)).some((other) => other.to === to && other.when === ""))
  return drawn
    .map((arrow) =>
      OWN_STATES.includes(arrow.to) && arrow.when === "" && goesHome(arrow) ? { ...arrow, to: OWN } : arrow,
    )
    .filter(
      (arrow, at, all) =>
        all.findIndex((other) => same(arrow)(other) && other.to === arrow.to && other.when === arrow.when) === at,
    )
}

/** Arrows between the same two are one line, with a label in as many rows as it has guards. */
const lines = (drawn: ReadonlyArray<Arrow>, nameOf: (path: string) => string): ReadonlyArray<string> => {
  const labels = new Map<string, Map<string, Array<string>>>()
  for (const { from, to, event, when } of drawn) {
    const way = `${nameOf(from)} --> ${nameOf(to)}`
    const rows = labels.get(way) ?? new Map<string, Array<string>>()
    const events = rows.get(when) ?? []
    if (!events.includes(event)) events.push(event)
    labels.set(way, rows.set(when, events))
  }
  return [...labels].map(([way, rows]) => {
    const label = [...rows].map(([when, events]) =>
      [events.join(", "), when && `(${when})`].filter((part) => part !== "").join(" "),
    )
    return `${way} : ${label.join("<br/>")}`
  })
}

const picture = (rows: ReadonlyArray<string>): string =>
  ["```mermaid", "stateDiagram-v2", ...rows.map((row) => `  ${row}`), "```"].join("\n")

const overview = (): string => {
  const drawn = Chart.ways().flatMap(({ events, from, to }) => events.map((event) => ({ from, to, ...event })))
  return picture(["[*] --> unauthenticated", ...lines(drawn, idOf)])
}

/**
 * Some states from inside, as a tree: an arrow leads to a state where it is met first, and else to a sign (dashed) that names
 * it, so that no two arrows cross.
 */
const detail = (shown: ReadonlyArray<string>): string => {
  const own = gathered(arrows.filter(({ from }) => shown.includes(topOf(from))))
  const inner = [...new Set(own.map(({ from }) => from))]
  const metFrom = new Map<string, string>()
  for (const root of inner) {
    if (metFrom.has(root)) continue
    metFrom.set(root, "")
    const queue = [root]
    for (const path of queue)
      for (const { to } of own.filter(({ from }) => from === path)) {
        if (!inner.includes(to) || metFrom.has(to)) continue
        metFrom.set(to, path)
        queue.push(to)
      }
  }
  const signs = new Map<string, string>()
  const drawn = own.map((arrow) => {
    if (metFrom.get(arrow.to) === arrow.from) return arrow
    const sign = `${idOf(arrow.from)}_to_${idOf(arrow.to)}`
    const near = inner.includes(arrow.to) ? arrow.to.split(".")[1] : undefined
    signs.set(sign, near ?? (arrow.to === OWN ? "its own token's state" : arrow.to.replace(".", " · ")))
    return { ...arrow, to: sign }
  })
  return picture([
    "direction LR",
    ...inner.map((path) => {
      const anywhere = shown.includes(path) && inner.some((other) => other.startsWith(`${path}.`))
      return `state "${anywhere ? `anywhere in ${path}` : (path.split(".")[1] ?? path)}" as ${idOf(path)}`
    }),
    ...[...signs].map(([sign, name]) => `state "${name}" as ${sign}`),
    ...lines(drawn, idOf),
    "classDef elsewhere fill:none,stroke-dasharray:4 3",
    `class ${[...signs.keys()].join()} elsewhere`,
  ])
}

/** All pictures, by the name of their place on the page. */
export const pictures = (): ReadonlyMap<string, string> =>
  new Map([
    ["overview", overview()],
    ["unauthenticated", detail(["unauthenticated"])],
    ["mfa_required", detail(["mfa_required"])],
    ["authenticated and refreshed", detail(["authenticated", "refreshed"])],
    ["expiring", detail(["expiring"])],
    ["masqueraded", detail(["masqueraded"])],
  ])

/** The page with its pictures drawn again; its words stay. */
export const redrawn = (text: string): string => {
  let drawn = text
  for (const [name, picture] of pictures()) {
    const place = new RegExp(`(<!-- picture: ${name} -->\\n)[^]*?(<!-- /picture -->)`)
    if (!place.test(drawn)) throw new Error(`docs/lifecycle.md has no place for the picture ${name}`)
    drawn = drawn.replace(place, (_, begin: string, end: string) => `${begin}\n${picture}\n\n${end}`)
  }
  return drawn
}

export const read = (): string => readFileSync(page, "utf8")

if (import.meta.main) writeFileSync(page, redrawn(read()))
