/** P10: how soon a process that waits has read what another one writes, by the hints of a store. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Cells } from "@pbx-auth/store/Cells"
import * as Effect from "effect/Effect"
import { quantile } from "simple-statistics"
import { type Bench, exactly, type Row } from "../Board.ts"
import { CELL, neighbour, type StoreName, stores } from "../Neighbours.ts"
import { quartiles } from "../Sample.ts"

/** The median may take so long (ms). */
const LIMIT = 10

/** From the moment before another thread writes until this one has read it (ms). The write waits for the disk. */
const handOvers = (store: StoreName, directory: string, times: number) =>
  Effect.gen(function* () {
    const { read, watch } = yield* Cells
    if (watch === undefined) return []
    const write = yield* neighbour(store, directory)
    yield* write
    const changed = yield* watch(CELL)
    let version = (yield* read(CELL))?.version
    const took: Array<number> = []
    const seen = Effect.gen(function* () {
      for (;;) {
        // Hints may be lost, as when the machine has no watcher left: a session asks by itself, too.
        yield* Effect.timeoutOption(changed, "1 second")
        const cell = yield* read(CELL)
        if (cell === undefined || cell.version === version) continue
        version = cell.version
        return Number(process.hrtime.bigint() - BigInt(new TextDecoder().decode(cell.bytes))) / 1e6
      }
    })
    for (let time = -3; time < times; time++) {
      const [ms] = yield* Effect.all([seen, write], { concurrency: "unbounded" })
      if (time >= 0) took.push(ms)
    }
    return took
  }).pipe(Effect.scoped)

export const bench: Bench = {
  id: "P10",
  title: "hand-over between processes",
  run: async (isSmall) => {
    const directory = await mkdtemp(join(tmpdir(), "pbx-auth-bench-"))
    try {
      const rows: Array<Row> = []
      for (const store of Object.keys(stores) as ReadonlyArray<StoreName>) {
        const took = await handOvers(store, directory, isSmall ? 3 : 300).pipe(
          Effect.provide(stores[store](directory)),
          Effect.runPromise,
        )
        rows.push(
          { name: `${store}: hand-over`, estimate: quartiles(took) },
          { name: `${store}: p99`, estimate: exactly(quantile(took, 0.99)) },
        )
      }
      return {
        tables: [{ title: "from a write until another thread has read it", unit: "ms", spread: "quartiles", rows }],
        bars: rows
          .filter(({ name }) => name.endsWith("hand-over"))
          .map(({ estimate, name }) => ({
            says: `${name}: at most ${LIMIT} ms`,
            found: `${estimate.value.toFixed(1)} ms`,
            holds: estimate.value <= LIMIT,
          })),
        notes: ["the write's wait for the disk is part of it"],
      }
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
}
