/** The figures of a run in docs/performance.md, between two comments that name the run. */
import { availableParallelism, cpus } from "node:os"
import type { Board } from "./Board.ts"
import * as Peers from "./Peers.ts"
import { digits } from "./Print.ts"

/** The machine's state: as it was, or with all its processors at other work. */
export type Machine = "quiet" | "loaded"

const row = (...cells: ReadonlyArray<string>) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`

const barsOf = ({ bars, id }: Board) =>
  bars.map(({ found, holds, says }) => row(id, says, found, holds ? "holds" : "**misses**"))

const peerNames = Object.values(Peers.names)

/** The rows beside ours in the tables: the peers, the bare minimum, and what of ours is measured alone. */
const besideOf = ({ id, tables }: Board) =>
  tables.flatMap(({ rows, title, unit }) =>
    rows
      .filter(({ name }) => / bare |^a bare | alone/.test(name) || peerNames.some((peer) => name.startsWith(peer)))
      .map(({ estimate, name, ratio }) =>
        row(
          id,
          `${name}, ${title}`,
          `${digits(estimate.value)} ${unit}`,
          ratio === undefined ? "" : `${ratio.value.toFixed(2)} ×`,
        ),
      ),
  )

/** Two tables, below a line that says where the run was. */
export const of = (boards: ReadonlyArray<Board>): string =>
  [
    `Node ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model.trim() ?? "a processor"}.`,
    "",
    row("", "bar", "found", ""),
    row("---", "---", "---", "---"),
    ...boards.flatMap(barsOf),
    "",
    row("", "beside it", "", "×"),
    row("---", "---", "---", "---"),
    ...boards.flatMap(besideOf),
  ].join("\n")

/** The page with the figures in their place. */
export const put = (page: string, machine: Machine, figures: string): string => {
  const [begin, end] = [`<!-- bench ${machine} -->`, `<!-- /bench ${machine} -->`]
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place between ${begin} and ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${figures}\n\n${page.slice(to)}`
}
