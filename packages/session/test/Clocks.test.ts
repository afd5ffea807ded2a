/** Time: two clocks that may disagree, and one timer for all. */
import { assert, describe, it } from "@effect/vitest"
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { Alarm, type Sleeper } from "../src/time/Alarm.ts"
import * as SessionClock from "../src/time/SessionClock.ts"
import { nowhere } from "../src/time/WakeQueue.ts"
import { clear, eventually, harness, people, reaches, settle } from "./Harness.ts"

/** A machine's two clocks, each moved by hand. */
const machine = (start = 1_700_000_000_000) => {
  const at = { wall: start, monotonic: 0, monotonicReadings: 0 }
  const clock = {
    currentTimeMillisUnsafe: () => at.wall,
    monotonicTimeNanosUnsafe: () => {
      at.monotonicReadings += 1
      return BigInt(Math.round(at.monotonic * 1_000_000))
    },
  } as Clock.Clock
  return { at, clock: SessionClock.make(clock), start }
}

const twoHours = 7_200_000

describe("a session's clock", () => {
  it("goes with both", () => {
    const { at, clock, start } = machine()
    for (let step = 1; step <= 10; step++) {
      at.wall += 1_000
      at.monotonic += 1_000
      assert.strictEqual(clock.now(), start + step * 1_000)
    }
  })

  it("goes on while one of them stands", () => {
    const asleep = machine()
    asleep.at.wall += 8 * 3_600_000
    assert.strictEqual(asleep.clock.now(), asleep.start + 8 * 3_600_000)
    const wallStands = machine()
    wallStands.at.monotonic += 5_000
    assert.strictEqual(wallStands.clock.now(), wallStands.start + 5_000)
  })

  it("is ahead by what the wall was set forward, once, and does not go back with it", () => {
    const { at, clock, start } = machine()
    at.wall += twoHours
    assert.strictEqual(clock.now(), start + twoHours)
    at.wall -= twoHours
    assert.strictEqual(clock.now(), start + twoHours)
    at.wall -= twoHours
    at.monotonic += 60_000
    assert.strictEqual(clock.now(), start + twoHours + 60_000)
  })

  it("names a moment for others by their wall clock, and back", () => {
    const { at, clock } = machine()
    at.wall -= twoHours
    at.monotonic += 1_000
    const now = clock.now()
    assert.strictEqual(clock.toWall(now), at.wall)
    assert.strictEqual(clock.fromWall(at.wall + 500), now + 500)
    assert.strictEqual(clock.fromWall(clock.toWall(now + 12_345)), now + 12_345)
  })

  it("loses nothing to its readings, however many and however close", () => {
    const { at, clock, start } = machine()
    for (let reading = 0; reading < 10_000; reading++) {
      at.monotonic += 0.37
      clock.now()
    }
    assert.strictEqual(clock.now(), start + 3_700)
  })

  it("reads the monotonic clock once in a millisecond of the wall clock, for those who ask quickly", () => {
    const { at, clock, start } = machine()
    for (let millis = 1; millis <= 100; millis++) {
      at.wall += 1
      at.monotonic += 1
      at.monotonicReadings = 0
      for (let reading = 0; reading < 50; reading++) assert.strictEqual(clock.quickNow(), start + millis)
      assert.strictEqual(at.monotonicReadings, 1)
    }
  })

  it("says quickly what it says slowly, however the wall clock is set", () => {
    for (const by of [twoHours, -twoHours, 1, -1, -59_999]) {
      const { at, clock } = machine()
      clock.quickNow()
      at.monotonic += 60_000
      at.wall += 60_000 + by
      const quick = clock.quickNow()
      assert.strictEqual(quick, clock.now())
    }
  })

  it("tells those who ask quickly, after a reading, what passed while the wall clock stood", () => {
    const { at, clock, start } = machine()
    at.monotonic += 60_000
    assert.strictEqual(clock.quickNow(), start)
    clock.now()
    assert.strictEqual(clock.quickNow(), start + 60_000)
  })
})

