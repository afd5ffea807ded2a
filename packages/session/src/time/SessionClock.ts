/**
 * The time that a session lives by: never slower than either of the machine's two clocks.
 *
 * The wall clock stands still for nobody but may be set back; the monotonic clock cannot be set but may stop while the
 * machine sleeps. A token is dead when either says so. So this clock moves on by whichever of the two moved further since it
 * was last read, and never goes back: a wall clock that is set two hours ahead costs one early renewal, one that is set back
 * costs nothing, and a laptop that slept wakes to the right time.
 *
 * Times that leave the process (stored records, `Throttled.retryAt`) are wall times; `toWall` and `fromWall` translate.
 *
 * What must not end early (a provider's pause, a rate limit's window) is a span, and is measured by the monotonic clock alone: a
 * wall clock that is set two hours ahead would end it, and one that is set back would make it two hours longer.
 */
import type * as Clock from "effect/Clock"

/**
 * All times are epoch milliseconds.
 *
 * @category models
 */
export interface SessionClock {
  /** Now, by the clock that is ahead. */
  readonly now: () => number
  /** A moment of this clock, as the wall clock names it. */
  readonly toWall: (at: number) => number
  /** A moment of the wall clock, as this clock names it. */
  readonly fromWall: (at: number) => number
}

/**
 * A moment of a clock as it is told to others, in epoch ms: nobody is to come a fraction of a millisecond early.
 *
 * @category getters
 */
export const toldAt = (clock: SessionClock, at: number): number => Math.ceil(clock.toWall(at))

const NANOS_PER_MILLI = 1_000_000n

/**
 * Makes a session's clock from Effect's, of which it reads both the wall (ms) and the monotonic clock (ns).
 *
 * @category constructors
 */
export const make = (clock: Clock.Clock): SessionClock => {
  let now = clock.currentTimeMillisUnsafe()
  let monotonic = clock.monotonicTimeNanosUnsafe()
  const read = (): number => {
    const elapsed = clock.monotonicTimeNanosUnsafe() - monotonic
    // Whole milliseconds only, and the rest stays counted: thousands of quick readings must not add up their roundings. Most
    // readings lie within one, and are spared the arithmetic.
    if (elapsed >= NANOS_PER_MILLI) {
      const millis = elapsed / NANOS_PER_MILLI
      monotonic += millis * NANOS_PER_MILLI
      now += Number(millis)
    }
    const wall = clock.currentTimeMillisUnsafe()
    if (wall > now) now = wall
    return now
  }
  return reading(clock, read)
}

/**
 * Makes a clock for spans, which neither stops nor jumps when the wall clock is set. It counts from some moment in the past.
 *
 * @category constructors
 */
export const monotonic = (clock: Clock.Clock): SessionClock =>
  reading(clock, () => {
    const nanos = clock.monotonicTimeNanosUnsafe()
    // In two parts: a number does not hold as many nanoseconds as an epoch has, and would make a fraction of whole milliseconds.
    return Number(nanos / NANOS_PER_MILLI) + Number(nanos % NANOS_PER_MILLI) / Number(NANOS_PER_MILLI)
  })

const reading = (clock: Clock.Clock, now: () => number): SessionClock => ({
  now,
  toWall: (at) => at - now() + clock.currentTimeMillisUnsafe(),
  fromWall: (at) => at - clock.currentTimeMillisUnsafe() + now(),
})
