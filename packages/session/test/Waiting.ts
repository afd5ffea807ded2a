/**
 * Time that passes only for those who wait: hours in a second, and nothing on the way is left out. The
 * emulator answers within the process, so what runs needs no time of its own.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

interface Sleeper {
  readonly deadline: number
  readonly wake: () => void
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

export const make = (start: number) => {
  const sleepers = new Set<Sleeper>()
  let now = start
  const nanos = () => BigInt(Math.round(now * 1_000)) * 1_000n
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => Math.floor(now),
    currentTimeMillis: Effect.sync(() => Math.floor(now)),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => {
      if (!Duration.isFinite(duration)) return Effect.never
      const millis = Duration.toMillis(duration)
      if (millis <= 0) return Effect.yieldNow
      return Effect.callback<void>((resume) => {
        const sleeper: Sleeper = { deadline: now + millis, wake: () => resume(Effect.void) }
        sleepers.add(sleeper)
        return Effect.sync(() => void sleepers.delete(sleeper))
      })
    },
  }

  /** Until all work that needs no time is done. `busy` tells of requests under way. */
  const settle = async (busy: () => number) => {
    for (let quiet = 0, turns = 0; quiet < 16 && turns < 10_000; turns++) {
      await turn()
      quiet = busy() > 0 ? 0 : quiet + 1
    }
  }

  return {
    clock,
    timed: Effect.provideService(Clock.Clock, clock),
    now: () => now,
    /** Runs an effect and lets time pass for as long as it takes, up to `longest` ms; gives how long that was, in ms. */
    through: <A, E, R>(effect: Effect.Effect<A, E, R>, busy: () => number, longest: number) =>
      Effect.gen(function* () {
        const begin = now
        const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
        while (true) {
          yield* Effect.promise(() => settle(busy))
          if (fiber.pollUnsafe() !== undefined) return { value: yield* Fiber.join(fiber), took: now - begin }
          let next = Number.POSITIVE_INFINITY
          for (const { deadline } of sleepers) next = Math.min(next, deadline)
          if (next - begin > longest) return yield* Effect.die(new Error("It takes too long"))
          now = Math.max(now, next)
          for (const sleeper of [...sleepers]) {
            if (sleeper.deadline > now) continue
            sleepers.delete(sleeper)
            sleeper.wake()
          }
        }
      }),
  }
}