describe("a session under a clock that is set", () => {
  it.live("forward by two hours: one needless renewal at most; back: none, and no dead token is handed out", () =>
    Effect.gen(function* () {
      for (const [by, needless] of [
        [twoHours, 1],
        [-twoHours, 0],
      ] as const) {
        const { accounts, clock, drive, grants } = yield* harness()
        const driver = yield* drive(accounts.skyswitch())
        yield* driver.signIn(people.officeManager)
        yield* clock.setWall((yield* clock.currentTimeMillis) + by)
        yield* driver.bearer
        yield* clock.adjust("31 seconds")
        yield* settle
        const renewed = () => Effect.map(grants, (all) => all.filter((grant) => grant === "refresh_token").length)
        assert.strictEqual(yield* renewed(), needless)
        yield* clock.adjust("40 minutes")
        yield* settle
        assert.strictEqual(yield* renewed(), needless)
        // By now the token of the sign-in is dead by the monotonic clock, whatever the wall says.
        const before = yield* driver.bearer
        yield* clock.adjust("19 minutes")
        yield* reaches(driver, "refreshed")
        yield* eventually(
          "a newer token",
          Effect.map(driver.bearer, ({ token }) => clear(token) !== clear(before.token)).pipe(Effect.orDie),
        )
      }
    }),
  )

  it.live("back to the same millisecond, again and again: no dead token is handed out", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, grants } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      const start = yield* clock.currentTimeMillis
      const before = yield* driver.bearer
      for (let minute = 0; minute < 61; minute++) {
        yield* driver.bearer
        yield* clock.adjust("1 minute")
        yield* clock.setWall(start)
        yield* settle
      }
      assert.notStrictEqual(clear((yield* driver.bearer).token), clear(before.token))
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token"])
    }),
  )

  it.live("asleep for eight hours: a new token is there when somebody asks", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, grants } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      const before = yield* driver.bearer
      // Only the wall went on meanwhile: the timer has not heard of it.
      yield* clock.setWall((yield* clock.currentTimeMillis) + 8 * 3_600_000)
      assert.notStrictEqual(clear((yield* driver.bearer).token), clear(before.token))
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token"])
    }),
  )

  it.live("asleep, and nobody asks: it is noticed within a nap", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, grants } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      yield* clock.setWall((yield* clock.currentTimeMillis) + 8 * 3_600_000)
      yield* clock.adjust("30 seconds")
      yield* reaches(driver, "refreshed")
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token"])
    }),
  )
})

