/**
 * Waiting for the end of an outage.
 *
 * A session tries again by its own schedule (see `Retry`), and the error of each failed try has the moment of the next one: its
 * `retryAt`. A patient caller waits for that try and shares its result, so a thousand of them cost no request. If a session tries
 * again only when a caller needs a token, the first patient caller begins that one try and the others join it.
 *
 * Every wait has an end of its own: a timer runs meanwhile, and so the process stays alive.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Retry from "@pbx-auth/providers/Retry"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Driver } from "./engine/Driver.ts"

type Asking<A> = Effect.Effect<A, AuthError>

/** The pause if the announced moment has passed without a result, in ms: two clocks may differ. */
const RECHECK = 1_000

/** The monotonic clock measures a span: a change of the wall clock does not make a wait longer. */
const monotonic = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

/**
 * When a patience that begins now is over, as a moment of the monotonic clock in ms.
 *
 * @category constructors
 */
export const deadline = (patience: Duration.Input): Effect.Effect<number> => {
  const span = Duration.toMillis(Duration.fromInputUnsafe(patience))
  return Effect.map(monotonic, (now) => now + span)
}

/** Waits until the session does anything. */
const step = (driver: Driver): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const wake = () => resume(Effect.void)
    const unsubscribe = driver.subscribe(wake, wake)
    return Effect.sync(unsubscribe)
  })

/** Runs an effect for so many ms at most, and then another in its place. Smaller in a bundle than `Effect.timeoutOrElse`. */
const atMost = <A, E>(millis: number, effect: Effect.Effect<A, E>, then: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.raceFirst(effect, Effect.andThen(Effect.sleep(millis), then))

/**
 * Asks a session for something, and asks again when the session tries again. Fails at once with a reason that does not pass, and with
 * the last reason as soon as it is known that the next try comes after `deadline`. A sign-out ends it: it fails as `SignedOut`.
 *
 * @category combinators
 */
export const until = <A>(driver: Driver, ask: Asking<A>, deadline: number): Asking<A> => {
  const after = (error: AuthError, told?: number): Asking<A> =>
    Effect.gen(function* () {
      const at = Retry.passesAt(error)
      if (at === undefined) return yield* error
      const pause = Math.max(at - (yield* Clock.currentTimeMillis), at === told ? RECHECK : 1)
      const left = deadline - (yield* monotonic)
      if (pause > left) return yield* error
      yield* atMost(pause, step(driver), Effect.void)
      return yield* Effect.catch(within(ask, error, left), (next) => after(next, at))
    })
  /** A try that is still under way when the patience is over is not awaited. */
  const within = (asked: Asking<A>, error: AuthError, left: number): Asking<A> =>
    Number.isFinite(left)
      ? Effect.flatMap(monotonic, (now) => atMost(Math.max(0, deadline - now), asked, Effect.fail(error)))
      : asked
  return driver.untilSignOut(Effect.catch(ask, (error) => after(error)))
}

/**
 * The same, with a patience that begins now.
 *
 * @category combinators
 */
export const wait = <A>(driver: Driver, ask: Asking<A>, patience: Duration.Input): Asking<A> =>
  Effect.flatMap(deadline(patience), (deadline) => until(driver, ask, deadline))
