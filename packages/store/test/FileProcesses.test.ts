/**
 * File cells between real processes: many that write at once, and some that are killed or stopped in the middle of it.
 *
 * @module-tag slow
 */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { crowdSuite, SMALL, textOf, writer } from "./CrowdStage.ts"
import { openCells, place, program, stage } from "./FileStage.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

crowdSuite("file cells", stage, SMALL)

it.live("whoever was stopped between the comparison and the write, and wakes late, gets a StoreConflict", () =>
  Effect.gen(function* () {
    const directory = yield* place
    const cells = yield* openCells(directory)
    let version = yield* cells.replace("count", undefined, bytesOf("10"))
    for (const writes of [1, 2, 9]) {
      const { child, lines, over, said } = yield* writer(program, [directory, "count", "1", "stop"])
      yield* said("stopping")
      for (let write = 0; write < writes; write++) {
        version = yield* cells.replace("count", version, bytesOf(`acknowledged ${writes}.${write}`))
      }
      // It says so before it stops, so one signal may come too early.
      const waking = setInterval(() => child.kill("SIGCONT"), 20)
      yield* Effect.ensuring(
        over,
        Effect.sync(() => clearInterval(waking)),
      )
      assert.deepStrictEqual(lines, ["ready", "stopping", "StoreConflict"])
      const seen = yield* cells.read("count")
      assert.strictEqual(textOf(seen?.bytes), `acknowledged ${writes}.${writes - 1}`)
      assert.strictEqual(seen?.version, version)
      version = yield* cells.replace("count", version, bytesOf("10"))
    }
    assert.strictEqual(readdirSync(join(directory, "cell-count")).length, 1)
  }).pipe(Effect.scoped),
)