describe("the alarm", () => {
  /** An alarm over a clock in the test's hand, with all the fibers that it ever had. */
  const alarmed = Effect.gen(function* () {
    const clock = yield* SteerableClock.make()
    const fibers: Array<Fiber.Fiber<void>> = []
    const wall = { stands: undefined as number | undefined }
    const sessionClock = SessionClock.make({
      currentTimeMillisUnsafe: () => wall.stands ?? clock.currentTimeMillisUnsafe(),
      monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    } as Clock.Clock)
    const alarm = new Alarm({
      clock: sessionClock,
      fork: (effect) => {
        const fiber = Effect.runFork(Effect.provideService(effect, Clock.Clock, clock))
        fibers.push(fiber)
        return fiber
      },
    })
    const running = () => fibers.filter((fiber) => fiber.pollUnsafe() === undefined).length
    const woken: Array<string> = []
    const sleeper = (name: string, then?: (self: Sleeper) => void): Sleeper => {
      const self: Sleeper = {
        place: nowhere,
        wake: () => {
          woken.push(name)
          then?.(self)
        },
      }
      return self
    }
    return {
      alarm,
      clock,
      fibers,
      now: sessionClock.now,
      quickNow: sessionClock.quickNow,
      running,
      sleeper,
      wall,
      woken,
    }
  })

  it.live("has no fiber for nobody, and one for many", () =>
    Effect.gen(function* () {
      const { alarm, clock, fibers, now, running, sleeper, woken } = yield* alarmed
      assert.lengthOf(fibers, 0)
      const sleepers = Array.from({ length: 1_000 }, (_, index) => sleeper(String(index)))
      const at = now() + 60_000
      for (const [index, one] of sleepers.entries()) alarm.set(one, at + index)
      assert.lengthOf(fibers, 1)
      yield* clock.adjust("59 seconds")
      assert.isEmpty(woken)
      yield* clock.adjust("3 seconds")
      yield* eventually(
        "all",
        Effect.sync(() => woken.length === 1_000),
      )
      yield* settle
      assert.strictEqual(running(), 0)
    }),
  )

  it.live("wakes each once, the one who is set anew at the new time, and not the one who was cleared", () =>
    Effect.gen(function* () {
      const { alarm, clock, now, running, sleeper, woken } = yield* alarmed
      const [early, late, moved, gone] = ["early", "late", "moved", "gone"].map((name) => sleeper(name))
      const start = now()
      if (!early || !late || !moved || !gone) return
      alarm.set(late, start + 50_000)
      alarm.set(early, start + 5_000)
      alarm.set(moved, start + 4_000)
      alarm.set(moved, start + 70_000)
      alarm.set(gone, start + 6_000)
      alarm.clear(gone)
      yield* clock.adjust("10 seconds")
      yield* settle
      assert.deepStrictEqual(woken, ["early"])
      yield* clock.adjust("45 seconds")
      yield* settle
      assert.deepStrictEqual(woken, ["early", "late"])
      yield* clock.adjust("16 seconds")
      yield* settle
      assert.deepStrictEqual(woken, ["early", "late", "moved"])
      assert.strictEqual(running(), 0)
    }),
  )

  it.live("naps: a wall that jumped is noticed within thirty seconds", () =>
    Effect.gen(function* () {
      const { alarm, clock, now, sleeper, woken } = yield* alarmed
      alarm.set(sleeper("in a year"), now() + 365 * 86_400_000)
      yield* settle
      yield* clock.setWall((yield* clock.currentTimeMillis) + 366 * 86_400_000)
      yield* clock.adjust("29 seconds")
      yield* settle
      assert.isEmpty(woken)
      yield* clock.adjust("2 seconds")
      yield* settle
      assert.deepStrictEqual(woken, ["in a year"])
    }),
  )

  it.live(
    "wakes in time while the wall clock stands still, and those who ask quickly are told within thirty seconds",
    () =>
      Effect.gen(function* () {
        const { alarm, clock, now, quickNow, sleeper, wall, woken } = yield* alarmed
        const start = now()
        wall.stands = start
        alarm.set(sleeper("in a minute"), start + 60_000)
        yield* settle
        for (let second = 0; second < 61; second++) {
          yield* clock.adjust("1 second")
          yield* settle
          assert.isAtLeast(quickNow(), start + (second + 1) * 1_000 - 30_000)
        }
        assert.deepStrictEqual(woken, ["in a minute"])
      }),
  )

  it.live("goes on when a sleeper sets itself again, clears itself, or throws", () =>
    Effect.gen(function* () {
      const { alarm, clock, now, running, sleeper, woken } = yield* alarmed
      const at = now() + 1_000
      alarm.set(
        sleeper("throws", () => {
          throw new Error("a sleeper's fault")
        }),
        at,
      )
      alarm.set(
        sleeper("again", (self) => {
          if (woken.filter((name) => name === "again").length < 3) alarm.set(self, now() + 1_000)
        }),
        at,
      )
      alarm.set(
        sleeper("clears", (self) => alarm.clear(self)),
        at,
      )
      for (const _ of [1, 2, 3, 4]) {
        yield* clock.adjust("1100 millis")
        yield* settle
      }
      assert.deepStrictEqual([...woken].sort(), ["again", "again", "again", "clears", "throws"])
      assert.strictEqual(running(), 0)
    }),
  )

  it.live("clearing the last while it rings, and setting another, leaves one fiber", () =>
    Effect.gen(function* () {
      const { alarm, clock, now, running, sleeper, woken } = yield* alarmed
      const other = sleeper("other")
      alarm.set(
        sleeper("first", (self) => {
          alarm.clear(self)
          alarm.set(other, now() + 1_000)
        }),
        now() + 1_000,
      )
      yield* clock.adjust("1100 millis")
      yield* settle
      assert.strictEqual(running(), 1)
      yield* clock.adjust("1100 millis")
      yield* settle
      assert.deepStrictEqual(woken, ["first", "other"])
      assert.strictEqual(running(), 0)
    }),
  )
})
