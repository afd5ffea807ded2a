/**
 * `runtimes [--only NAME]… [--offline] [--write]`: the result of a renewal in each runtime, failure by failure. It installs the
 * runtimes by npm, except for Chromium, which is the machine's. Ends with 1 if a request that arrived is reported as not sent; under
 * CI also if a runtime is missing.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import * as Page from "./src/Page.ts"
import * as Failures from "./src/runtimes/Failures.ts"
import * as Runtimes from "./src/runtimes/Runtimes.ts"
import * as RuntimeTable from "./src/runtimes/RuntimeTable.ts"

const print = (words: string) => process.stdout.write(`${words}\n`)

const { only, offline, write } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    offline: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
}).values

const chosen = Runtimes.runtimes.filter(
  ({ name }) => only === undefined || only.some((part) => name.toLowerCase().includes(part.toLowerCase())),
)
if (chosen.length === 0) {
  print(`There is no such runtime. There are: ${Runtimes.runtimes.map(({ name }) => name).join("; ")}`)
  process.exit(2)
}
if (!offline) await Runtimes.install().catch((error: Error) => print(error.message))

const failures = await Failures.open()
const columns: Array<RuntimeTable.Column> = []
for (const runtime of chosen) {
  const column = await RuntimeTable.column(runtime, failures.all)
  columns.push(column)
  print(`\n${column.runtime}`)
  if (typeof column.cells === "string") print(`  skipped: ${column.cells}`)
  else {
    for (const [name, cell] of column.cells) {
      const note = RuntimeTable.isWrong(cell)
        ? "WRONG: the request arrived"
        : RuntimeTable.isUntold(cell)
          ? "not sent, and the runtime does not say so"
          : ""
      print(`  ${name.padEnd(44)} ${cell.told.padEnd(24)} ${note}`.trimEnd())
    }
  }
}
await failures.close()

const skipped = columns.filter(({ cells }) => typeof cells === "string")
if (write && skipped.length === 0 && only === undefined) {
  const page = readFileSync(Page.path, "utf8")
  writeFileSync(Page.path, RuntimeTable.write(page, RuntimeTable.render(failures.all, columns)))
} else if (write) print("\nThe page shows every runtime: nothing was written.")
const isWrong = columns.some(
  ({ cells }) => typeof cells !== "string" && [...cells.values()].some((cell) => RuntimeTable.isWrong(cell)),
)
if (isWrong || (process.env.CI === "true" && skipped.length > 0)) process.exitCode = 1
