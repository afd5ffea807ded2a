/**
 * A clock of the app's own, for sessions without Effect: usually that of a test, which moves by hand.
 */

import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Validation from "../face/Validation.ts"

/**
 * The time of a session, in place of the machine's. Everything that the session does follows it: how long a token lives, renewals,
 * pauses, deadlines, patience.
 *
 * It may stand still, jump forward, and be set back. Time that was read as passed stays passed. The clock of the emulator's
 * `openEmulator` is one.
 *
 * @category models
 */
export interface PromiseClock {
  /** Now, in epoch ms. It must not throw. */
  readonly now: () => number
  /**
   * Resolves when `ms` have passed on this clock, so a jump must wake those who sleep. It may resolve earlier: the session then reads
   * `now`, and sleeps for the rest. When `signal` aborts, nobody waits for it any more: end its timer then. No `ms` is too long for
   * `setTimeout`.
   */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/** The longest span that `setTimeout` takes, in ms. It fires at once after a longer one. */
const LONGEST_SLEEP = 2 ** 31 - 1

const nanosOf = (millis: number): bigint => BigInt(Math.round(millis * 1e6))

const clockOf = (given: PromiseClock): Clock.Clock => {
  let wall = given.now()
  let passed = 0
  const read = () => {
    const now = given.now()
    // A reading that is no number changes nothing.
    if (Number.isFinite(now)) {
      passed += Math.max(0, now - wall)
      wall = now
    }
    return wall
  }
  const elapsed = () => {
    read()
    return passed
  }
  const wallNanos = () => nanosOf(read())
  const nanos = () => nanosOf(elapsed())
  return {
    currentTimeMillisUnsafe: read,
    currentTimeMillis: Effect.sync(read),
    currentTimeNanosUnsafe: wallNanos,
    currentTimeNanos: Effect.sync(wallNanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.suspend(() => {
        const end = elapsed() + Duration.toMillis(duration)
        const rest: Effect.Effect<void> = Effect.suspend(() => {
          const left = end - elapsed()
          if (left <= 0) return Effect.void
          const nap = Effect.promise(async (signal) => {
            try {
              await given.sleep(Math.min(Math.ceil(left), LONGEST_SLEEP), signal)
            } catch {
              // Whatever ended the sleep: the clock says how much is left.
            }
          })
          // A sleep that always ends at once must not keep the process from all other work.
          return Effect.andThen(Effect.andThen(nap, Effect.yieldNow), rest)
        })
        return rest
      }),
  }
}

/** One for each clock, because sessions with the same clock share a provider's pauses. */
const services = new WeakMap<PromiseClock, Context.Context<never>>()

/**
 * What the effects of a session run with: its clock, if it has one.
 *
 * @category getters
 */
export const servicesOf = (clock: PromiseClock | undefined): Context.Context<never> => {
  if (clock === undefined) return Context.empty()
  const known = services.get(clock) ?? Context.make(Clock.Clock, clockOf(clock))
  services.set(clock, known)
  return known
}

const isClock = (u: unknown): boolean => {
  const clock = u as PromiseClock
  // Beyond that there is no valid date.
  return Validation.isFunction(clock.sleep) && Math.abs(clock.now()) <= 8.64e15
}

/**
 * The rule for the option `clock`.
 *
 * @category constants
 */
export const clockRules: Validation.Fields<{ readonly clock?: PromiseClock }> = {
  clock: [isClock, "Expected { now, sleep }, where now() returns epoch ms, or leave it out."],
}
