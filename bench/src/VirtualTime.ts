/**
 * A clock that stands still until it is advanced, and that counts its sleepers. Ours, because Effect's TestClock does not tell how
 * many sleep by it, and that is what is counted here.
 */

import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Metric from "effect/Metric"
import { nowhere, type Placed, WakeQueue } from "../../packages/session/src/time/WakeQueue.ts"

export interface VirtualTime {
  readonly clock: Clock.Clock
  /** Counts the fibers, so that time knows when all of them sleep. */
  readonly fibers: Metric.FiberRuntimeMetricsService
  /** Epoch ms. */
  readonly now: () => number
  /** Lets time pass, in ms: from sleeper to sleeper, those of one moment together, each run to its end before the next moment. */
  readonly pass: (millis: number) => Promise<void>
  /** Until every fiber sleeps. */
  readonly settle: () => Promise<void>
  /** How many sleep now, and how many ever slept at once. */
  readonly sleepers: () => number
  readonly mostSleepers: () => number
}

const NANOS_PER_MILLI = 1_000_000n

interface Sleeper extends Placed {
  readonly wake: () => void
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

export const make = (start: number): VirtualTime => {
  const sleepers = new WakeQueue<Sleeper>()
  let now = start
  let most = 0
  let running = 0

  const nanos = () => BigInt(now) * NANOS_PER_MILLI
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.callback<void>((resume) => {
        const sleeper: Sleeper = { place: nowhere, wake: () => resume(Effect.void) }
        sleepers.set(sleeper, now + Duration.toMillis(duration))
        most = Math.max(most, sleepers.size)
        return Effect.sync(() => sleepers.delete(sleeper))
      }),
  }

  const settle = async () => {
    // One more turn: what was promised to a fiber has not reached it yet.
    do await turn()
    while (running > sleepers.size)
  }

  return {
    clock,
    fibers: {
      recordFiberStart: () => {
        running += 1
      },
      recordFiberEnd: () => {
        running -= 1
      },
    },
    now: () => now,
    settle,
    sleepers: () => sleepers.size,
    mostSleepers: () => most,
    pass: async (millis) => {
      const end = now + millis
      await settle()
      while (sleepers.earliest <= end) {
        now = Math.max(now, sleepers.earliest)
        for (let due = sleepers.takeDue(now); due !== undefined; due = sleepers.takeDue(now)) due.wake()
        await settle()
      }
      now = end
    },
  }
}
