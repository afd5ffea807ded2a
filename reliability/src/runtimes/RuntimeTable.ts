/** The table of runtimes and failures: what a cell says, whether it is right, and the part of the page that shows it. */
import type { Failure } from "./Failures.ts"
import type { Runtime } from "./Runtimes.ts"

export interface Column {
  readonly runtime: string
  /** The results of a renewal, by failure; for a missing runtime, why it is missing. */
  readonly cells: ReadonlyMap<string, Cell> | string
}

export interface Cell {
  readonly told: string
  /** Whether the vendor got the request. */
  readonly hasArrived: boolean
}

/** Runs every failure in a runtime. */
export const column = async ({ isTab, name, start }: Runtime, failures: ReadonlyArray<Failure>): Promise<Column> => {
  const cells = new Map<string, Cell>()
  try {
    const running = await start()
    try {
      for (const failure of failures) {
        if (failure.isOffline === true && isTab !== true) continue
        failure.hasArrived()
        const told = await running.renew(failure)
        cells.set(failure.name, { told, hasArrived: failure.hasArrived() })
      }
    } finally {
      await running.close()
    }
    return { runtime: name, cells }
  } catch (error) {
    return { runtime: name, cells: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error) }
  }
}

/** What a renewal may be told without losing anything. */
const isUnsent = ({ told }: Cell) => told.startsWith("Unavailable")

/** A request that arrived must never be reported as one that was not sent. Everything else depends on what the runtime tells. */
export const isWrong = (cell: Cell): boolean => cell.hasArrived && isUnsent(cell)

/** Nothing was sent, and the runtime does not say so. */
export const isUntold = ({ hasArrived, told }: Cell): boolean => !hasArrived && told === "OutcomeUnknown"

const shown = (cell: Cell | undefined): string => {
  if (cell === undefined) return "–"
  return `${cell.told}${isWrong(cell) ? " **wrong**" : isUntold(cell) ? " ¹" : ""}`
}

export const render = (failures: ReadonlyArray<Failure>, columns: ReadonlyArray<Column>): string => {
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  return [
    line(["what fails", ...columns.map(({ runtime }) => runtime)]),
    line(["---", ...columns.map(() => "---")]),
    ...failures.map(({ name }) =>
      line([name, ...columns.map(({ cells }) => (typeof cells === "string" ? "skipped" : shown(cells.get(name))))]),
    ),
  ].join("\n")
}

const begin = "<!-- The table is made by npm run runtimes -- --write. -->"
const end = "<!-- Its end. -->"

/** The page's table, with its marks. */
export const read = (page: string): string => {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  return from < 0 || to < from ? `${begin}\n\n${end}` : page.slice(from, to + end.length)
}

/** The page with another table. */
export const write = (page: string, table: string): string =>
  page.replace(read(page), () => `${begin}\n\n${table}\n\n${end}`)

/** A column of the page's table, by its failures. */
export const columnOf = (page: string, runtime: string): ReadonlyMap<string, string> => {
  const [head = [], , ...rows] = read(page)
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.slice(2, -2).split(" | "))
  const index = head.indexOf(runtime)
  return new Map(rows.map((row) => [row[0] ?? "", row[index] ?? ""]))
}

/** What a test compares a column of the page with. */
export const cellsOf = (failures: ReadonlyArray<Failure>, { cells }: Column): ReadonlyMap<string, string> =>
  new Map(failures.map(({ name }) => [name, typeof cells === "string" ? "skipped" : shown(cells.get(name))]))
