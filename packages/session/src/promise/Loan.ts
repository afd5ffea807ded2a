/**
 * How a caller of promises keeps a child, and gives it back. A session alone does without Effect's scopes, because they weigh 0.8 kB
 * in a bundle. A registry has them anyway.
 */

import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Keep } from "../face/SessionFace.ts"

/**
 * What one caller borrows.
 *
 * @category models
 */
export interface Loan {
  /** Runs what borrows. */
  readonly take: <A, E>(borrowing: Effect.Effect<A, E, Scope.Scope>) => Effect.Effect<A, E>
  /** Gives back what was borrowed. The second time it does nothing. */
  readonly end: Effect.Effect<void>
}

/** What is to be done when the loan under way ends. */
const Ends = Context.Reference<Set<Effect.Effect<void>> | undefined>("@pbx-auth/session/Loan", {
  defaultValue: () => undefined,
})

/**
 * The children of a session alone end with the loan of their caller.
 *
 * @category combinators
 */
export const keep: Keep = (acquire, release) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.tap(restore(acquire), (one) =>
      Effect.flatMap(Ends, (ends) => {
        ends?.add(release(one))
        return Effect.void
      }),
    ),
  )

/**
 * A loan of a session alone.
 *
 * @category constructors
 */
export const make = (): Loan => {
  const ends = new Set<Effect.Effect<void>>()
  return {
    // No scope is asked for: `keep` stands in its place.
    take: (borrowing) => Effect.provideService(borrowing as Effect.Effect<never, never>, Ends, ends),
    end: Effect.suspend(() => {
      const [end] = ends
      ends.clear()
      return end ?? Effect.void
    }),
  }
}

/**
 * A loan of a registry: it holds what it lends by a scope.
 *
 * @category constructors
 */
export const scoped = (): Loan => {
  const scope = Scope.makeUnsafe()
  return {
    take: (borrowing) => Scope.provide(borrowing, scope),
    end: Effect.suspend(() => Scope.close(scope, Exit.void)),
  }
}
