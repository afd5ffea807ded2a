/**
 * A process of its own with cells in PostgreSQL.
 *
 * - `count NAME TIMES` adds one to a cell, so many times.
 * - `announce HOLDER` says that a holder lives, and stays.
 */
import { Cells } from "@pbx-auth/store/Cells"
import * as PostgresCells from "@pbx-auth/store-postgres/PostgresCells"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"

const [what, name = "", times = "0"] = process.argv.slice(2)

const increment: Effect.Effect<void, unknown, Cells> = Effect.gen(function* () {
  const cells = yield* Cells
  const seen = yield* cells.read(name)
  const count = Number(new TextDecoder().decode(seen?.bytes)) + 1
  yield* cells.replace(name, seen?.version, new TextEncoder().encode(String(count)))
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

await Effect.runPromise(
  Effect.scoped(program).pipe(
    Effect.provide(
      PostgresCells.layer({
        url: Redacted.make(process.env.STORE_URL ?? ""),
        table: process.env.STORE_TABLE,
        timeout: "20 seconds",
      }),
    ),
  ),
)
