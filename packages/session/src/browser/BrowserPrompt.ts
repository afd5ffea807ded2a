/**
 * What the ways to sign in at a browser have in common: how they show their prompt, and how they wait for the person.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Allowed, BrowserWay, Prompt, Signing } from "./BrowserWay.ts"

/**
 * A way that is given `show` for its prompt. Each sign-in has a prompt of its own.
 *
 * @category constructors
 */
export const way = (
  run: (signing: Signing, show: (prompt: Prompt) => Effect.Effect<void>) => Effect.Effect<Allowed, AuthError>,
): BrowserWay => ({
  begin: () => {
    const shown = Deferred.makeUnsafe<Prompt, AuthError>()
    return {
      prompt: Deferred.await(shown),
      run: (signing) =>
        run(signing, (prompt) =>
          Effect.suspend(() => {
            const { kind, until } = prompt
            signing.prompted({ kind, until })
            return Deferred.succeed(shown, prompt)
          }),
        ).pipe(
          Effect.tapError((error) => Deferred.fail(shown, error)),
          Effect.ensuring(Deferred.interrupt(shown)),
        ),
    }
  },
})

/**
 * Waits for the person. During this wait a cancel ends the sign-in at once. A cancel that came before ends it here.
 *
 * @category combinators
 */
export const waiting = <A, E>({ flight }: Signing, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    if (flight.abandoned) return Effect.interrupt
    flight.waits = true
    const end = Effect.sync(() => {
      flight.waits = false
    })
    return Effect.ensuring(Effect.interruptible(effect), end)
  })
