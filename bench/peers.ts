/**
 * `peers [TEXT] [--write]`: tries each promise of docs/peers.md with this library and its peers, beside the emulator, and prints the table. It ends
 * with 1 if the page says something else; `--write` writes the page's table. TEXT tries, compares and writes only the rows that have it in their words.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { peers } from "./src/peers/All.ts"
import * as PeersPage from "./src/peers/PeersPage.ts"
import { run } from "./src/peers/Trials.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { write: { type: "boolean", default: false } },
})
const only = positionals.join(" ") || undefined

// Some of them log what they were refused.
console.warn = () => {}
const lines = await run((line) => {
  process.stdout.write(`\n${line.says}\n`)
  for (const [index, cell] of line.cells.entries())
    process.stdout.write(`  ${(peers[index]?.name ?? "").padEnd(28)} ${PeersPage.cellOf(cell)}\n`)
}, only)

const page = readFileSync(PeersPage.url, "utf8")
const day = new Date().toISOString().slice(0, 10)
const fresh = only === undefined ? PeersPage.rewritten(page, lines, day) : PeersPage.patched(page, lines)
if (values.write) writeFileSync(PeersPage.url, fresh)
else if (PeersPage.comparable(page) !== PeersPage.comparable(fresh)) {
  process.stderr.write("docs/peers.md says something else. Run: npm run peers -- --write\n")
  process.exitCode = 1
}
process.exit()
