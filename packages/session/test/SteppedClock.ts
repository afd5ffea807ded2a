/**
 * A clock that never moves until it is told to: for sessions by promises, and for the emulator that they are with. A jump goes from one
 * sleeper's moment to the next, and lets everything run that follows from it.
 */
import { type GivenClock, type PromiseClock, promiseClock } from "@pbx-auth/session/PromiseClock"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

/** Until what is under way within the process has happened. */
export const settle = async () => {
  for (let turns = 0; turns < 40; turns++) await turn()
}

export interface SteppedClock extends GivenClock, PromiseClock {
  readonly jump: (ms: number) => Promise<void>
  /** Sets the time without waking anybody, backward too. */
  readonly set: (at: number) => void
  readonly sleeping: () => number
  /** What Effect's part of a test runs with. */
  readonly timed: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export const make = (start = 1_700_000_000_000): SteppedClock => {
  const sleepers = new Map<() => void, number>()
  let now = start
  const clock = promiseClock({
    now: () => now,
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        const wake = () => {
          sleepers.delete(wake)
          signal.removeEventListener("abort", wake)
          resolve()
        }
        sleepers.set(wake, now + ms)
        signal.addEventListener("abort", wake)
      }),
  })
  return Object.assign(clock, {
    jump: async (ms: number) => {
      const end = now + ms
      await settle()
      for (;;) {
        const next = Math.min(...sleepers.values())
        if (next > end) break
        now = Math.max(now, next)
        for (const [wake, at] of [...sleepers]) if (at <= now) wake()
        await settle()
      }
      now = Math.max(now, end)
      await settle()
    },
    set: (at: number) => {
      now = at
    },
    sleeping: () => sleepers.size,
    timed: Effect.provideService(Clock.Clock, clock.asEffect),
  })
}
