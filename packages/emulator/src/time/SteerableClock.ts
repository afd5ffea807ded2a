/**
 * A clock that runs like the real one until you move it.
 *
 * Tokens live for fifty minutes, an hour, or 281 days. A test of their lifecycle over real HTTP cannot wait for that, and cannot stop
 * time either, because sockets need it. This clock is real time plus an offset: it ticks by itself, and you can move it forward. Give
 * the same clock to the emulator and to its client, and both age together.
 *
 * It moves as after a machine's sleep: time has its new value at once, and every sleeper that is due wakes, the earliest first. It
 * does not stop at each deadline on the way, as `TestClock.adjust` does: a loop that sleeps thirty seconds at a time wakes once from
 * a jump of 281 days, not 809 280 times.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

const TypeId = "~@pbx-auth/emulator/SteerableClock"

/** An Effect `Clock` that can be moved. */
export interface SteerableClock extends Clock.Clock {
  readonly [TypeId]: typeof TypeId
  /**
   * Moves wall time and monotonic time forward, wakes all sleepers that are due, and lets them run before it returns. It does not
   * wait for their effects outside this process (a request over a socket). A negative or infinite duration is a defect.
   */
  adjust(duration: Duration.Input): Effect.Effect<void>
  /**
   * Sets the wall clock (epoch ms, backward too) and leaves monotonic time alone, as when a machine's clock is corrected.
   * Sleepers sleep on: they wait for time to pass, not for a date. A time that no date can show is a defect.
   */
  setWall(epochMs: number): Effect.Effect<void>
}

/** Whether a clock is one that can be moved. */
export const isSteerableClock = (clock: Clock.Clock): clock is SteerableClock => TypeId in clock

/** The latest time that a date can show, in epoch ms (ECMA-262, "Time Values and Time Range"). */
export const maxEpochMs = 8.64e15

interface Sleeper {
  readonly deadline: bigint
  /** Opened when time was moved, so that the sleeper computes again how long it still has to wait. */
  moved: Latch.Latch
}

const nanosPerMilli = 1_000_000n
const millisToNanos = (millis: number): bigint => BigInt(Math.round(millis)) * nanosPerMilli

// A woken fiber may resume another one; each turn lets one more of them run.
const turnsAfterJump = 16

/**
 * Makes a clock over the one in the context. `start` (epoch ms) is what the wall clock shows at first; without it the wall clock is
 * the context's. While no fiber sleeps, nothing runs and no timer is set.
 */
export const make: (options?: { readonly start?: number }) => Effect.Effect<SteerableClock> = Effect.fnUntraced(
  function* (options) {
    const base = yield* Clock.Clock
    const sleepers = new Set<Sleeper>()
    let wallOffset = 0n
    let monotonicOffset = 0n

    const wallNanos = () => base.currentTimeNanosUnsafe() + wallOffset
    const wallMillis = () => base.currentTimeMillisUnsafe() + Number(wallOffset / nanosPerMilli)
    const monotonicNanos = () => base.monotonicTimeNanosUnsafe() + monotonicOffset

    const sleep = (duration: Duration.Duration): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (!Duration.isFinite(duration)) return Effect.never
        const nanos = Duration.toNanosUnsafe(duration)
        if (nanos <= 0n) return Effect.yieldNow
        const sleeper: Sleeper = { deadline: monotonicNanos() + nanos, moved: Latch.makeUnsafe() }
        const waitOn: Effect.Effect<void> = Effect.suspend(() => {
          const left = sleeper.deadline - monotonicNanos()
          if (left <= 0n) return Effect.void
          // A latch of its own for each wait, made at the moment of the computation: a move that comes before the wait has begun
          // finds it and is not lost.
          sleeper.moved = Latch.makeUnsafe()
          return Effect.andThen(Effect.raceFirst(base.sleep(Duration.nanos(left)), sleeper.moved.await), waitOn)
        })
        sleepers.add(sleeper)
        return Effect.ensuring(
          waitOn,
          Effect.sync(() => sleepers.delete(sleeper)),
        )
      })

    const adjust = Effect.fnUntraced(function* (input: Duration.Input) {
      const duration = Duration.fromInputUnsafe(input)
      if (!Duration.isFinite(duration) || Duration.isNegative(duration)) {
        return yield* Effect.die(new RangeError("A clock moves forward by a finite duration"))
      }
      const nanos = Duration.toNanosUnsafe(duration)
      wallOffset += nanos
      monotonicOffset += nanos
      // All of them, not only those that are due: the others wait for longer than is still needed.
      const earliestFirst = [...sleepers].sort((a, b) => (a.deadline < b.deadline ? -1 : 1))
      for (const sleeper of earliestFirst) sleeper.moved.openUnsafe()
      for (let turn = 0; turn < turnsAfterJump; turn++) yield* Effect.yieldNow
    })

    const setWall = (epochMs: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (!(Math.abs(epochMs) <= maxEpochMs))
          return Effect.die(new RangeError("A wall clock is set to an epoch in ms"))
        wallOffset = millisToNanos(epochMs) - millisToNanos(base.currentTimeMillisUnsafe())
        return Effect.void
      })

    if (options?.start !== undefined) yield* setWall(options.start)

    return {
      [TypeId]: TypeId,
      currentTimeMillisUnsafe: wallMillis,
      currentTimeMillis: Effect.sync(wallMillis),
      currentTimeNanosUnsafe: wallNanos,
      currentTimeNanos: Effect.sync(wallNanos),
      monotonicTimeNanosUnsafe: monotonicNanos,
      monotonicTimeNanos: Effect.sync(monotonicNanos),
      sleep,
      adjust,
      setWall,
    }
  },
)
