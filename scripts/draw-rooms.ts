/**
 * Draws the rooms and floors of `packages/session/src` into `CONTRIBUTING.md`, from its imports, with the figures that a test holds:
 *
 *     npm run rooms
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  arrows,
  backArrows,
  classes,
  floors,
  type Graph,
  graph,
  inheriting,
  lengths,
  plainArrows,
  roomOf,
  rooms,
  unlistedArrows,
} from "../test/Rooms.ts"

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

/** The lines of a room's files. */
export const linesOf = (of: Graph, room: string): number =>
  lengths(of).reduce((sum, { file, size }) => sum + (roomOf(file) === room ? size : 0), 0)

/** The rows of the page's table of rooms: each room, and about how many lines the page says that it has. */
export const rows = (text: string): ReadonlyMap<string, number> => {
  const [, written = ""] = /^\| room .*\n\|[-| :]*\n((?:\|.*\n)*)/m.exec(text) ?? []
  return new Map(
    [...written.matchAll(/^\| `([^`]+)` *\| *([\d ]+?) *\|/gm)].map(
      ([, room = "", lines = ""]) => [room, Number(lines.replaceAll(" ", ""))] as const,
    ),
  )
}

/** What the house measures. */
export const figures = (of: Graph): string => {
  const [longest] = lengths(of)
  const [largest] = classes()
  const [heir] = inheriting(classes())
  return table([
    ["what", "now", "at most"],
    ["floors of packages/session/src", String(floors(of).length), String(limits.floors)],
    ["arrows that run back up", String(backArrows(of).length), "0"],
    ["arrows that `Rooms.ts` does not list", String(unlistedArrows(of, arrows).length), "0"],
    ["lines of its longest file", `${longest?.size} (\`${longest?.name}\`)`, String(limits.lines)],
    ["members of the largest class of all packages", `${largest?.size} (\`${largest?.name}\`)`, String(limits.members)],
    ["the same with what a class inherits", `${heir?.size} (\`${heir?.name}\`)`, String(limits.inheriting)],
  ])
}

/** What the house may measure. Files of the engine and of what it is built on are read alone, so they are shorter. */
export const limits = { floors: 7, lines: 400, engineLines: 300, members: 15, inheriting: 37 } as const

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
