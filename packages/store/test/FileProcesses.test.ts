/**
 * File cells between real processes: many that write at once, and some that are killed or stopped in the middle of it.
 *
 * @module-tag slow
 */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { openCells, place, writer } from "./FileStage.ts"

const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
const bytesOf = (text: string) => new TextEncoder().encode(text)

describe("processes that share file cells", () => {
  it.live("lose no update: 8 of them count to 400, 50 times each", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const cells = yield* openCells(directory)
      const writers = yield* Effect.forEach(Array.from({ length: 8 }), () => writer(directory, "count", "50"))
      for (const { over } of writers) yield* Effect.promise(() => over)
      assert.strictEqual(textOf((yield* cells.read("count"))?.bytes), "400")
      const acknowledged = writers.flatMap(({ lines }) => lines.slice(1).map(Number)).sort((a, b) => a - b)
      assert.deepStrictEqual(
        acknowledged,
        Array.from({ length: 400 }, (_, at) => at + 1),
      )
      // Nothing is left but the last version.
      assert.strictEqual(readdirSync(join(directory, "cell-count")).length, 1)
    }).pipe(Effect.scoped),
  )

  it.live("may be killed anywhere: what was acknowledged is there, and whole", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const cells = yield* openCells(directory)
      const kill = Effect.fnUntraced(function* (name: string, after: number) {
        const { child, lines, over, said } = yield* writer(directory, name, "100000")
        yield* Effect.promise(() => said("ready"))
        const before = Number(textOf((yield* cells.read(name))?.bytes ?? bytesOf("0")))
        yield* Effect.promise(() => said(String(before + after)))
        child.kill("SIGKILL")
        yield* Effect.promise(() => over)
        const last = Number(lines.at(-1))
        const seen = Number(textOf((yield* cells.read(name))?.bytes))
        // It may have written one more, and died before it could say so.
        assert.include([last, last + 1], seen)
      })
      for (let round = 0; round < 3; round++) {
        yield* Effect.forEach(["a", "b", "c", "d"], (name, at) => Effect.scoped(kill(name, 1 + 7 * round + at)), {
          concurrency: "unbounded",
        })
      }
      for (const name of ["a", "b", "c", "d"]) {
        const seen = yield* cells.read(name)
        yield* cells.replace(name, seen?.version, bytesOf("0"))
        // What they left behind is gone with the next write.
        assert.strictEqual(readdirSync(join(directory, `cell-${name}`)).length, 1)
      }
    }).pipe(Effect.scoped),
  )

  it.live("may be stopped between the comparison and the write: whoever wakes late gets a StoreConflict", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const cells = yield* openCells(directory)
      let version = yield* cells.replace("count", undefined, bytesOf("10"))
      for (const writes of [1, 2, 9]) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { child, lines, over, said } = yield* writer(directory, "count", "1", "stop")
            yield* Effect.promise(() => said("stopping"))
            for (let write = 0; write < writes; write++) {
              version = yield* cells.replace("count", version, bytesOf(`acknowledged ${writes}.${write}`))
            }
            child.kill("SIGCONT")
            yield* Effect.promise(() => over)
            assert.deepStrictEqual(lines, ["ready", "stopping", "StoreConflict"])
          }),
        )
        const seen = yield* cells.read("count")
        assert.strictEqual(textOf(seen?.bytes), `acknowledged ${writes}.${writes - 1}`)
        assert.strictEqual(seen?.version, version)
        version = yield* cells.replace("count", version, bytesOf("10"))
      }
      assert.strictEqual(readdirSync(join(directory, "cell-count")).length, 1)
    }).pipe(Effect.scoped),
  )

  it.live.skipIf(process.platform !== "linux")("are known to be dead once they were killed, and not before", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const cells = yield* openCells(directory)
      const isGone = (holder: string) => cells.presence?.isGone(holder) ?? Effect.succeed(false)
      const { child, over, said } = yield* writer(directory, "-", "0", "announce", "Holder/1")
      yield* Effect.promise(() => said("ready"))
      assert.isFalse(yield* isGone("Holder/1"))
      child.kill("SIGSTOP")
      // One that is stopped may wake up, so it is not dead.
      assert.isFalse(yield* isGone("Holder/1"))
      child.kill("SIGKILL")
      yield* Effect.promise(() => over)
      yield* Effect.repeat(isGone("Holder/1"), { until: (gone) => gone })
      assert.isFalse(yield* isGone("holder/1"))
    }).pipe(Effect.scoped),
  )
})
