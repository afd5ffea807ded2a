/**
 * Draws the rooms and floors of `packages/session/src` into `CONTRIBUTING.md`, from its imports, with the figures that a test holds:
 *
 *     npm run rooms
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { backArrows, classes, floors, type Graph, graph, lengths, plainArrows, rooms } from "../test/Rooms.ts"

/** How the page is drawn anew. */
export const command = "npm run rooms"

const page = join(import.meta.dirname, "..", "CONTRIBUTING.md")

/** Mermaid has words of its own, and `call` is one. */
const idOf = (room: string): string => `room_${room}`

/** The house as a Mermaid flowchart. */
export const picture = (of: Graph): string => {
  const house = floors(of)
  const lines = [
    "flowchart TD",
    ...house
      .map((names, at) => [
        `  subgraph floor${at + 1} ["floor ${at + 1}"]`,
        ...names.map((name) => `    ${idOf(name)}[${name}]`),
        "  end",
      ])
      .reverse()
      .flat(),
    ...plainArrows(rooms(of)).map(([from, to]) => `  ${idOf(from)} --> ${idOf(to)}`),
  ]
  return ["```mermaid", ...lines, "```"].join("\n")
}

/** As the formatter has it: the columns are as wide as their widest cell. */
const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const line = (cells: ReadonlyArray<string>) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`
  const [head = [], ...rest] = rows
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n")
}

/** What the house measures. */
export const figures = (of: Graph): string => {
  const [longest] = lengths(of)
  const [largest] = classes(of)
  return table([
    ["of packages/session/src", "now", "at most"],
    ["floors", String(floors(of).length), String(limits.floors)],
    ["arrows that run back up", String(backArrows(of).length), "0"],
    ["lines of the longest file", `${longest?.size} (\`${longest?.name}\`)`, String(limits.lines)],
    ["members of the largest class", `${largest?.size} (\`${largest?.name}\`)`, String(limits.members)],
  ])
}

/** What the house may measure. Files of the engine are read alone, so they are shorter. */
export const limits = { floors: 7, lines: 400, engineLines: 300, members: 15 } as const

/** The page with its parts drawn anew; its words stay. */
export const redrawn = (text: string, of: Graph): string => {
  let drawn = text
  for (const [name, part] of [
    ["rooms", picture(of)],
    ["figures", figures(of)],
  ] as const) {
    const place = new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- /${name} -->)`)
    if (!place.test(drawn)) throw new Error(`CONTRIBUTING.md has no place for the ${name}`)
    drawn = drawn.replace(place, (_, begin: string, end: string) => `${begin}\n${part}\n\n${end}`)
  }
  return drawn
}

export const read = (): string => readFileSync(page, "utf8")

if (import.meta.main) writeFileSync(page, redrawn(read(), graph()))
