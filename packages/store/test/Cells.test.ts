import { assert, it } from "@effect/vitest"
import { Cells } from "@pbx-auth/store/Cells"
import * as Effect from "effect/Effect"

it.effect("a cell is written only over the version that the writer has seen", () =>
  Effect.gen(function* () {
    const cells = yield* Cells
    const first = yield* cells.replace("a", undefined, Uint8Array.of(1))
    assert.strictEqual((yield* Effect.flip(cells.replace("a", undefined, Uint8Array.of(2))))._tag, "StoreConflict")
    assert.deepStrictEqual(yield* cells.read("a"), { version: first, bytes: Uint8Array.of(1) })
    yield* cells.replace("a", first, undefined)
    assert.deepStrictEqual(yield* cells.list(""), [])
  }).pipe(Effect.provide(Cells.layerMemory)),
)
