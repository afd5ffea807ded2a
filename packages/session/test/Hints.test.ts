/** A store that tells of changes and of dead holders: a hand-over waits for no poll, and no intent is waited out. */
import { assert, describe, it } from "@effect/vitest"
import type { Rotation } from "@pbx-auth/providers/Provider"
import type { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as SessionKey from "../src/record/SessionKey.ts"
import { hinting, rotating } from "./Claiming.ts"
import { clear, eventually, harness, people, settle, withoutAlarm } from "./Harness.ts"

/** Two sessions in two processes on one store with hints. The first one's renewal is on its way, and the emulator holds it back. */
const stageOf = (rotation: Rotation = "none") =>
  Effect.gen(function* () {
    const hints = hinting(yield* TokenStore.makeMemory)
    const stage = yield* harness({ store: hints.store })
    const given = stage.accounts.skyswitch({ credentials: people.officeManager })
    const configured = rotating(given, rotation)
    const one = yield* stage.drive(configured, withoutAlarm(yield* stage.process))
    yield* one.bearer
    /** In a process without a timer: what it waits for has to wake it. */
    const sleepless = (runtime: SessionRuntime["Service"]): SessionRuntime["Service"] => ({
      ...runtime,
      fork: (effect) =>
        runtime.fork(Effect.provideService(effect, Clock.Clock, { ...stage.clock, sleep: () => Effect.never })),
    })
    const other = yield* stage.drive(configured, sleepless(withoutAlarm(yield* stage.process)))
    const begin = Effect.gen(function* () {
      yield* stage.clock.adjust("2 hours")
      const { release } = yield* stage.emulator.hold
      const renewing = yield* Effect.forkChild(one.bearer)
      yield* stage.asked(2)
      return { release, renewing }
    })
    const key = yield* SessionKey.make(hints.store, given.account, given.credentials)
    const holder = Effect.map(hints.store.read(key), (seen) => seen?.record?.intent?.holder ?? assert.fail())
    return { ...stage, ...hints, begin, configured, holder, key, one, other }
  })

describe("a change of the record", () => {
  it.live("wakes a session that waits for the holder: no time has to pass", () =>
    Effect.gen(function* () {
      const { begin, grants, other, watched } = yield* stageOf()
      const { release, renewing } = yield* begin
      const waiting = yield* Effect.forkChild(other.bearer)
      yield* eventually(
        "the watch",
        Effect.sync(() => watched.size === 1),
      )
      yield* settle
      yield* release
      assert.strictEqual(clear((yield* Fiber.join(waiting)).token), clear((yield* Fiber.join(renewing)).token))
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token"])
    }),
  )

  it.live("hands a token out although the store does not take an announcement back", () =>
    Effect.gen(function* () {
      const store = yield* TokenStore.makeMemory
      let announced = 0
      const presence = {
        announce: () =>
          Effect.acquireRelease(
            Effect.sync(() => announced++),
            () => Effect.never,
          ),
        isGone: () => Effect.succeed(false),
      }
      const stage = yield* harness({ store: { ...store, presence } })
      const given = stage.accounts.skyswitch({ credentials: people.officeManager })
      const session = yield* stage.drive(rotating(given, "none"), withoutAlarm(yield* stage.process))
      yield* session.bearer
      assert.strictEqual(announced, 1)
    }),
  )

  it.live("hands a token out although the store does not end a watch", () =>
    Effect.gen(function* () {
      const { begin, configured, drive, grants, process, store } = yield* stageOf()
      let watches = 0
      const endless: TokenStore.TokenStore["Service"]["watch"] = (key) =>
        Effect.acquireRelease(
          Effect.suspend(() => {
            watches += 1
            return store.watch?.(key) ?? assert.fail()
          }),
          () => Effect.never,
        )
      const runtime = withoutAlarm(yield* process)
      const waiter = yield* drive(configured, { ...runtime, store: { ...store, watch: endless } })
      const { release, renewing } = yield* begin
      const waiting = yield* Effect.forkChild(waiter.bearer)
      yield* eventually(
        "the watch",
        Effect.sync(() => watches === 1),
      )
      yield* settle
      yield* release
      assert.strictEqual(clear((yield* Fiber.join(waiting)).token), clear((yield* Fiber.join(renewing)).token))
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token"])
    }),
  )

  it.live("is waited for by one that wrote its intent too late, and is not announced any more", () =>
    Effect.gen(function* () {
      const { announced, clock, configured, drive, emulator, one, present, process, store, watched } = yield* stageOf()
      // Another holder writes its intent after this session has read the record, once.
      const read = Latch.makeUnsafe()
      const goOn = Latch.makeUnsafe()
      let isLate = false
      const late: TokenStore.TokenStore["Service"]["replace"] = (...what) =>
        Effect.andThen(
          Effect.suspend(() => {
            if (isLate) return Effect.void
            isLate = true
            read.openUnsafe()
            return goOn.await
          }),
          store.replace(...what),
        )
      const runtime = withoutAlarm(yield* process)
      const loser = yield* drive(configured, { ...runtime, store: { ...store, replace: late } })
      yield* settle
      announced.length = 0
      yield* clock.adjust("2 hours")
      const { release } = yield* emulator.hold
      const waiting = yield* Effect.forkChild(loser.bearer)
      yield* read.await
      const renewing = yield* Effect.forkChild(one.bearer)
      yield* eventually(
        "both announcements",
        Effect.sync(() => present.size === 2),
      )
      yield* settle
      yield* goOn.open
      yield* eventually(
        "the watch",
        Effect.sync(() => watched.size === 1),
      )
      yield* settle
      assert.lengthOf(announced, 2)
      assert.strictEqual(present.size, 1)
      yield* release
      assert.strictEqual(clear((yield* Fiber.join(waiting)).token), clear((yield* Fiber.join(renewing)).token))
    }),
  )

  it.live("that comes before the watch has begun is not missed", () =>
    Effect.gen(function* () {
      const { begin, opening, other } = yield* stageOf()
      const { release, renewing } = yield* begin
      yield* opening.close
      const waiting = yield* Effect.forkChild(other.bearer)
      yield* settle
      yield* release
      const { token } = yield* Fiber.join(renewing)
      yield* opening.open
      assert.strictEqual(clear((yield* Fiber.join(waiting)).token), clear(token))
    }),
  )

  it.live("that is not told of is found all the same, and so it is where hints throw", () =>
    Effect.gen(function* () {
      for (const fault of ["isMute", "throws"] as const) {
        const { begin, configured, drive, faults, process } = yield* stageOf()
        const third = yield* drive(configured, withoutAlarm(yield* process))
        faults[fault] = true
        const { release, renewing } = yield* begin
        const waiting = yield* Effect.forkChild(third.bearer)
        yield* settle
        yield* release
        assert.strictEqual(clear((yield* Fiber.join(waiting)).token), clear((yield* Fiber.join(renewing)).token))
      }
    }),
  )

  it.live("is watched for only while a session waits, and a session is announced only while its intent stands", () =>
    Effect.gen(function* () {
      const { announced, begin, holder, other, present, watched } = yield* stageOf()
      yield* settle
      assert.lengthOf(announced, 1)
      assert.deepStrictEqual([watched.size, present.size], [0, 0])
      const { release, renewing } = yield* begin
      assert.deepStrictEqual([...present], [yield* holder])
      const waiting = yield* Effect.forkChild(other.bearer)
      yield* eventually(
        "the watch",
        Effect.sync(() => watched.size === 1),
      )
      // One that waits is not announced.
      assert.strictEqual(present.size, 1)
      yield* release
      yield* Effect.all([Fiber.join(renewing), Fiber.join(waiting)])
      yield* settle
      assert.deepStrictEqual([watched.size, present.size], [0, 0])
      assert.lengthOf(announced, 2)
    }),
  )
})

describe("a holder that is dead", () => {
  it.live("is not waited for: where nothing rotates, the renewal is presented at once", () =>
    Effect.gen(function* () {
      for (const rotation of ["none", { grace: 60_000 }] as const) {
        const { asked, begin, dead, holder, other } = yield* stageOf(rotation)
        const { release, renewing } = yield* begin
        dead.add(yield* holder)
        const taking = yield* Effect.forkChild(other.bearer)
        yield* asked(3)
        yield* release
        yield* Fiber.join(taking)
        yield* Fiber.join(renewing)
      }
    }),
  )

  it.live("leaves the decision to the rotation: while there is something to lose, nothing is presented again", () =>
    Effect.gen(function* () {
      const { clock, dead, drive, grants, key, configured, process, store } = yield* stageOf("strict")
      yield* clock.adjust("57 minutes")
      const seen = yield* store.read(key)
      const record = seen?.record ?? assert.fail()
      const now = yield* clock.currentTimeMillis
      const intent = { holder: "dead", purpose: "renewal" as const, startedAt: now, until: now + 20_000 }
      yield* store.replace(key, seen?.version, { ...record, intent })
      dead.add("dead")
      const late = yield* drive(configured, withoutAlarm(yield* process))
      yield* late.bearer
      yield* settle
      assert.strictEqual(late.view.path, "expiring.recovering")
      assert.deepStrictEqual(yield* grants, ["password"])
    }),
  )

  it.live("of a sign-in: another one signs in at once", () =>
    Effect.gen(function* () {
      const { asked, clock, configured, dead, drive, emulator, key, one, process, store } = yield* stageOf()
      yield* one.signOut
      const { release } = yield* emulator.hold
      const seen = yield* store.read(key)
      const now = yield* clock.currentTimeMillis
      const intent = { holder: "dead", purpose: "sign_in" as const, startedAt: now, until: now + 20_000 }
      const blank = { generation: 0, via: "sign_in", tokens: undefined, times: undefined } as const
      yield* store.replace(key, seen?.version, { ...blank, intent })
      dead.add("dead")
      const third = yield* drive(configured, withoutAlarm(yield* process))
      const coming = yield* Effect.forkChild(third.bearer)
      yield* asked(2)
      yield* release
      yield* Fiber.join(coming)
    }),
  )
})
