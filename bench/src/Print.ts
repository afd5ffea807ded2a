/**
 * A board as text for a terminal, or for a file. Ours: libraries for tables draw frames and measure styled text, and here columns of plain words are
 * all there is.
 */
import type { Board, Table } from "./Board.ts"
import type { Estimate } from "./Sample.ts"

/** How to write a number: three digits that say something, and no more. */
export const digits = (value: number): string => {
  const size = Math.abs(value)
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString("en-US").replaceAll(",", " ")
  return value.toFixed(size >= 10 ? 1 : 2)
}

const range = ({ high, low }: Estimate): string => (low === high ? "" : `${digits(low)}–${digits(high)}`)

const cellsOf = ({ base, rows, spread, title, unit }: Table): ReadonlyArray<ReadonlyArray<string>> => {
  const isCompared = rows.some(({ ratio }) => ratio !== undefined)
  const isRemarked = rows.some(({ remark }) => remark !== undefined)
  const isSpread = rows.some(({ estimate }) => range(estimate) !== "")
  const line = (...cells: ReadonlyArray<string | false>) => cells.filter((cell) => cell !== false)
  return [
    line(title, unit, isSpread && spread, isCompared && "×", isCompared && "95 %", isRemarked && ""),
    ...rows.map(({ estimate, name, ratio, remark }) =>
      line(
        name,
        digits(estimate.value),
        isSpread && range(estimate),
        isCompared && (name === base ? "1.00" : (ratio?.value.toFixed(2) ?? "")),
        isCompared && (ratio === undefined ? "" : `${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)}`),
        isRemarked && (remark ?? ""),
      ),
    ),
  ]
}

/** Words to the left, numbers to the right. */
const aligned = (table: Table): ReadonlyArray<string> => {
  const cells = cellsOf(table)
  const columns = cells[0]?.length ?? 0
  const isRemarked = table.rows.some(({ remark }) => remark !== undefined)
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...cells.map((row) => (row[column] ?? "").length)),
  )
  const isLeft = (column: number) => column === 0 || (isRemarked && column === columns - 1)
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (isLeft(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  )
  return [lines[0] ?? "", widths.map((width) => "-".repeat(width)).join("  "), ...lines.slice(1)]
}

export interface Colours {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
}

const plain: Colours = { good: (text) => text, bad: (text) => text, strong: (text) => text, faint: (text) => text }

const painted = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`

export const coloursFor = (isTerminal: boolean): Colours =>
  isTerminal ? { good: painted(32), bad: painted(31), strong: painted(1), faint: painted(2) } : plain

export const boardAsText = ({ bars, id, notes, tables, title }: Board, colours: Colours = plain): string =>
  [
    colours.strong(`${id}  ${title}`),
    ...tables.flatMap((table) => ["", ...aligned(table)]),
    "",
    ...bars.map(({ found, holds, says }) =>
      holds ? `${colours.good("holds ")}  ${says}: ${found}` : `${colours.bad("MISSES")}  ${says}: ${found}`,
    ),
    ...notes.map((note) => colours.faint(`        ${note}`)),
    "",
  ].join("\n")
