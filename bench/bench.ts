/**
 * `bench [P1 …] [--json] [--loaded] [--write]`: measures what the performance budget names, this library beside its peers in one run,
 * and prints a table for each. A missed bar is shown in red and in the JSON, but the run does not fail: a slow machine is not a
 * mistake.
 *
 * `--loaded` gives all processors other work meanwhile. `--write` puts the figures into docs/performance.md, which needs a whole run.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import type { Bench, Board } from "./src/Board.ts"
import * as Load from "./src/Load.ts"
import * as Page from "./src/Page.ts"
import * as Peers from "./src/Peers.ts"
import { boardAsText, coloursFor } from "./src/Print.ts"

/** One after the other, and each loaded when its turn comes, so that one does not add to the memory of another. */
const benches: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  P1: () => import("./src/benches/UsableToken.ts"),
  P2: () => import("./src/benches/JoinedRenewal.ts"),
  P3: () => import("./src/benches/IdleSessions.ts"),
  "P4 P5": () => import("./src/benches/Bundles.ts"),
  P6: () => import("./src/benches/CommandStart.ts"),
  P7: () => import("./src/benches/AuthorisedCall.ts"),
  P8: () => import("./src/benches/ReadReply.ts"),
  P9: () => import("./src/benches/Stores.ts"),
  P10: () => import("./src/benches/HandOver.ts"),
  P11: () => import("./src/benches/ServerHandOver.ts"),
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    loaded: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
})

const wanted = positionals.map((id) => id.toUpperCase())
const known = Object.keys(benches).flatMap((ids) => ids.split(" "))
const unknown = wanted.filter((id) => !known.includes(id))
if (unknown.length > 0) {
  process.stderr.write(`There is no ${unknown.join(", ")}; there are ${known.join(", ")}.\n`)
  process.exit(2)
}

if (values.write && wanted.length > 0) {
  process.stderr.write("What is written is a whole run: leave the names of benches out, or --write.\n")
  process.exit(2)
}

if (values.loaded) Load.begin()
const boards: Array<Board> = []
const colours = coloursFor(process.stdout.isTTY === true && process.env.NO_COLOR === undefined)
for (const [id, load] of Object.entries(benches)) {
  if (wanted.length > 0 && !id.split(" ").some((one) => wanted.includes(one))) continue
  const { bench } = await load()
  const board = { id, title: bench.title, ...(await bench.run(false)) }
  boards.push(board)
  if (!values.json) process.stdout.write(`${boardAsText(board, colours)}\n`)
}
if (values.json)
  process.stdout.write(`${JSON.stringify({ node: process.version, peers: Peers.names, boards }, null, 2)}\n`)
if (values.write) {
  const page = fileURLToPath(new URL("../docs/performance.md", import.meta.url))
  const machine = values.loaded ? "loaded" : "quiet"
  writeFileSync(page, Page.put(readFileSync(page, "utf8"), machine, Page.of(boards)))
}
process.exit(0)
