import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as SteerableClock from "../src/SteerableClock.ts"

const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length

/** Runs a test with a steerable clock in its context. */
const steered = <A, E, R>(f: (clock: SteerableClock.SteerableClock) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const clock = yield* SteerableClock.make()
    return yield* Effect.provideService(f(clock), Clock.Clock, clock)
  })

describe("A steerable clock left alone", () => {
  it.live("is the real one", () =>
    steered((clock) =>
      Effect.gen(function* () {
        assert.approximately(yield* Clock.currentTimeMillis, Date.now(), 50)
        assert.approximately(Number((yield* Clock.currentTimeNanos) / 1_000_000n), Date.now(), 50)
        const [wall, monotonic] = [Date.now(), clock.monotonicTimeNanosUnsafe()]
        yield* Effect.sleep("30 millis")
        assert.isAtLeast(Date.now() - wall, 29)
        assert.isAtLeast(Number(clock.monotonicTimeNanosUnsafe() - monotonic), 29_000_000)
      }),
    ),
  )

  it.effect("follows the clock below it", () =>
    steered(() =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.sleep("1 hour"))
        yield* Effect.yieldNow
        yield* TestClock.adjust("59 minutes").pipe(Effect.provideService(Clock.Clock, yield* testClock))
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust("1 minute").pipe(Effect.provideService(Clock.Clock, yield* testClock))
        yield* Fiber.join(fiber)
      }),
    ),
  )
})

const testClock = TestClock.testClockWith((clock) => Effect.succeed(clock))

describe("Moving a steerable clock", () => {
  it.live("shows the start that it is given, on the wall alone", () =>
    Effect.gen(function* () {
      const start = Date.UTC(2020, 0, 1)
      const clock = yield* SteerableClock.make({ start })
      assert.approximately(clock.currentTimeMillisUnsafe(), start, 50)
      assert.approximately(Number(clock.currentTimeNanosUnsafe() / 1_000_000n), start, 50)
    }),
  )

  it.live("moves both times", () =>
    steered((clock) =>
      Effect.gen(function* () {
        const [wall, nanos, monotonic] = [
          clock.currentTimeMillisUnsafe(),
          clock.currentTimeNanosUnsafe(),
          clock.monotonicTimeNanosUnsafe(),
        ]
        yield* clock.adjust("281 days")
        const moved = 281 * 86_400_000
        assert.approximately(clock.currentTimeMillisUnsafe() - wall, moved, 50)
        assert.approximately(Number((clock.currentTimeNanosUnsafe() - nanos) / 1_000_000n), moved, 50)
        assert.approximately(Number((clock.monotonicTimeNanosUnsafe() - monotonic) / 1_000_000n), moved, 50)
      }),
    ),
  )

  it.live("wakes sleepers of any length, and lets them run before it returns", () =>
    steered((clock) =>
      Effect.gen(function* () {
        const woken: Array<string> = []
        const lives = ["1 second", "50 minutes", "24.9 days", "281 days", "10000 days"] as const
        for (const life of ["281 days", "1 second", "10000 days", "50 minutes", "24.9 days"] as const) {
          yield* Effect.forkChild(
            Effect.andThen(
              Effect.sleep(life),
              Effect.sync(() => woken.push(life)),
            ),
          )
        }
        yield* Effect.yieldNow
        assert.deepStrictEqual(woken, [])
        yield* clock.adjust("50 minutes")
        assert.deepStrictEqual(woken, ["1 second", "50 minutes"], "the earliest first")
        yield* clock.adjust("24 days")
        assert.lengthOf(woken, 2)
        yield* clock.adjust("1 day")
        assert.lengthOf(woken, 3)
        yield* clock.adjust("10000 days")
        assert.deepStrictEqual(woken, [...lives])
      }),
    ),
  )

  it.live("reckons the rest of a sleep anew after each move", () =>
    steered((clock) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.sleep("1 hour"))
        yield* Effect.yieldNow
        yield* clock.adjust(Duration.millis(3_600_000 - 40))
        assert.isUndefined(fiber.pollUnsafe())
        // What is left passes by itself, in real time.
        yield* Fiber.join(fiber)
      }),
    ),
  )

  it.live("finds a sleeper that has only just begun", () =>
    steered((clock) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.sleep("1 hour"), { startImmediately: true })
        yield* clock.adjust("1 hour")
        assert.isTrue(Exit.isSuccess(fiber.pollUnsafe() ?? Exit.fail("asleep")))
      }),
    ),
  )

  it.live("wakes a loop once, as from a machine's sleep", () =>
    steered((clock) =>
      Effect.gen(function* () {
        let turns = 0
        yield* Effect.forkChild(
          Effect.forever(
            Effect.andThen(
              Effect.sleep("30 seconds"),
              Effect.sync(() => turns++),
            ),
          ),
        )
        yield* Effect.yieldNow
        yield* clock.adjust("281 days")
        assert.strictEqual(turns, 1)
      }),
    ),
  )

  it.live("drives timeouts", () =>
    steered((clock) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.exit(Effect.timeout(Effect.never, "15 seconds")))
        yield* Effect.yieldNow
        yield* clock.adjust("15 seconds")
        assert.isTrue(Exit.isFailure(yield* Fiber.join(fiber)))
      }),
    ),
  )

  it.live("changes the wall without waking anybody", () =>
    steered((clock) =>
      Effect.gen(function* () {
        const monotonic = clock.monotonicTimeNanosUnsafe()
        const fiber = yield* Effect.forkChild(Effect.sleep("1 hour"))
        yield* Effect.yieldNow
        yield* clock.setWall(Date.UTC(2099, 0, 1))
        assert.approximately(clock.currentTimeMillisUnsafe(), Date.UTC(2099, 0, 1), 50)
        yield* clock.setWall(0)
        assert.approximately(clock.currentTimeMillisUnsafe(), 0, 50)
        yield* Effect.yieldNow
        assert.isUndefined(fiber.pollUnsafe())
        assert.isBelow(Number(clock.monotonicTimeNanosUnsafe() - monotonic), 1e9)
        yield* clock.adjust("1 hour")
        yield* Fiber.join(fiber)
      }),
    ),
  )

  it.live("refuses to go back or to the end of time", () =>
    steered((clock) =>
      Effect.gen(function* () {
        const before = clock.currentTimeMillisUnsafe()
        for (const move of [
          clock.adjust(Duration.millis(-1)),
          clock.adjust(Duration.infinity),
          clock.setWall(Number.NaN),
        ]) {
          assert.isTrue(Exit.hasDies(yield* Effect.exit(move)))
        }
        assert.approximately(clock.currentTimeMillisUnsafe(), before, 50)
      }),
    ),
  )

  it.live("knows itself from other clocks", () =>
    Effect.gen(function* () {
      assert.isFalse(SteerableClock.isSteerableClock(yield* Clock.Clock))
      assert.isTrue(SteerableClock.isSteerableClock(yield* SteerableClock.make()))
    }),
  )
})

describe("Timers of a steerable clock", () => {
  it.live("are there only while somebody sleeps", () =>
    steered((clock) =>
      Effect.gen(function* () {
        const before = timers()
        const fibers = yield* Effect.forEach(["1 hour", "281 days", "10 millis"] as const, (life) =>
          Effect.forkChild(Effect.sleep(life)),
        )
        yield* Effect.yieldNow
        assert.isAbove(timers(), before)
        yield* clock.adjust("2 hours")
        yield* Fiber.interruptAll(fibers)
        assert.strictEqual(timers(), before)
      }),
    ),
  )
})
