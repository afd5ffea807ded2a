/** The table in docs/peers.md, between two comments. */
import { createRequire } from "node:module"
import { peers } from "./All.ts"
import type { Cell, Line } from "./Trials.ts"

export const url = new URL("../../../docs/peers.md", import.meta.url)

const require = createRequire(import.meta.url)

/** The installed version; this library's is that of the workspace. */
const versionOf = (name: string): string => {
  if (name === "pbx-auth") return "this"
  for (const directory of require.resolve.paths(name) ?? []) {
    try {
      return require(`${directory}/${name}/package.json`).version
    } catch {}
  }
  return "?"
}

const lower = (text: string) => text.replaceAll("|", "\\|")

/** `yes: 1 renewal`, `no: 1 000 renewals`, `your code: …`; a figure alone where there is nothing to hold. */
export const cellOf = ({ byYourCode, good, seen }: Cell): string => {
  if (/^(Node alone|[\d.]+ (kB|ms))$/.test(seen)) return seen
  const verdict = byYourCode ? "your code" : good ? "**yes**" : "no"
  return `${verdict}: ${lower(seen)}`
}

const row = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`

const start = "<!-- measured -->"
const end = "<!-- /measured -->"

const lineOf = ({ cells, says }: Line): string => row([says, ...cells.map(cellOf)])

/** The page with the table of a whole run. */
export const rewritten = (page: string, lines: ReadonlyArray<Line>, day: string): string => {
  const [before, rest = ""] = page.split(start)
  const [, after = ""] = rest.split(end)
  const table = [
    `Measured on ${day} with Node ${process.versions.node}.`,
    "",
    row(["", ...peers.map(({ name }) => `${name} ${versionOf(name)}`)]),
    row(["---", ...peers.map(() => "---")]),
    ...lines.map(lineOf),
  ]
  return `${before}${start}\n\n${table.join("\n")}\n\n${end}${after}`
}

/** The page with only these rows anew. */
export const patched = (page: string, lines: ReadonlyArray<Line>): string =>
  lines.reduce((text, line) => {
    const from = text.indexOf(`\n| ${line.says} |`)
    if (from < 0) throw new Error(`docs/peers.md has no row: ${line.says}`)
    return `${text.slice(0, from + 1)}${lineOf(line)}${text.slice(text.indexOf("\n", from + 1))}`
  }, page)

/** A page without what depends on the day and on the machine. */
export const comparable = (page: string): string => page.replace(/Measured on .*/, "").replace(/[\d.]+ (ms|kB)/g, "…")
