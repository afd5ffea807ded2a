/** Several sessions on one store: one presents, the others adopt its result. */
import { assert, describe, it } from "@effect/vitest"
import type { Rotation } from "@pbx-auth/providers/Provider"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as SessionKey from "../src/record/SessionKey.ts"
import { rotating, strict } from "./Claiming.ts"
import { clear, harness, people, reaches, reasonOf, settle, withoutAlarm } from "./Harness.ts"

const renewals = (entry: { readonly grant?: string }) => entry.grant === "refresh_token"

describe("many sessions on one store", () => {
  for (const count of [2, 10]) {
    it.live(`${count} sign in and renew together by one request each, at a strict provider`, () =>
      Effect.gen(function* () {
        const { accounts, clock, count: counted, drive, process } = yield* harness({ wire: "http", world: strict })
        const configured = accounts.skyswitch({ credentials: people.officeManager })
        const drivers = yield* Effect.forEach(Array.from({ length: count }), () =>
          Effect.flatMap(process, (runtime) => drive(configured, withoutAlarm(runtime))),
        )
        const bearers = Effect.forEach(drivers, (driver) => driver.bearer, { concurrency: "unbounded" })
        const first = new Set((yield* bearers).map(({ token }) => clear(token)))
        assert.strictEqual(first.size, 1)
        yield* clock.adjust("2 hours")
        const second = new Set((yield* bearers).map(({ token }) => clear(token)))
        assert.strictEqual(second.size, 1)
        assert.notDeepEqual(second, first)
        assert.strictEqual(yield* counted(({ grant }) => grant === "password"), 1)
        assert.strictEqual(yield* counted(renewals), 1)
      }),
    )
  }

  it.live("the check can fail: with a store each, a strict provider is shown the same refresh token twice", () =>
    Effect.gen(function* () {
      const { accounts, clock, count, drive, process, store } = yield* harness({ world: strict })
      const configured = accounts.skyswitch({ credentials: people.officeManager })
      const one = yield* drive(configured, withoutAlarm(yield* process))
      yield* one.bearer
      const key = yield* SessionKey.make(store, configured.account, configured.credentials)
      const copy = yield* TokenStore.makeMemory
      yield* copy.replace(key, undefined, (yield* store.read(key))?.record)
      const apart = { ...withoutAlarm(yield* process), store: { ...copy, fingerprint: store.fingerprint } }
      const other = yield* drive(configured, apart)
      assert.strictEqual(other.view.path, "authenticated")
      yield* clock.adjust("2 hours")
      yield* Effect.all([one.bearer, other.bearer], { concurrency: "unbounded" })
      assert.strictEqual(yield* count(renewals), 2)
    }),
  )

  it.live("a new session takes up what is stored without a request", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, journal, process } = yield* harness()
      const configured = accounts.skyswitch({ credentials: people.officeManager })
      const first = yield* drive(configured)
      const bearer = yield* first.bearer
      yield* first.close
      const again = yield* drive(configured, yield* process)
      assert.strictEqual(again.view.path, "authenticated")
      assert.strictEqual(clear((yield* again.bearer).token), clear(bearer.token))
      assert.lengthOf(yield* journal, 1)
      yield* clock.adjust("57 minutes")
      yield* reaches(again, "refreshed")
      yield* again.close
      const third = yield* drive(configured, yield* process)
      assert.strictEqual(third.view.path, "refreshed")
      assert.lengthOf(yield* journal, 2)
    }),
  )

  it.live("an attended session gives no way to what is stored: the provider looks at what is given", () =>
    Effect.gen(function* () {
      const { accounts, drive, journal, process } = yield* harness()
      const first = yield* drive(accounts.skyswitch())
      yield* first.signIn(people.officeManager)
      const again = yield* drive(accounts.skyswitch(), yield* process)
      assert.strictEqual(again.view.path, "unauthenticated.idle")
      yield* again.signIn(people.officeManager)
      assert.lengthOf(yield* journal, 2)
      // A changed password meets no stale token.
      const wrong = yield* drive(accounts.skyswitch(), yield* process)
      assert.strictEqual(
        yield* reasonOf(wrong.signIn({ ...people.officeManager, password: Redacted.make("123") })),
        "BadCredentials",
      )
    }),
  )

  it.live("a dead record does not keep a person from signing in", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, emulator, process } = yield* harness()
      const first = yield* drive(accounts.skyswitch())
      yield* first.signIn(people.officeManager)
      yield* first.close
      yield* emulator.killRefreshTokens
      yield* clock.adjust("2 hours")
      const again = yield* drive(accounts.skyswitch(), yield* process)
      yield* again.signIn(people.officeManager)
      assert.strictEqual(again.view.path, "authenticated")
      yield* again.bearer
    }),
  )

  it.live("a rejected token that cannot be renewed is not adopted again at the next sign-in", () =>
    Effect.gen(function* () {
      const { accounts, drive, emulator, grants } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      const { generation, token } = yield* driver.bearer
      yield* emulator.killAccessTokens
      yield* emulator.killRefreshTokens
      driver.reject(generation)
      assert.strictEqual(yield* reasonOf(driver.bearer), "RenewalRefused")
      assert.strictEqual(driver.view.path, "unauthenticated.idle")
      yield* driver.signIn(people.officeManager)
      assert.notStrictEqual(clear((yield* driver.bearer).token), clear(token))
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token", "password"])
    }),
  )

  it.live("sessions of other people on one store stay apart, and a session keeps to whom it signed in", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, emulator, journal } = yield* harness()
      const driver = yield* drive(accounts.skyswitch({ credentials: people.officeManager }))
      yield* driver.bearer
      yield* driver.signOut
      // Another person signs in at a session that has credentials of its own.
      yield* driver.signIn(people.reseller)
      yield* emulator.killRefreshTokens
      yield* clock.adjust("2 hours")
      yield* driver.bearer
      const accountsSeen = (yield* journal).flatMap(({ account, grant }) => (grant === "password" ? [account] : []))
      assert.deepStrictEqual(accountsSeen, [
        "111@abc-company.12345.service",
        "1000@acmecorp.12345.service",
        "1000@acmecorp.12345.service",
      ])
    }),
  )

  it.live("acting for somebody does not put the count of the store out of step", () =>
    Effect.gen(function* () {
      const { accounts, clock, count, drive, process } = yield* harness({ world: strict })
      const configured = accounts.skyswitch({ credentials: people.reseller })
      const one = yield* drive(configured, withoutAlarm(yield* process))
      const other = yield* drive(configured, withoutAlarm(yield* process))
      yield* one.bearer
      yield* other.bearer
      for (const _ of [1, 2, 3]) {
        yield* one.startActing("1001@acmecorp.12345.service")
        yield* one.stopActing
      }
      for (const round of [1, 2, 3]) {
        yield* clock.adjust("2 hours")
        yield* other.bearer
        assert.strictEqual(clear((yield* one.bearer).token), clear((yield* other.bearer).token))
        assert.strictEqual(yield* count(renewals), round)
      }
    }),
  )
})

