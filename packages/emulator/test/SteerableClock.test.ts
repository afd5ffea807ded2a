import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as SteerableClock from "../src/time/SteerableClock.ts"

/**
 * Runs a test with a steerable clock in its context. The clock below it is the test's too, so that no time passes by
 * itself; `waits` tells how many waits that clock has under way.
 */
const steered = <A, E, R>(
  f: (steer: {
    readonly clock: SteerableClock.SteerableClock
    readonly below: TestClock.TestClock
    readonly waits: () => number
  }) => Effect.Effect<A, E, R>,
) =>
  TestClock.testClockWith((below) =>
    Effect.gen(function* () {
      let waits = 0
      const counting: Clock.Clock = {
        ...below,
        sleep: (duration) =>
          Effect.acquireUseRelease(
            Effect.sync(() => waits++),
            () => below.sleep(duration),
            () => Effect.sync(() => waits--),
          ),
      }
      const clock = yield* Effect.provideService(SteerableClock.make(), Clock.Clock, counting)
      return yield* Effect.provideService(f({ clock, below, waits: () => waits }), Clock.Clock, clock)
    }),
  )

/** All that a clock shows. */
const shown = (clock: Clock.Clock) => ({
  millis: clock.currentTimeMillisUnsafe(),
  nanos: clock.currentTimeNanosUnsafe(),
  monotonic: clock.monotonicTimeNanosUnsafe(),
})

describe("A steerable clock left alone", () => {
  it.effect("is the one below it", () =>
    steered(({ clock, below }) =>
      Effect.gen(function* () {
        for (const pass of ["0 millis", "30 millis", "281 days"] as const) {
          yield* below.adjust(pass)
          assert.deepStrictEqual(shown(clock), shown(below))
        }
        yield* below.setTime(Date.UTC(2026, 0, 1))
        assert.strictEqual(yield* Clock.currentTimeMillis, Date.UTC(2026, 0, 1))
        assert.strictEqual(yield* Clock.currentTimeNanos, BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n)
      }),
    ),
  )

  it.live("runs in real time over the real one", () =>
    Effect.gen(function* () {
      const clock = yield* SteerableClock.make()
      const before = clock.monotonicTimeNanosUnsafe()
      yield* Effect.provideService(Effect.sleep("5 millis"), Clock.Clock, clock)
      assert.isTrue(clock.monotonicTimeNanosUnsafe() > before)
    }),
  )

  it.effect("follows the clock below it", () =>
    steered(({ below }) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.sleep("1 hour"))
        yield* Effect.yieldNow
        yield* below.adjust("59 minutes")
        assert.isUndefined(fiber.pollUnsafe())
        yield* below.adjust("1 minute")
        yield* Fiber.join(fiber)
      }),
    ),
  )
})

describe("Moving a steerable clock", () => {
  it.effect("shows the start that it is given, on the wall alone", () =>
    TestClock.testClockWith((below) =>
      Effect.gen(function* () {
        const start = Date.UTC(2020, 0, 1)
        const clock = yield* SteerableClock.make({ start })
        const nanos = BigInt(start) * 1_000_000n
        assert.deepStrictEqual(shown(clock), { millis: start, nanos, monotonic: below.monotonicTimeNanosUnsafe() })
      }),
    ),
  )

  it.effect("moves both times", () =>
    steered(({ clock }) =>
      Effect.gen(function* () {
        const before = shown(clock)
        yield* clock.adjust("281 days")
        const moved = 281 * 86_400_000
        const nanos = BigInt(moved) * 1_000_000n
        assert.deepStrictEqual(shown(clock), {
          millis: before.millis + moved,
          nanos: before.nanos + nanos,
          monotonic: before.monotonic + nanos,
        })
      }),
    ),
  )

  it.effect("wakes sleepers of any length, and lets them run before it returns", () =>
    steered(({ clock }) =>
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

  it.effect("reckons the rest of a sleep anew after each move", () =>
    steered(({ clock, below }) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.sleep("1 hour"))
        yield* Effect.yieldNow
        yield* clock.adjust(Duration.millis(3_600_000 - 40))
        // What is left passes by itself.
        yield* below.adjust("39 millis")
        assert.isUndefined(fiber.pollUnsafe())
        yield* below.adjust("1 millis")
        yield* Fiber.join(fiber)
      }),
    ),
  )

  it.effect("finds a sleeper that has only just begun", () =>
    steered(({ clock }) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.sleep("1 hour"), { startImmediately: true })
        yield* clock.adjust("1 hour")
        assert.isTrue(Exit.isSuccess(fiber.pollUnsafe() ?? Exit.fail("asleep")))
      }),
    ),
  )

  it.effect("wakes a loop once, as from a machine's sleep", () =>
    steered(({ clock }) =>
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

  it.effect("drives timeouts", () =>
    steered(({ clock }) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.exit(Effect.timeout(Effect.never, "15 seconds")))
        yield* Effect.yieldNow
        yield* clock.adjust("15 seconds")
        assert.isTrue(Exit.isFailure(yield* Fiber.join(fiber)))
      }),
    ),
  )

  it.effect("changes the wall without waking anybody", () =>
    steered(({ clock }) =>
      Effect.gen(function* () {
        const monotonic = clock.monotonicTimeNanosUnsafe()
        const fiber = yield* Effect.forkChild(Effect.sleep("1 hour"))
        yield* Effect.yieldNow
        for (const wall of [Date.UTC(2099, 0, 1), 0]) {
          yield* clock.setWall(wall)
          assert.deepStrictEqual(shown(clock), { millis: wall, nanos: BigInt(wall) * 1_000_000n, monotonic })
        }
        yield* Effect.yieldNow
        assert.isUndefined(fiber.pollUnsafe())
        yield* clock.adjust("1 hour")
        yield* Fiber.join(fiber)
      }),
    ),
  )

  it.effect("refuses to go back or to the end of time", () =>
    steered(({ clock }) =>
      Effect.gen(function* () {
        const before = shown(clock)
        for (const move of [
          clock.adjust(Duration.millis(-1)),
          clock.adjust(Duration.infinity),
          clock.setWall(Number.NaN),
        ]) {
          assert.isTrue(Exit.hasDies(yield* Effect.exit(move)))
        }
        assert.deepStrictEqual(shown(clock), before)
      }),
    ),
  )

  it.effect("knows itself from other clocks", () =>
    Effect.gen(function* () {
      assert.isFalse(SteerableClock.isSteerableClock(yield* Clock.Clock))
      assert.isTrue(SteerableClock.isSteerableClock(yield* SteerableClock.make()))
    }),
  )
})

describe("The waits of a steerable clock", () => {
  it.effect("are there only while somebody sleeps", () =>
    steered(({ clock, waits }) =>
      Effect.gen(function* () {
        const fibers = yield* Effect.forEach(["1 hour", "281 days", "10 millis"] as const, (life) =>
          Effect.forkChild(Effect.sleep(life)),
        )
        assert.strictEqual(waits(), 0)
        yield* Effect.yieldNow
        assert.strictEqual(waits(), 3)
        yield* clock.adjust("2 hours")
        assert.strictEqual(waits(), 1, "he who still sleeps waits anew, once")
        yield* Fiber.interruptAll(fibers)
        assert.strictEqual(waits(), 0)
      }),
    ),
  )
})
