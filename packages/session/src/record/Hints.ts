/**
 * What a store can tell beside its records: that one has changed, and that a holder is dead. Both make a hand-over quicker, and nothing
 * depends on them. A store whose hints throw counts as one without.
 */

import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { TokenStore } from "../TokenStore.ts"

type Store = TokenStore["Service"]

/** After so many hints in a row, one reads no more often than without hints. */
const RINGS = 16

/**
 * @category models
 */
export interface Bell {
  /** `heard` waits for a ring from now on. Call it before you read the record. */
  listen(): void
  /** Waits for a ring since `listen`, but no longer than `poll` ms. The watch ends with the scope. */
  heard(poll: number): Effect.Effect<void, never, Scope.Scope>
}

/**
 * Rings when a record may have changed. It begins to watch when somebody first waits, and rings once when it has begun: the record may
 * have changed before.
 *
 * @category constructors
 */
export const bell = ({ watch }: Store, key: string): Bell => {
  let rung = Deferred.makeUnsafe<void>()
  let isWatched = false
  return {
    listen: () => {
      rung = Deferred.makeUnsafe()
    },
    heard: (poll) => {
      // No race, so a ring wakes its hearer directly. A pause that is left over rings for nobody.
      const pause = Effect.andThen(Effect.sleep(poll), Deferred.done(rung, Exit.void))
      const waiting = Effect.andThen(aside(pause), Deferred.await(rung))
      if (isWatched || watch === undefined) return waiting
      isWatched = true
      const watching = Effect.gen(function* () {
        const changed = yield* watch(key)
        for (let rings = 1; ; rings++) {
          Deferred.doneUnsafe(rung, Exit.void)
          yield* changed
          if (rings % RINGS === 0) yield* Effect.sleep(poll)
        }
      })
      return Effect.andThen(aside(Effect.exit(watching)), waiting)
    },
  }
}

/** Runs it in a fiber of its own, until the scope is closed. */
const aside = (effect: Effect.Effect<unknown, never, Scope.Scope>) => Effect.forkScoped(Effect.interruptible(effect))

/** Closes it in the background, so that no caller waits for its token. */
const closed = (scope: Scope.Closeable): Effect.Effect<unknown> => Effect.forkDetach(Scope.close(scope, Exit.void))

/**
 * Gives an effect a scope, and closes it afterwards, beside whoever goes on.
 *
 * @category combinators
 */
export const scoped = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Scope.Scope>> =>
  Effect.flatMap(Scope.make(), (scope) => Effect.ensuring(Scope.provide(effect, scope), closed(scope)))

/**
 * Says that a holder lives, until the effect that it returns takes that back. A dead process that is still announced does no harm.
 *
 * @category combinators
 */
export const announce = ({ presence }: Store, holder: string): Effect.Effect<Effect.Effect<unknown>> =>
  presence === undefined
    ? Effect.succeed(Effect.void)
    : Effect.flatMap(Scope.make(), (told) =>
        Effect.as(
          Effect.exit(
            Scope.provide(
              Effect.suspend(() => presence.announce(holder)),
              told,
            ),
          ),
          closed(told),
        ),
      )

/**
 * Whether it is certain that a holder is dead.
 *
 * @category guards
 */
export const isGone = ({ presence }: Store, holder: string): Effect.Effect<boolean> =>
  Effect.catchDefect(
    Effect.suspend(() => presence?.isGone(holder) ?? Effect.succeed(false)),
    () => Effect.succeed(false),
  )
