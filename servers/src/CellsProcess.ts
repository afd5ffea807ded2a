/**
 * What a process of its own does with cells at a server, by its arguments:
 *
 * - `count NAME TIMES` adds one to a cell, so many times.
 * - `announce HOLDER` says that a holder lives, and stays.
 */
import { Cells } from "@pbx-auth/store/Cells"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Random from "effect/Random"

export const run = (cells: Layer.Layer<Cells, unknown>): Promise<unknown> => {
  const [what, name = "", times = "0"] = process.argv.slice(2)

  const increment: Effect.Effect<void, unknown, Cells> = Effect.gen(function* () {
    const { read, replace } = yield* Cells
    const seen = yield* read(name)
    const count = Number(new TextDecoder().decode(seen?.bytes)) + 1
    yield* replace(name, seen?.version, new TextEncoder().encode(String(count)))
  }).pipe(
    Effect.catchIf(
      (error) => (error as { readonly _tag: string })._tag === "StoreConflict",
      // Another one was quicker. Not all come again at once.
      () => Effect.flatMap(Random.nextBetween(0, 30), (pause) => Effect.delay(increment, pause)),
    ),
  )

  const announce = Effect.gen(function* () {
    const { presence } = yield* Cells
    yield* presence?.announce(name) ?? Effect.void
    yield* Effect.sync(() => process.stdout.write("announced\n"))
    yield* Effect.never
  })

  const program = what === "count" ? Effect.repeat(increment, { times: Number(times) - 1 }) : announce
  return Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(cells)))
}
