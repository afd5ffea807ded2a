/**
 * Runs effects one after the other. `Effect.forEach` can do the same and much else, which a browser tab would have to load.
 */

import * as Effect from "effect/Effect"

/**
 * Does something with each, one after the other. The first failure ends it.
 *
 * @category combinators
 */
export const inTurn = <A, E>(
  all: ReadonlyArray<A>,
  act: (one: A) => Effect.Effect<unknown, E>,
): Effect.Effect<void, E> =>
  Effect.gen(function* () {
    for (const one of all) yield* act(one)
  })
