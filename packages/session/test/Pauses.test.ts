/**
 * A provider asks for a pause: which sessions respect it, for how long, and which calls are let through. Over sockets of this
 * machine.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Driver } from "../src/engine/Driver.ts"
import { cutNetwork } from "./CutNetwork.ts"
import { eventually, type harness, passcode, people, reaches, reasonOf, settle } from "./Harness.ts"
import { HOUR, inSeconds, SECOND, stage, told, YEAR } from "./Paused.ts"

describe("a pause of a year", () => {
  for (const status of [429, 503]) {
    it.live(`with ${status} is cut at an hour, and the view says so`, () =>
      Effect.gen(function* () {
        const { apart, arm, asked, clock, now, pauseOf } = yield* stage()
        const driver = yield* apart(people.officeManager)
        yield* arm(told(inSeconds(YEAR), status))
        const begun = yield* now
        assert.strictEqual(yield* pauseOf(driver.bearer), HOUR)
        const { refusal, retryAt } = driver.view
        assert.strictEqual(refusal?.code, "Throttled")
        assert.strictEqual(refusal?.toldUntil, begun + YEAR)
        assert.match(refusal?.message ?? "", /very long/)
        assert.isAtMost((retryAt ?? 0) - begun, HOUR + 2 * SECOND)
        yield* clock.adjust(HOUR - SECOND)
        yield* settle
        assert.strictEqual(yield* asked, 1)
        yield* clock.adjust(4 * SECOND)
        yield* reaches(driver, "authenticated")
        assert.isNull(driver.view.refusal)
        assert.strictEqual(yield* asked, 2)
      }),
    )
  }

  it.live("after a firewall's 403 is cut at a day", () =>
    Effect.gen(function* () {
      const { apart, arm, pauseOf } = yield* stage()
      yield* arm(told(inSeconds(YEAR), 403))
      const driver = yield* apart(people.officeManager)
      assert.strictEqual(yield* pauseOf(driver.bearer), 24 * HOUR)
      assert.isDefined(driver.view.refusal?.toldUntil)
    }),
  )

  for (const status of [401, 406, 451]) {
    it.live(`that comes with an unreadable ${status} holds new sessions, too`, () =>
      Effect.gen(function* () {
        const { apart, arm, asked, pauseOf } = yield* stage()
        yield* arm(told("1800", status))
        yield* pauseOf((yield* apart(people.officeManager)).bearer)
        assert.strictEqual(yield* pauseOf((yield* apart(people.reseller)).bearer), 1_800 * SECOND)
        assert.strictEqual(yield* asked, 1)
      }),
    )
  }

  it.live("an ordinary one is kept to as it is, and the view has nothing to add", () =>
    Effect.gen(function* () {
      const { apart, arm, pauseOf } = yield* stage()
      yield* arm(told("3600"))
      const driver = yield* apart(people.officeManager)
      assert.strictEqual(yield* pauseOf(driver.bearer), HOUR)
      assert.notProperty(driver.view.refusal, "toldUntil")
    }),
  )
})

describe("a pause is of a client id at a host", () => {
  it.live("thirty new sessions in runtimes of their own keep to it, and send nothing", () =>
    Effect.gen(function* () {
      const { apart, arm, asked, clock, pauseOf } = yield* stage()
      yield* arm(told("120"))
      yield* pauseOf((yield* apart(people.officeManager)).bearer)
      yield* clock.adjust(20 * SECOND)
      const drivers = yield* Effect.forEach(Array.from({ length: 30 }), () => apart(people.reseller))
      for (const driver of drivers) assert.strictEqual(yield* pauseOf(driver.bearer), 100 * SECOND)
      assert.strictEqual(yield* asked, 1)
      // They come by themselves when it is over. They share a store, so the wait for one another needs time.
      yield* clock.adjust(102 * SECOND)
      for (const driver of drivers) {
        yield* eventually(
          "a token",
          Effect.map(clock.adjust(SECOND), () => driver.view.path === "authenticated"),
        )
      }
    }),
  )

  it.live("another client id, or the same one at another host, is not held by it", () =>
    Effect.gen(function* () {
      const { accounts, apart, arm, drive, pauseOf } = yield* stage()
      yield* arm(told("120"))
      yield* pauseOf((yield* apart(people.officeManager)).bearer)
      const other = accounts.skyswitch({
        client: { id: "another-id", secret: "another" },
        credentials: people.reseller,
      })
      assert.strictEqual(yield* reasonOf((yield* drive(other)).bearer), "ClientRefused")
      const elsewhere = yield* stage()
      yield* (yield* elsewhere.apart(people.officeManager)).bearer
    }),
  )

  it.live("a subscriber's own limit holds that subscriber alone, in new sessions too", () =>
    Effect.gen(function* () {
      const { apart, arm, asked, pauseOf } = yield* stage()
      const limit = { name: "subscriber_minute", quota: 60, window: 60, remaining: 0, reset: 40 }
      yield* arm({ _tag: "rate_limit", policies: [limit] })
      yield* pauseOf((yield* apart(people.officeManager)).bearer)
      assert.strictEqual(yield* pauseOf((yield* apart(people.officeManager)).bearer), 40 * SECOND)
      assert.strictEqual(yield* asked, 1)
      yield* (yield* apart(people.reseller)).bearer
    }),
  )

  it.live("a question about a token keeps to it, too", () =>
    Effect.gen(function* () {
      const { apart, arm, drive, accounts, journal, pauseOf } = yield* stage()
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      yield* arm(told("120"))
      yield* pauseOf((yield* apart(people.reseller)).bearer)
      const before = (yield* journal).length
      assert.strictEqual(yield* pauseOf(driver.inspect), 120 * SECOND)
      assert.lengthOf(yield* journal, before)
    }),
  )
})

describe("a person in a pause", () => {
  /** A pause that an unattended session met. */
  const paused = Effect.fnUntraced(function* (after = inSeconds(YEAR), options: Parameters<typeof harness>[0] = {}) {
    const made = yield* stage(options)
    yield* made.arm(told(after))
    yield* made.pauseOf((yield* made.apart(people.basicUser)).bearer)
    return made
  })
  const signsIn = (driver: Driver, person = people.officeManager) => driver.signIn(person)

  it.live("may ask once, all sessions together; whoever comes second is told when", () =>
    Effect.gen(function* () {
      const { accounts, apart, asked, drive, now, pauseOf } = yield* paused()
      const persons = [people.officeManager, people.reseller, people.ipex]
      const calls = persons.flatMap((person) =>
        [accounts.skyswitch(), accounts.landstar(), accounts.netsapiens()].map((account) =>
          Effect.flatMap(drive(account), (driver) => Effect.exit(driver.signIn(person))),
        ),
      )
      const outcomes = yield* Effect.all(calls, { concurrency: "unbounded" })
      assert.lengthOf(
        outcomes.filter(({ _tag }) => _tag === "Success"),
        1,
      )
      assert.strictEqual(yield* asked, 2)
      const late = yield* apart()
      assert.strictEqual(yield* pauseOf(signsIn(late)), HOUR)
      assert.strictEqual(late.view.refusal?.code, "Throttled")
      assert.isAtLeast(late.view.retryAt ?? 0, (yield* now) + HOUR)
      assert.strictEqual(yield* asked, 2)
    }),
  )

  it.live("who is answered goes on: a second factor, a renewal, acting; but does not sign in once more", () =>
    Effect.gen(function* () {
      const { apart, asked, pauseOf } = yield* paused()
      const driver = yield* apart()
      assert.strictEqual((yield* signsIn(driver, people.withFactor)).path, "mfa_required.awaiting_passcode")
      yield* driver.submitPasscode(passcode)
      const { generation } = yield* driver.bearer
      driver.reject(generation)
      assert.isAbove((yield* driver.bearer).generation, generation)
      assert.strictEqual(yield* asked, 4)
      // Others still keep to it.
      yield* pauseOf((yield* apart(people.reseller)).bearer)
      yield* driver.signOut
      assert.strictEqual(yield* pauseOf(signsIn(driver)), HOUR)
      assert.strictEqual(yield* asked, 4)
    }),
  )

  it.live("who is told to wait once more has asked, however the pause was lengthened", () =>
    Effect.gen(function* () {
      const { apart, arm, asked, clock, heal, pauseOf } = yield* paused("600")
      yield* arm(told("1200"), { times: "always" })
      const driver = yield* apart()
      assert.strictEqual(yield* pauseOf(signsIn(driver)), 1_200 * SECOND)
      for (const one of [driver, yield* apart()]) assert.strictEqual(yield* pauseOf(signsIn(one)), 1_200 * SECOND)
      assert.strictEqual(yield* asked, 2)
      yield* heal
      yield* clock.adjust(1_205 * SECOND)
      yield* signsIn(yield* apart())
    }),
  )

  it.live("a probe that was never sent was none", () =>
    Effect.gen(function* () {
      const network = cutNetwork()
      const { apart, asked, pauseOf } = yield* paused("600", { between: network.between })
      network.isCut = true
      assert.strictEqual(yield* reasonOf(signsIn(yield* apart())), "Unavailable")
      network.isCut = false
      yield* signsIn(yield* apart())
      assert.strictEqual(yield* asked, 2)
      yield* pauseOf(signsIn(yield* apart()))
    }),
  )

  it.live("each pause has a probe of its own", () =>
    Effect.gen(function* () {
      const { apart, arm, asked, clock, pauseOf } = yield* paused("60")
      yield* signsIn(yield* apart())
      yield* clock.adjust(65 * SECOND)
      // The session that met the pause tries again by itself, and must not meet what is armed next.
      yield* eventually(
        "its own try",
        Effect.map(asked, (count) => count === 3),
      )
      yield* settle
      yield* arm(told("60"))
      yield* pauseOf(signsIn(yield* apart()))
      const before = yield* asked
      yield* signsIn(yield* apart())
      yield* pauseOf(signsIn(yield* apart()))
      assert.strictEqual(yield* asked, before + 1)
    }),
  )
})

describe("a wall clock that is set", () => {
  for (const by of [-2 * HOUR, 2 * HOUR]) {
    it.live(`by ${by / HOUR} h: a pause ends when it was to end, not later and not earlier`, () =>
      Effect.gen(function* () {
        const { apart, arm, asked, clock, now, pauseOf } = yield* stage()
        yield* arm(told("120"))
        const driver = yield* apart(people.officeManager)
        yield* pauseOf(driver.bearer)
        yield* clock.setWall((yield* now) + by)
        assert.strictEqual(yield* pauseOf((yield* apart(people.reseller)).bearer), 120 * SECOND)
        yield* clock.adjust(119 * SECOND)
        yield* settle
        yield* Effect.exit(driver.bearer)
        assert.strictEqual(yield* asked, 1)
        yield* clock.adjust(32 * SECOND)
        yield* reaches(driver, "authenticated")
      }),
    )
  }
})
