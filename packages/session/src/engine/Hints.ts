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
 * Rings when a record may have changed. It begins to watch when somebody first waits, and rings once when it has begun: the record may
 * have changed before.
 *
 * @category models
 */
export class Bell {
  readonly #store: Store
  readonly #key: string
  #isWatched = false
  #rung = Deferred.makeUnsafe<void>()

  constructor(store: Store, key: string) {
    this.#store = store
    this.#key = key
  }

  /** `heard` waits for a ring from now on. Call it before you read the record. */
  listen(): void {
    this.#rung = Deferred.makeUnsafe()
  }

  /** Waits for a ring since `listen`, but no longer than `poll` ms. The watch ends with the scope. */
  heard(poll: number): Effect.Effect<void, never, Scope.Scope> {
    const mine = this.#rung
    const ring = (rung = this.#rung) => Deferred.doneUnsafe(rung, Effect.void)
    // No race, so a ring wakes its hearer directly. A pause that is left over rings for nobody.
    const waiting = Effect.andThen(
      aside(
        Effect.andThen(
          Effect.sleep(poll),
          Effect.sync(() => ring(mine)),
        ),
      ),
      Deferred.await(mine),
    )
    const { watch } = this.#store
    if (watch === undefined || this.#isWatched) return waiting
    this.#isWatched = true
    const key = this.#key
    const watching = Effect.gen(function* () {
      const changed = yield* watch(key)
      for (let rings = 1; ; rings++) {
        ring()
        yield* changed
        if (rings % RINGS === 0) yield* Effect.sleep(poll)
      }
    })
    return Effect.andThen(aside(Effect.catchCause(watching, () => Effect.void)), waiting)
  }
}

/** Beside whoever waits, until the scope is closed. */
const aside = (effect: Effect.Effect<void, never, Scope.Scope>) => Effect.forkScoped(Effect.interruptible(effect))

const unharmed = <A, R>(hint: () => Effect.Effect<A, never, R>, otherwise: A): Effect.Effect<A, never, R> =>
  Effect.catchDefect(Effect.suspend(hint), () => Effect.succeed(otherwise))

/** Nobody waits until it is closed: a caller would wait for its token. */
const closed = (scope: Scope.Closeable) => (): Effect.Effect<unknown> =>
  Effect.forkDetach(Effect.exit(Scope.close(scope, Exit.void)))

/**
 * Gives an effect a scope, and closes it afterwards, beside whoever goes on.
 *
 * @category combinators
 */
export const scoped = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Scope.Scope>> =>
  Effect.flatMap(Scope.make(), (scope) => Effect.onExit(Scope.provide(effect, scope), closed(scope)))

/**
 * Says that a holder lives, for as long as the scope is open. A dead process that is still announced does no harm.
 *
 * @category combinators
 */
export const announce = ({ presence }: Store, holder: string): Effect.Effect<void, never, Scope.Scope> =>
  presence === undefined
    ? Effect.void
    : Effect.flatMap(Scope.make(), (told) =>
        Effect.acquireRelease(
          Scope.provide(
            unharmed(() => presence.announce(holder), undefined),
            told,
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
  unharmed(() => presence?.isGone(holder) ?? Effect.succeed(false), false)
