/** `reliability [--row R3] [--json] [--write]`: runs the contract's rows and prints their results; ends with 1 if one falls short. */
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import * as Lab from "./src/Lab.ts"
import * as Page from "./src/Page.ts"
import * as Report from "./src/Report.ts"
import { see } from "./src/Row.ts"
import { rows } from "./src/rows/All.ts"

// The reader may have seen enough, as `head` has.
process.stdout.on("error", () => process.exit(1))

const print = (words: string) => process.stdout.write(`${words}\n`)

const wrong = (words: string): never => {
  process.stderr.write(`${words}\n`)
  process.exit(2)
}

const options = () => {
  try {
    return parseArgs({
      options: {
        row: { type: "string", multiple: true },
        json: { type: "boolean", default: false },
        write: { type: "boolean", default: false },
      },
    }).values
  } catch (error) {
    return wrong(`${error instanceof Error ? error.message : error}\nUsage: reliability [--row R3]… [--json] [--write]`)
  }
}

const { json, row: ids, write } = options()
const unknown = ids?.find((id) => !rows.some((row) => row.id === id.toUpperCase()))
if (unknown !== undefined) wrong(`There is no row ${unknown}. There are: ${rows.map(({ id }) => id).join(", ")}`)
if (write && ids !== undefined) wrong("The page shows every row: leave --row out to write it")

const chosen = rows.filter(({ id }) => ids === undefined || ids.some((one) => one.toUpperCase() === id))
const lab = Lab.make("full")
const lines: Array<Report.Line> = []
if (!json) print("")
for (const row of chosen) {
  const begun = performance.now()
  const finding = await see(row, lab)
  const line = { row, finding, seconds: (performance.now() - begun) / 1_000 }
  lines.push(line)
  if (!json) print(Report.block(line))
}
print(json ? Report.json(lines) : `${Report.summary(lines)}\n`)
if (write) writeFileSync(Page.path, Page.render(lines))
process.exitCode = lines.every(({ finding }) => finding.held) ? 0 : 1
