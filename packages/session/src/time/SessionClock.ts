/**
 * The time of a session: never slower than either of the machine's two clocks.
 *
 * The wall clock never stops, but may be set back. The monotonic clock cannot be set, but may stop while the machine sleeps. A token
 * is dead when either says so. So this clock advances by whichever of the two advanced more since the last reading, and never goes
 * back. A wall clock that is set two hours ahead costs one early renewal, one that is set back costs nothing, and a laptop that slept
 * wakes to the right time.
 *
 * Times that leave the process (stored records, `Throttled.retryAt`) are wall times; `toWall` and `fromWall` translate.
 *
 * What must not end early (a provider's pause, a rate limit's window) is a span, and only the monotonic clock measures it: a wall
 * clock that is set two hours ahead would end it, and one that is set back would make it two hours longer.
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
  /**
   * `now`, for the most frequent path. While the wall clock shows the millisecond of the last reading, it does not read the monotonic
   * clock. So a wall clock that stands still stops it, until `now` is read. The alarm reads `now` in each nap, and when a token is due.
   */
  readonly quickNow: () => number
  /** A moment of this clock, as the wall clock names it. */
  readonly toWall: (at: number) => number
  /** A moment of the wall clock, as this clock names it. */
  readonly fromWall: (at: number) => number
}

/**
 * A clock's moment as others are told it, in epoch ms, rounded up: no one may come a fraction of a millisecond early.
 *
 * @category getters
 */
export const toldAt = (clock: SessionClock, at: number): number => Math.ceil(clock.toWall(at))

/**
 * Now, as the wall clock names it, in epoch ms.
 *
 * @category getters
 */
export const wallNow = (clock: SessionClock): number => clock.toWall(clock.now())

const NANOS_PER_MILLI = 1_000_000n

/**
 * Makes a session's clock from Effect's. It reads the wall clock (ms) and the monotonic clock (ns).
 *
 * @category constructors
 */
export const make = (clock: Clock.Clock): SessionClock => {
  let now = clock.currentTimeMillisUnsafe()
  let seen = now
  let monotonic = clock.monotonicTimeNanosUnsafe()
  const read = (): number => {
    const elapsed = clock.monotonicTimeNanosUnsafe() - monotonic
    // Whole milliseconds only, and the rest stays counted: thousands of quick readings must not add up their rounding errors. Most
    // readings lie within one millisecond and skip the arithmetic.
    if (elapsed >= NANOS_PER_MILLI) {
      const millis = elapsed / NANOS_PER_MILLI
      monotonic += millis * NANOS_PER_MILLI
      now += Number(millis)
    }
    seen = clock.currentTimeMillisUnsafe()
    if (seen > now) now = seen
    return now
  }
  return reading(clock, read, () => (clock.currentTimeMillisUnsafe() === seen ? now : read()))
}

/**
 * Makes a clock for spans, which neither stops nor jumps when the wall clock is set. It counts from some moment in the past.
 *
 * @category constructors
 */
export const monotonic = (clock: Clock.Clock): SessionClock =>
  reading(clock, () => {
    const nanos = clock.monotonicTimeNanosUnsafe()
    // In two parts: a number cannot hold the nanoseconds of an epoch, and would make whole milliseconds fractional.
    return Number(nanos / NANOS_PER_MILLI) + Number(nanos % NANOS_PER_MILLI) / Number(NANOS_PER_MILLI)
  })

const reading = (clock: Clock.Clock, now: () => number, quickNow = now): SessionClock => ({
  now,
  quickNow,
  toWall: (at) => at - now() + clock.currentTimeMillisUnsafe(),
  fromWall: (at) => at - clock.currentTimeMillisUnsafe() + now(),
})
