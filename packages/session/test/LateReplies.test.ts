/** Replies that come after all callers stopped waiting, and sessions that close meanwhile. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as SessionKey from "../src/record/SessionKey.ts"
import { clear, eventually, harness, people, reasonOf, settle, withoutAlarm } from "./Harness.ts"
import { begun, isGone, living, presentations, rejections } from "./Presentations.ts"

describe("a sign-out", () => {
  for (const one of presentations) {
    it.live(`during ${one.name}: nothing comes back to life, and the late token is given back`, () =>
      Effect.gen(function* () {
        const { seen } = yield* rejections
        const stage = yield* begun(one)
        const { driver, hold, store, waiting } = stage
        const leaving = yield* Effect.forkChild(driver.signOut)
        yield* settle
        assert.strictEqual(driver.view.path, "unauthenticated.idle")
        assert.strictEqual(yield* reasonOf(driver.bearer), "SignedOut")
        yield* hold.release
        yield* Fiber.join(leaving)
        yield* Fiber.join(waiting)
        yield* isGone(stage)
        assert.strictEqual(driver.view.path, "unauthenticated.idle")
        assert.strictEqual(yield* reasonOf(driver.bearer), "SignedOut")
        assert.strictEqual(yield* living(stage), 0)
        const issued = (yield* stage.journal).filter(({ outcome }) => /^(issued|renewed|masqueraded)$/.test(outcome))
        assert.lengthOf(issued, one.issues)
        for (const person of [people.reseller, people.withFactor]) {
          const key = yield* SessionKey.make(store, stage.accounts.skyswitch().account, person)
          assert.isUndefined((yield* store.read(key))?.record)
        }
        assert.isEmpty(seen)
      }),
    )

    it.live(`and a new sign-in during ${one.name}: the late reply does not touch it`, () =>
      Effect.gen(function* () {
        const { driver, hold, waiting, ...stage } = yield* begun(one)
        yield* Effect.forkChild(driver.signOut)
        yield* settle
        const again = yield* Effect.forkChild(driver.signIn(people.officeManager))
        yield* settle
        yield* hold.release
        yield* Fiber.join(again)
        yield* Fiber.join(waiting)
        yield* settle
        assert.strictEqual(driver.view.path, "authenticated")
        const key = yield* SessionKey.make(stage.store, stage.accounts.skyswitch().account, people.officeManager)
        const record = (yield* stage.store.read(key))?.record
        assert.strictEqual(record?.tokens && clear(record.tokens.accessToken), clear((yield* driver.bearer).token))
      }),
    )
  }

  it.live("and a new sign-in of the same person during a renewal: the late reply does not touch it", () =>
    Effect.gen(function* () {
      const renewal = presentations[2]
      if (renewal === undefined) return
      const { driver, hold, waiting, ...stage } = yield* begun(renewal)
      yield* Effect.forkChild(driver.signOut)
      yield* settle
      const again = yield* Effect.forkChild(driver.signIn(people.reseller))
      yield* eventually(
        "the sign-in",
        Effect.map(stage.grants, (all) => all.filter((grant) => grant === "password").length === 2),
      )
      yield* hold.release
      yield* Fiber.join(again)
      yield* Fiber.join(waiting)
      yield* isGone(stage)
      const bearer = yield* driver.bearer
      assert.strictEqual((yield* driver.inspect).uid, "1000@acmecorp.12345.service")
      const key = yield* SessionKey.make(stage.store, stage.accounts.skyswitch().account, people.reseller)
      const record = (yield* stage.store.read(key))?.record
      assert.strictEqual(record?.tokens && clear(record.tokens.accessToken), clear(bearer.token))
    }),
  )
})

describe("a cancellation", () => {
  it.live("of a sign-in that is then answered by a pause: nothing goes out before it is over", () =>
    Effect.gen(function* () {
      const held = Deferred.makeUnsafe<void>()
      let asked = 0
      const { accounts, drive, runtime } = yield* harness({
        between: (fetch) => async (input, init) => {
          asked += 1
          if (asked > 1) return fetch(input, init)
          await Effect.runPromise(Deferred.await(held))
          return new Response("{}", { status: 429, headers: { "retry-after": "600" } })
        },
      })
      const driver = yield* drive(accounts.skyswitch(), withoutAlarm(runtime))
      yield* Effect.forkScoped(Effect.ignore(driver.signIn(people.officeManager)))
      yield* eventually(
        "a request",
        Effect.sync(() => asked === 1),
      )
      yield* driver.cancel
      yield* driver.signIn(people.officeManager)
      const { generation } = yield* driver.bearer
      Deferred.doneUnsafe(held, Effect.void)
      yield* settle
      const before = asked
      driver.reject(generation)
      yield* settle
      assert.strictEqual(asked, before)
    }),
  )

  it.live("during a sign-in or a passcode: the late token is given back, and the session waits for a person", () =>
    Effect.gen(function* () {
      for (const one of presentations.slice(0, 2)) {
        const stage = yield* begun(one)
        yield* stage.driver.cancel
        assert.strictEqual(stage.driver.view.path, "unauthenticated.idle")
        const exit = yield* Fiber.join(stage.waiting)
        assert.strictEqual(exit._tag, "Failure")
        yield* stage.hold.release
        yield* isGone(stage)
        assert.strictEqual(yield* living(stage), 0)
        assert.strictEqual(stage.driver.view.path, "unauthenticated.idle")
        assert.isNull(stage.driver.view.refusal)
        yield* stage.driver.signIn(people.officeManager)
        yield* stage.driver.bearer
      }
    }),
  )

  it.live("cuts a sign-in at a provider that cannot be told to forget", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const { accounts, drive, emulator, journal, store } = stage
      const driver = yield* drive(accounts.ipex())
      yield* emulator.hold
      const waiting = yield* Effect.forkChild(Effect.exit(driver.signIn(people.ipex)))
      yield* eventually(
        "a request",
        Effect.map(journal, (all) => all.length === 1),
      )
      yield* driver.cancel
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "Failure")
      yield* isGone(stage)
      yield* eventually(
        "no request",
        Effect.map(emulator.inFlight, (count) => count === 0),
      )
      assert.isUndefined(yield* store.read(yield* SessionKey.make(store, accounts.ipex().account, people.ipex)))
    }),
  )

  it.live("during acting leads back to the account's own", () =>
    Effect.gen(function* () {
      const acting = presentations[3]
      if (acting === undefined) return
      const { driver, hold, waiting, ...stage } = yield* begun(acting)
      yield* driver.stopActing
      assert.strictEqual(driver.view.path, "authenticated")
      assert.strictEqual((yield* driver.bearer).identity.uid, "1000@acmecorp.12345.service")
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "Failure")
      yield* hold.release
      yield* isGone(stage)
      assert.strictEqual((yield* driver.bearer).identity.uid, "1000@acmecorp.12345.service")
      assert.strictEqual(yield* living(stage), 1)
    }),
  )
})
