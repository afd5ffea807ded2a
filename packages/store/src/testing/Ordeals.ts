/**
 * What cells do when harm comes to their place: it crashes, does not answer, is full, may not be written, or is spoiled.
 */

import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { Cells } from "../Cells.ts"
import { bytesOf, type CellsStage, patiently } from "./CellsStage.ts"

/**
 * What can be done to the place where the cells are. An effect with a scope does its harm for as long as the scope is open.
 *
 * @category models
 */
export interface Ordeals {
  /** Kills the server without a warning (SIGKILL) and starts it again. What was acknowledged must be there afterwards. */
  readonly crash?: Effect.Effect<void, unknown> | undefined
  /** The place does not answer. */
  readonly away?: Effect.Effect<void, unknown, Scope.Scope> | undefined
  /** There is no room left. */
  readonly full?: Effect.Effect<void, unknown, Scope.Scope> | undefined
  /** This process may not write there. */
  readonly forbidden?: Effect.Effect<void, unknown, Scope.Scope> | undefined
  /** Puts other bytes into a cell that exists, as a failing disk or a stranger does. */
  readonly corrupt?: ((name: string, bytes: Uint8Array) => Effect.Effect<void, unknown>) | undefined
  /** Starts another process that announces `holder`, and kills it. */
  readonly kill?: ((holder: string) => Effect.Effect<void, unknown>) | undefined
}

/**
 * A test for each ordeal that is given.
 *
 * @category testing
 */
export const tests = ({ assert, conflicts, failure, holds, test }: CellsStage, ordeals: Ordeals): void => {
  const testOf = <What>(
    given: What | undefined,
    what: string,
    body: (given: What, cells: Cells["Service"], name: string) => Effect.Effect<void, unknown, Scope.Scope>,
  ) => given !== undefined && test(what, (cells, name) => body(given, cells, name))

  testOf(ordeals.kill, "notice that a holder was killed", (kill, cells, name) =>
    Effect.gen(function* () {
      const isGone = cells.presence?.isGone(name) ?? Effect.succeed(false)
      yield* kill(name)
      // It takes the server a moment.
      const noticed = yield* Effect.repeat(Effect.delay(isGone, 10), { until: (gone) => gone, times: 2_000 })
      assert.strictEqual(noticed, true)
    }),
  )

  testOf(ordeals.crash, "keep what was acknowledged before a crash, and go on", (crash, cells, name) =>
    Effect.gen(function* () {
      const versions: Array<string> = []
      let version: string | undefined
      for (let round = 0; round < 3; round++) {
        for (let write = 0; write < 5; write++) {
          version = yield* patiently(cells.replace(name, version, bytesOf(round, write)))
          versions.push(version)
        }
        yield* crash
        yield* holds(cells, name, version ?? "", bytesOf(round, 4))
        for (const old of versions.slice(0, -1)) yield* conflicts(cells, name, old, bytesOf(9))
      }
      yield* cells.replace(name, version, undefined)
      yield* crash
      assert.strictEqual(yield* patiently(cells.read(name)), undefined)
      version = yield* cells.replace(name, undefined, bytesOf(1))
      assert.strictEqual(versions.includes(version), false)
      yield* cells.replace(name, version, undefined)
    }),
  )

  testOf(
    ordeals.away,
    "say that it may pass while the place does not answer, and go on afterwards",
    (away, cells, name) =>
      Effect.gen(function* () {
        const version = yield* cells.replace(name, undefined, bytesOf(1))
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* away
            for (const access of [cells.read(name), cells.replace(name, version, bytesOf(2)), cells.list(name)]) {
              assert.strictEqual((yield* failure<unknown>(access)).remedy, "retry")
            }
          }),
        )
        yield* holds(cells, name, version, bytesOf(1))
        yield* holds(cells, name, yield* patiently(cells.replace(name, version, bytesOf(3))), bytesOf(3))
      }),
  )

  testOf(
    ordeals.full,
    "say that there is no room, keep what they held, and go on when there is some",
    (full, cells, name) =>
      Effect.gen(function* () {
        const version = yield* cells.replace(name, undefined, bytesOf(1))
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* full
            const failed = yield* failure(cells.replace(name, version, new Uint8Array(65_536).fill(2)))
            assert.strictEqual(failed.problem, "full")
            assert.strictEqual(typeof failed.fix, "string")
            yield* holds(cells, name, version, bytesOf(1))
          }),
        )
        yield* holds(cells, name, yield* patiently(cells.replace(name, version, bytesOf(3))), bytesOf(3))
      }),
  )

  testOf(ordeals.forbidden, "say that they may not be written, and go on when they may", (forbidden, cells, name) =>
    Effect.gen(function* () {
      const version = yield* cells.replace(name, undefined, bytesOf(1))
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* forbidden
          const failed = yield* failure(cells.replace(name, version, bytesOf(2)))
          assert.strictEqual(failed.problem, "forbidden")
          assert.strictEqual(failed.remedy, "configure")
          assert.strictEqual(typeof failed.fix, "string")
        }),
      )
      yield* holds(cells, name, version, bytesOf(1))
      yield* holds(cells, name, yield* patiently(cells.replace(name, version, bytesOf(3))), bytesOf(3))
    }),
  )

  testOf(ordeals.corrupt, "never take a spoiled cell for an absent one", (corrupt, cells, name) =>
    Effect.gen(function* () {
      for (const bytes of [new Uint8Array(0), bytesOf(0), bytesOf(...new TextEncoder().encode("rubbish"))]) {
        const one = `${name}.${bytes.length}`
        yield* cells.replace(
          one,
          undefined,
          Uint8Array.from({ length: 400 }, (_, at) => at % 256),
        )
        yield* corrupt(one, bytes)
        const seen = yield* Effect.result(cells.read(one))
        // Whether bytes are a record is the seal's to say. The adapter may say so first.
        if (Result.isSuccess(seen)) assert.notStrictEqual(seen.success, undefined)
        else assert.strictEqual(seen.failure._tag, "StoreFailed")
        assert.strictEqual(Result.isFailure(yield* Effect.result(cells.replace(one, undefined, bytesOf(9)))), true)
      }
    }),
  )
}
