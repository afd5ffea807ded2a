/**
 * What the tests of cells have in common: fresh cells for each, and how one looks at them.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { StoreConflict } from "@pbx-auth/session/TokenStore"
import type { Runner } from "@pbx-auth/session/testing/TokenStoreTest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Cells } from "../Cells.ts"

type Service = Cells["Service"]

export const bytesOf = (...bytes: ReadonlyArray<number>) => Uint8Array.from(bytes)

/** Asks again for some seconds while the store says that it may pass. */
export const patiently = <A, E extends StoreConflict | StoreFailed>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.retry(effect, {
    schedule: Schedule.spaced(50),
    times: 400,
    while: (error: StoreConflict | StoreFailed) => error._tag === "StoreFailed" && error.remedy === "retry",
  })

/** One test: with cells of its own, and a name that no other test has. */
type Body = (cells: Service, name: string) => Effect.Effect<void, unknown, Scope.Scope>

/**
 * @category models
 */
export type CellsStage = ReturnType<typeof make>

/**
 * @category constructors
 */
export const make = (layer: Layer.Layer<Cells, unknown>, { assert, it }: Runner, shared: boolean) => {
  const build = Effect.map(Layer.build(Layer.fresh(layer)), (context) => Context.get(context, Cells))

  const test = (what: string, body: Body) =>
    it.live(what, () => Effect.flatMap(build, (cells) => body(cells, `test.${crypto.randomUUID()}`)))

  /** The cells as this process and another one have them. */
  const two = (cells: Service) => (shared ? Effect.map(build, (other) => [cells, other]) : Effect.succeed([cells]))

  const holds = (cells: Service, name: string, version: string, bytes: Uint8Array) =>
    Effect.map(patiently(cells.read(name)), (seen) => {
      assert.strictEqual(seen?.version, version)
      // A store may return a subclass, such as Node's Buffer.
      assert.deepStrictEqual(seen && [...seen.bytes], [...bytes])
    })

  const conflicts = (cells: Service, name: string, expected: string | undefined, next: Uint8Array | undefined) =>
    Effect.map(Effect.flip(cells.replace(name, expected, next)), (error) =>
      assert.strictEqual(error._tag, "StoreConflict"),
    )

  /** The failure of an access, which must be a `StoreFailed`. */
  const failure = <A>(access: Effect.Effect<A, { readonly _tag: string }>) =>
    Effect.map(Effect.flip(access), (error) => {
      assert.strictEqual(error._tag, "StoreFailed")
      return error as unknown as StoreFailed
    })

  return { assert, conflicts, failure, holds, test, two }
}
