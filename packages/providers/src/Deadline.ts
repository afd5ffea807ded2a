/**
 * A true deadline. `Effect.timeout` waits for what it interrupts to wind up, and a hanging connection may never do so;
 * here the effect runs beside, is told to stop, and is not waited for.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

/** Runs an effect, and fails as `late` says when it has not ended after `deadline` ms. */
export const within = <A, E>(deadline: number, late: () => E, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.flatMap(Deferred.make<A, E>(), (outcome) =>
    Effect.acquireUseRelease(
      Effect.forEach(
        [
          Effect.flatMap(Effect.exit(effect), (exit) => Deferred.done(outcome, exit)),
          Effect.andThen(
            Effect.sleep(deadline),
            Effect.suspend(() => Deferred.fail(outcome, late())),
          ),
        ],
        (either) => Effect.forkDetach(either),
      ),
      () => Deferred.await(outcome),
      (both) =>
        Effect.sync(() => {
          for (const one of both) one.interruptUnsafe()
        }),
    ),
  )