describe("a holder that is gone", () => {
  const abandoned = (rotation: Rotation, until: "past" | "future") =>
    Effect.gen(function* () {
      const stage = yield* harness()
      const configured = rotating(stage.accounts.skyswitch({ credentials: people.officeManager }), rotation)
      const first = yield* stage.drive(configured)
      yield* first.bearer
      yield* first.close
      const key = yield* SessionKey.make(stage.store, configured.account, configured.credentials)
      const seen = yield* stage.store.read(key)
      const record = seen?.record ?? assert.fail()
      const now = yield* stage.clock.currentTimeMillis
      const intent = {
        holder: "gone",
        purpose: "renewal" as const,
        startedAt: now - 15_000,
        until: until === "past" ? now - 1 : now + 5_000,
      }
      yield* stage.store.replace(key, seen?.version, { ...record, intent })
      return { ...stage, driver: yield* stage.drive(configured, yield* stage.process), key }
    })

  it.live("strict, or unknown: the token that lives serves, and before its end an unattended session signs in", () =>
    Effect.gen(function* () {
      for (const rotation of ["strict", "unknown", { grace: 10_000 }] as const) {
        const { clock, driver, grants } = yield* abandoned(rotation, "past")
        const { generation } = yield* driver.bearer
        yield* reaches(driver, "expiring.recovering")
        yield* clock.adjust("58 minutes")
        yield* settle
        assert.strictEqual((yield* driver.bearer).generation, generation)
        assert.deepStrictEqual(yield* grants, ["password"])
        yield* clock.adjust("76 seconds")
        yield* reaches(driver, "authenticated")
        assert.deepStrictEqual(yield* grants, ["password", "password"])
      }
    }),
  )

  it.live("strict, or unknown: once an API rejects the token, an unattended session signs in", () =>
    Effect.gen(function* () {
      const { driver, grants } = yield* abandoned("unknown", "past")
      driver.reject((yield* driver.bearer).generation)
      yield* driver.bearer
      assert.strictEqual(driver.view.path, "authenticated")
      assert.deepStrictEqual(yield* grants, ["password", "password"])
    }),
  )

  it.live("no rotation, or a grace that still lasts: the renewal is presented once more", () =>
    Effect.gen(function* () {
      for (const rotation of ["none", { grace: 60_000 }] as const) {
        const { driver, grants } = yield* abandoned(rotation, "past")
        yield* reaches(driver, "refreshed")
        assert.deepStrictEqual(yield* grants, ["password", "refresh_token"])
      }
    }),
  )

  it.live("one that may still come is waited for, and no longer than it may take, whatever the wall clock does", () =>
    Effect.gen(function* () {
      const { clock, driver, grants } = yield* abandoned("none", "future")
      const { generation } = yield* driver.bearer
      driver.reject(generation)
      const waiting = yield* Effect.forkChild(driver.bearer)
      yield* settle
      assert.deepStrictEqual(yield* grants, ["password"])
      yield* clock.setWall((yield* clock.currentTimeMillis) - 7_200_000)
      yield* clock.adjust("10 seconds")
      yield* settle
      assert.deepStrictEqual(yield* grants, ["password"])
      yield* clock.adjust("11 seconds")
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token"])
    }),
  )
})

describe("another person's record", () => {
  it.live("is renewed together, though the session has counted further with its own", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, journal, process } = yield* harness()
      const reseller = yield* drive(accounts.skyswitch(), withoutAlarm(yield* process))
      yield* reseller.signIn(people.reseller)
      const driver = yield* drive(accounts.skyswitch(), withoutAlarm(yield* process))
      yield* driver.signIn(people.officeManager)
      for (const _ of [1, 2]) {
        const { generation } = yield* driver.bearer
        driver.reject(generation)
        yield* driver.bearer
      }
      yield* driver.signOut
      const before = (yield* journal).length
      yield* driver.signIn(people.reseller)
      // A person who signs in is looked at; the token is another one until both renew.
      assert.lengthOf(yield* journal, before + 1)
      // And from then on they renew as one.
      yield* clock.adjust("2 hours")
      const renewed = yield* driver.bearer
      assert.strictEqual(clear((yield* reseller.bearer).token), clear(renewed.token))
      assert.lengthOf(yield* journal, before + 2)
    }),
  )
})
