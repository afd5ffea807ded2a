/**
 * A timetable as Effect's `Clock`. It has the methods of Effect's `TestClock`, so `TestClock.adjust` moves it too. It differs in one
 * thing: at each deadline it waits until the emulator and its clients have nothing left to do.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { TestClock } from "effect/testing/TestClock"
import type { Timetable } from "./Timetable.ts"

const nanosPerMilli = 1_000_000

/** Makes the clock of a timetable. `live` is the clock for `withLive`. */
export const make = (timetable: Timetable, live: Clock.Clock): TestClock => {
  const wallNanos = () => BigInt(timetable.now()) * BigInt(nanosPerMilli)
  const monotonicNanos = () => BigInt(Math.round(timetable.elapsed() * nanosPerMilli))

  const sleep = (duration: Duration.Duration): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (!Duration.isFinite(duration)) return Effect.never
      const millis = Duration.toMillis(duration)
      if (millis <= 0) {
        timetable.stir()
        return Effect.yieldNow
      }
      return Effect.callback<void>((resume) => {
        const cancel = timetable.sleep(millis, () => resume(Effect.void))
        return Effect.sync(cancel)
      })
    })

  const jump = (millis: number) => Effect.asVoid(Effect.promise(() => timetable.jump(millis)))

  return {
    currentTimeMillisUnsafe: timetable.now,
    currentTimeMillis: Effect.sync(timetable.now),
    currentTimeNanosUnsafe: wallNanos,
    currentTimeNanos: Effect.sync(wallNanos),
    monotonicTimeNanosUnsafe: monotonicNanos,
    monotonicTimeNanos: Effect.sync(monotonicNanos),
    sleep,
    adjust: (duration) => jump(Duration.toMillis(Duration.fromInputUnsafe(duration))),
    setTime: (timestamp) => Effect.suspend(() => jump(timestamp - timetable.now())),
    withLive: (effect) => Effect.provideService(effect, Clock.Clock, live),
  }
}
