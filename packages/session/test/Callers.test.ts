/** However many ask for a token: the provider is asked once, or not at all. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { clear, eventually, harness, people, reaches, reasonOf, settle, withoutAlarm } from "./Harness.ts"

const many = <A, E>(count: number, effect: Effect.Effect<A, E>) =>
  Effect.forEach(Array.from({ length: count }), () => effect, { concurrency: "unbounded" })

const renewals = (entry: { readonly grant?: string }) => entry.grant === "refresh_token"

describe("callers", () => {
  for (const count of [1_000, 10_000]) {
    it.live(`${count} at once on an expired token cause one request, and all get its token`, () =>
      Effect.gen(function* () {
        const { accounts, clock, count: counted, drive, runtime } = yield* harness({ wire: "http" })
        const driver = yield* drive(accounts.skyswitch(), withoutAlarm(runtime))
        yield* driver.signIn(people.officeManager)
        yield* clock.adjust("2 hours")
        const tokens = yield* many(count, driver.bearer)
        assert.strictEqual(new Set(tokens.map(({ token }) => clear(token))).size, 1)
        assert.strictEqual(yield* counted(renewals), 1)
      }),
    )
  }

  it.live("a session with nobody signed in signs in once for all", () =>
    Effect.gen(function* () {
      const { accounts, drive, journal } = yield* harness({ wire: "http" })
      const driver = yield* drive(accounts.skyswitch({ credentials: people.officeManager }))
      yield* many(1_000, driver.bearer)
      assert.lengthOf(yield* journal, 1)
    }),
  )

  it.live("the check can fail: without a session each asks for itself", () =>
    Effect.gen(function* () {
      const { accounts, drive, journal, runtime } = yield* harness()
      const drivers = yield* Effect.forEach([1, 2, 3], (n) =>
        drive(
          accounts.skyswitch({
            credentials: { ...people.officeManager, username: `111@abc-company${n === 1 ? "" : ".12345.service"}` },
          }),
          runtime,
        ),
      )
      yield* Effect.forEach(drivers, (driver) => driver.bearer, { concurrency: "unbounded" })
      assert.isAbove((yield* journal).length, 1)
    }),
  )

  it.live("on a usable token they cause none", () =>
    Effect.gen(function* () {
      const { accounts, drive, journal } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      yield* many(1_000, driver.bearer)
      assert.lengthOf(yield* journal, 1)
      // Immediate: no fiber has to wait for anything.
      assert.isTrue(Exit.isSuccess(Effect.runSyncExit(driver.bearer)))
      assert.isDefined(driver.peek())
    }),
  )

  it.live("in the soft window they get the current token at once, and one renewal runs behind them", () =>
    Effect.gen(function* () {
      const { accounts, clock, count, drive, emulator, runtime } = yield* harness()
      const driver = yield* drive(accounts.skyswitch(), withoutAlarm(runtime))
      yield* driver.signIn(people.officeManager)
      const first = yield* driver.bearer
      yield* clock.adjust("57 minutes")
      const { release } = yield* emulator.hold
      const tokens = yield* many(1_000, driver.bearer)
      assert.isTrue(tokens.every(({ token }) => clear(token) === clear(first.token)))
      assert.strictEqual(driver.view.path, "expiring.renewing")
      assert.isUndefined(driver.peek())
      yield* release
      yield* reaches(driver, "refreshed")
      assert.notStrictEqual(clear((yield* driver.bearer).token), clear(first.token))
      assert.strictEqual(yield* count(renewals), 1)
    }),
  )

  it.live("one who is interrupted does not take the renewal along", () =>
    Effect.gen(function* () {
      const { accounts, clock, count, drive, emulator, runtime } = yield* harness({ wire: "http" })
      const driver = yield* drive(accounts.skyswitch(), withoutAlarm(runtime))
      yield* driver.signIn(people.officeManager)
      yield* clock.adjust("2 hours")
      const { release } = yield* emulator.hold
      const starter = yield* Effect.forkChild(driver.bearer)
      yield* eventually(
        "a renewal",
        Effect.map(count(renewals), (sent) => sent === 1),
      )
      const joiner = yield* Effect.forkChild(driver.bearer)
      yield* settle
      yield* Fiber.interrupt(starter)
      yield* release
      yield* Fiber.join(joiner)
      assert.strictEqual(driver.view.path, "refreshed")
      assert.strictEqual(yield* count(renewals), 1)
    }),
  )

  it.live("all share one failure, and nobody waits for the next try", () =>
    Effect.gen(function* () {
      let isDown = false
      let sent = 0
      const { accounts, clock, drive, runtime } = yield* harness({
        between: (fetch) => async (input, init) => {
          sent++
          return isDown ? new Response("down", { status: 503 }) : fetch(input, init)
        },
      })
      const driver = yield* drive(accounts.skyswitch(), withoutAlarm(runtime))
      yield* driver.signIn(people.officeManager)
      yield* clock.adjust("2 hours")
      isDown = true
      sent = 0
      const errors = yield* many(1_000, Effect.flip(driver.bearer))
      assert.strictEqual(new Set(errors).size, 1)
      assert.strictEqual(errors[0]?.reason._tag, "Unavailable")
      assert.strictEqual(sent, 1)
      assert.strictEqual(driver.view.path, "expiring.recovering")
      assert.isNotNull(driver.view.retryAt)
      // Before its time no caller asks again; the failure is known.
      const again = yield* many(100, Effect.flip(driver.bearer))
      assert.strictEqual(again[0], errors[0])
      assert.strictEqual(sent, 1)
      isDown = false
      yield* clock.adjust("2 seconds")
      yield* driver.bearer
      assert.strictEqual(sent, 2)
    }),
  )

  it.live("a provider that asks to wait is asked earlier once, because a person asks for it, and then by nobody", () =>
    Effect.gen(function* () {
      let sent = 0
      let isThrottled = true
      const { accounts, clock, drive } = yield* harness({
        between: (fetch) => async (input, init) => {
          sent++
          return isThrottled
            ? new Response("{}", { status: 429, headers: { "retry-after": "120" } })
            : fetch(input, init)
        },
      })
      const driver = yield* drive(accounts.skyswitch())
      assert.strictEqual(yield* reasonOf(driver.signIn(people.officeManager)), "Throttled")
      assert.strictEqual(sent, 1)
      for (const _ of [1, 2, 3]) assert.strictEqual(yield* reasonOf(driver.signIn(people.withFactor)), "Throttled")
      assert.strictEqual(sent, 2)
      yield* driver.signOut
      assert.strictEqual(yield* reasonOf(driver.signIn(people.officeManager)), "Throttled")
      yield* clock.adjust("119 seconds")
      assert.strictEqual(yield* reasonOf(driver.signIn(people.officeManager)), "Throttled")
      assert.strictEqual(sent, 2)
      isThrottled = false
      yield* clock.adjust("2 seconds")
      yield* driver.signIn(people.officeManager)
      assert.strictEqual(sent, 3)
    }),
  )

  it.live("an unattended session waits by itself, as long as it was told", () =>
    Effect.gen(function* () {
      let sent = 0
      const { accounts, clock, drive } = yield* harness({
        between: (fetch) => async (input, init) => {
          sent++
          return sent === 1 ? new Response("{}", { status: 503, headers: { "retry-after": "60" } }) : fetch(input, init)
        },
      })
      const driver = yield* drive(accounts.skyswitch({ credentials: people.officeManager }))
      assert.strictEqual(yield* reasonOf(driver.bearer), "Throttled")
      assert.strictEqual(driver.view.path, "unauthenticated.waiting")
      yield* clock.adjust("59 seconds")
      assert.strictEqual(yield* reasonOf(driver.bearer), "Throttled")
      assert.strictEqual(sent, 1)
      yield* clock.adjust("3 seconds")
      yield* reaches(driver, "authenticated")
      assert.strictEqual(sent, 2)
    }),
  )

  it.live("ten minutes of an outage cost a few capped requests and no session", () =>
    Effect.gen(function* () {
      let isDown = false
      let sent = 0
      const { accounts, clock, drive, fibers } = yield* harness({
        between: (fetch) => async (input, init) => {
          sent++
          return isDown ? new Response("down", { status: 502 }) : fetch(input, init)
        },
      })
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      isDown = true
      sent = 0
      yield* clock.adjust("57 minutes")
      yield* reaches(driver, "expiring.recovering")
      for (let second = 0; second < 600; second += 5) {
        yield* clock.adjust("5 seconds")
        yield* eventually(
          "rest",
          Effect.sync(() => driver.view.path === "expiring.recovering"),
        )
      }
      assert.isAtLeast(sent, 8)
      assert.isAtMost(sent, 20)
      isDown = false
      yield* clock.adjust("73 seconds")
      yield* reaches(driver, "refreshed")
      yield* eventually(
        "one fiber, the alarm's",
        Effect.sync(() => fibers.size === 1),
      )
    }),
  )

  it.live("many who sign in at once share the one sign-in", () =>
    Effect.gen(function* () {
      const { accounts, drive, journal } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      const views = yield* many(50, driver.signIn(people.officeManager))
      assert.isTrue(views.every(({ path }) => path === "authenticated"))
      assert.lengthOf(yield* journal, 1)
    }),
  )
})

describe("people who sign in with one session", () => {
  it.live("with other credentials than it has: nobody has looked at them, so they do not succeed", () =>
    Effect.gen(function* () {
      const { accounts, drive, journal } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      for (const others of [people.reseller, { username: "nobody", password: Redacted.make("zz") }]) {
        const refused = yield* Effect.flip(driver.signIn(others))
        assert.strictEqual(refused.reason._tag, "Misconfigured")
        assert.include(refused.message, "Sign out first")
      }
      // The same ones, and none at all, find it as it is.
      assert.strictEqual((yield* driver.signIn(people.officeManager)).state, "authenticated")
      assert.strictEqual((yield* driver.signIn()).state, "authenticated")
      assert.lengthOf(yield* journal, 1)
    }),
  )

  it.live("at once: each is answered for what it gave, and equal ones share one request", () =>
    Effect.gen(function* () {
      const { accounts, drive, journal } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      const wrong = { username: "1000@acmecorp", password: Redacted.make("WRONG") }
      const all = yield* Effect.all(
        [people.officeManager, wrong, people.officeManager, wrong, wrong].map((one) => Effect.exit(driver.signIn(one))),
        { concurrency: "unbounded" },
      )
      assert.deepStrictEqual(
        all.map((exit) => exit._tag),
        ["Success", "Failure", "Success", "Failure", "Failure"],
      )
      assert.lengthOf(yield* journal, 1)
      const fresh = yield* drive(accounts.skyswitch())
      const refused = yield* Effect.all(
        Array.from({ length: 10 }, () => Effect.flip(fresh.signIn(wrong))),
        { concurrency: "unbounded" },
      )
      assert.deepStrictEqual([...new Set(refused.map((error) => error.reason._tag))], ["BadCredentials"])
      // A wrong password that ten people give at once is shown to the provider once.
      assert.lengthOf(yield* journal, 2)
    }),
  )
})
