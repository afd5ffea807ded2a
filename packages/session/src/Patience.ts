/**
 * Waiting for the end of an outage.
 *
 * A session tries again by its own schedule (see `Retry`), and the error of each failed try has the moment of the next one: its
 * `retryAt`. A patient caller waits for that try and shares its result, so a thousand of them cost no request. If a session tries
 * again only when a caller needs a token, the first patient caller begins that one try and the others join it.
 *
 * Every wait has an end of its own: a timer runs meanwhile, and so the process stays alive.
 */

import { type AuthError, fromReason, Unavailable } from "@pbx-auth/providers/AuthError"
import * as Retry from "@pbx-auth/providers/Retry"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { inTurn } from "./callers/Turns.ts"
import type { Driver } from "./engine/Driver.ts"
import * as Validation from "./options/Validation.ts"
import * as Span from "./time/Span.ts"

type Asking<A> = Effect.Effect<A, AuthError>

/** The pause if the announced moment has passed without a result, in ms: two clocks may differ. */
const RECHECK = 1_000

/**
 * The end of one caller's patience.
 *
 * @category models
 */
export interface Deadline {
  /** Why there was no result until now. */
  last?: AuthError
  /** How much is left, in ms. The monotonic clock measures it: a change of the wall clock does not make a wait longer. */
  readonly left: () => number
  /** Hears why there is no result, and returns the ms until it passes; `undefined` if it does not, or if that is too late. */
  readonly pauseAfter: (error: AuthError, told?: number) => number | undefined
}

/**
 * A deadline that begins now. Fails as `Misconfigured` if `patience` is no span.
 *
 * @category constructors
 */
export const deadline = (patience: Duration.Input): Effect.Effect<Deadline, AuthError> => {
  const span = Span.millis(patience)
  if (span === undefined) return Effect.fail(Validation.wrong("patience", Span.fix))
  return Effect.clockWith((clock) => {
    const now = () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
    const end = now() + span
    const left = () => end - now()
    const made: Deadline = {
      left,
      pauseAfter: (error, told) => {
        made.last = error
        const at = Retry.passesAt(error)
        const pause = at && Math.max(at - clock.currentTimeMillisUnsafe(), at === told ? RECHECK : 1)
        return pause === undefined || pause > left() ? undefined : pause
      },
    }
    return Effect.succeed(made)
  })
}

/** Waits until the session does anything. */
const step = (driver: Driver): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const wake = () => resume(Effect.void)
    const unsubscribe = driver.subscribe(wake, wake)
    return Effect.sync(unsubscribe)
  })

/**
 * Runs an effect for so many ms at most, and then another in its place. `Effect.timeoutOrElse` and `Effect.raceFirst` can do the same and
 * much else, which a browser tab would have to load.
 */
const atMost = <A, E>(millis: number, effect: Effect.Effect<A, E>, then: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.contextWith((context: Context.Context<never>) =>
    Effect.callback((resume) => {
      const fork = Effect.runForkWith(context)
      const both = [fork(effect), fork(Effect.andThen(Effect.sleep(millis), then))]
      const end = Effect.suspend(() => {
        for (const one of both) one.interruptUnsafe()
        return inTurn(both, Fiber.await)
      })
      // The first exit counts. The other one has ended before the caller goes on.
      for (const one of both) one.addObserver((exit) => resume(Effect.andThen(Effect.uninterruptible(end), exit)))
      return end
    }),
  )

/** The patience is over, and no try has ended: only the host that was asked is known. */
const unanswered = ({ account: { address, provider } }: Driver): AuthError =>
  fromReason(new Unavailable({ provider: provider.id, host: new URL(address.origin).host }))

/**
 * Asks a session for something, and asks again when the session tries again. Fails at once with a reason that does not pass, and with
 * the last reason as soon as it is known that the next try comes after `deadline`. A try that is still under way then is not awaited:
 * it goes on, because it belongs to no caller. A sign-out ends the wait: it fails as `SignedOut`.
 *
 * @category combinators
 */
export const until = <A>(driver: Driver, ask: Asking<A>, deadline: Deadline): Asking<A> => {
  const over = Effect.suspend(() => Effect.fail(deadline.last ?? unanswered(driver)))
  const bounded = Effect.suspend(() => atMost(deadline.left(), ask, over))
  const once = (told?: number): Asking<A> =>
    Effect.catch(bounded, (error) => {
      const pause = deadline.pauseAfter(error, told)
      if (pause === undefined) return Effect.fail(error)
      return Effect.andThen(atMost(pause, step(driver), Effect.void), once(error.retryAt))
    })
  return driver.untilSignOut(once())
}

/**
 * A bearer, or its token, with a patience that begins now. A living token is handed out without a timer.
 *
 * @category combinators
 */
export const wait = <A>(driver: Driver, ask: Asking<A>, patience: Duration.Input): Asking<A> =>
  Effect.flatMap(deadline(patience), (deadline) => (driver.peek() === undefined ? until(driver, ask, deadline) : ask))
