/**
 * A clock of the app's own, for sessions without Effect: usually that of a test, which moves by hand.
 */

import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Validation from "./options/Validation.ts"
import type { PromiseClock } from "./promise/ClockOption.ts"

export type { PromiseClock } from "./promise/ClockOption.ts"

/**
 * What you write of a clock. It may stand still, jump forward, and be set back. Time that was read as passed stays passed.
 *
 * @category models
 */
export interface GivenClock {
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

const clockOf = (given: GivenClock): Clock.Clock => {
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

/** Beyond that there is no valid date. */
const LAST = 8.64e15

const isGiven = (u: unknown): u is GivenClock => {
  if (!Validation.isObject(u)) return false
  const { now, sleep } = u as GivenClock
  if (!Validation.isFunction(now) || !Validation.isFunction(sleep)) return false
  try {
    return Math.abs(now()) <= LAST
  } catch {
    return false
  }
}

/**
 * Makes the clock that a session follows, from two functions of yours. Sessions with the same one share the pauses that a provider asks
 * for. Throws `Misconfigured` if `now` or `sleep` is missing, or if `now()` is no date.
 *
 * ```ts
 * const clock = promiseClock({ now, sleep })
 * await using pbx = await openSkySwitch(account, { clock })
 * ```
 *
 * @category constructors
 */
export const promiseClock = <Given extends GivenClock>(given: Given): Given & PromiseClock => {
  if (!isGiven(given)) throw Validation.wrong("clock", "Expected { now, sleep }, where now() returns epoch ms.")
  return { ...given, asEffect: clockOf(given) }
}
