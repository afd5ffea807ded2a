/** What file cells tell of changes. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { openCells, place } from "./FileStage.ts"

const bytes = Uint8Array.of(1)

it.live("a change is told of a cell that nobody had written when the watch began", () =>
  Effect.gen(function* () {
    const directory = yield* place
    const [cells, other] = [yield* openCells(directory), yield* openCells(directory)]
    const watch = cells.watch ?? assert.fail("no hints")
    const changed = yield* watch("Late")
    const version = yield* other.replace("Late", undefined, bytes)
    yield* changed
    yield* other.replace("Late", version, bytes)
    yield* changed
  }).pipe(Effect.scoped),
)

it.live("a change of another cell is not told", () =>
  Effect.gen(function* () {
    const directory = yield* place
    const [cells, other] = [yield* openCells(directory), yield* openCells(directory)]
    const watch = cells.watch ?? assert.fail("no hints")
    const first = yield* other.replace("a", undefined, bytes)
    const changed = yield* watch("a")
    const another = yield* watch("b")
    yield* other.replace("b", yield* other.replace("b", undefined, bytes), bytes)
    yield* another
    assert.isTrue(Option.isNone(yield* Effect.timeoutOption(changed, 50)))
    yield* other.replace("a", first, bytes)
    yield* changed
  }).pipe(Effect.scoped),
)

it.live("a directory that cannot be watched gives no hints, and no failure", () =>
  Effect.gen(function* () {
    const directory = yield* place
    const cells = yield* openCells(directory)
    const watch = cells.watch ?? assert.fail("no hints")
    yield* Effect.promise(() => import("node:fs/promises").then(({ rm }) => rm(directory, { recursive: true })))
    const changed = yield* watch("a")
    assert.isTrue(Option.isNone(yield* Effect.timeoutOption(changed, 10)))
  }).pipe(Effect.scoped),
)
