/** Rows of words and numbers as lines of text. Ours: libraries for tables draw frames, and thirty lines do without. */

export type Cell = string | number

const text = (cell: Cell) => String(cell)

/** Columns as wide as their widest cell; numbers and what follows them stand to the right. */
export const format = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<Cell>>): string => {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => text(row[column] ?? "").length)),
  )
  const right = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^[-\d.,]*( ?(kB|ms|s|%))?$/.test(text(row[column] ?? ""))),
  )
  const line = (cells: ReadonlyArray<Cell>) =>
    widths
      .map((width, column) => {
        const cell = text(cells[column] ?? "")
        return right[column] ? cell.padStart(width) : cell.padEnd(width)
      })
      .join("  ")
      .trimEnd()
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")
}

export const print = (words: string): void => {
  process.stdout.write(`${words}\n`)
}
