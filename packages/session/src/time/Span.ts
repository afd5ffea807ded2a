/**
 * Spans of time as callers write them.
 */

import * as Duration from "effect/Duration"

/**
 * What to write instead of something that is no span.
 *
 * @category constants
 */
export const fix = 'Expected milliseconds, or a span such as "1 minute".'

/**
 * A span in ms; `undefined` for what is none: a negative one, a `NaN`, a list, an object that names no time. Effect takes some of
 * these for no time at all.
 *
 * @category getters
 */
export const millis = (u: unknown): number | undefined => {
  if (Number.isNaN(u) || Array.isArray(u)) return undefined
  try {
    const span = Duration.toMillis(Duration.fromInputUnsafe(u as Duration.Input))
    return span > 0 || (span === 0 && (typeof u !== "object" || Duration.isDuration(u))) ? span : undefined
  } catch {
    return undefined
  }
}

/** One without an end is a mistake in arithmetic. */
const isSpan = (u: unknown): boolean => Number.isFinite(millis(u))

/**
 * The rule for an option that is a span.
 *
 * @category constants
 */
export const rule: readonly [is: (u: unknown) => boolean, fix: string] = [isSpan, fix]
