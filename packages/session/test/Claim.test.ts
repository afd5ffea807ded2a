/** Several sessions on one store: one presents, the others take over what it brings. */
import { assert, describe, it } from "@effect/vitest"
import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Configured, Rotation } from "@pbx-auth/providers/Provider"
import { issued } from "@pbx-auth/providers/Token"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as SessionKey from "@pbx-auth/session/engine/SessionKey"
import * as SessionActor from "@pbx-auth/session/SessionActor"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import {
  clear,
  eventually,
  harness,
  noting,
  people,
  reaches,
  reasonOf,
  settle,
  tokens,
  withoutAlarm,
} from "./Harness.ts"

const strict = { netsapiens: { rotation: "strict", renewalEndsAccess: true } }
const renewals = (entry: { readonly grant?: string }) => entry.grant === "refresh_token"

const rotating = <C extends Configured>(configured: C, rotation: Rotation): C => ({
  ...configured,
  account: { ...configured.account, provider: { ...configured.account.provider, rotation } },
})

const endpoint = (present: TokenEndpoint["Service"]["present"]) =>
  TokenEndpoint.of({ present, inspect: () => Effect.die("unasked"), revoke: () => Effect.void })

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
      // Somebody else signs in at a session that has credentials of its own.
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
      assert.isDefined(seen)
      const now = yield* stage.clock.currentTimeMillis
      const intent = {
        holder: "gone",
        purpose: "renewal" as const,
        startedAt: now - 15_000,
        until: until === "past" ? now - 1 : now + 5_000,
      }
      if (seen !== undefined) yield* stage.store.replace(key, seen.version, { ...seen.record, intent })
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

describe("a claim's end", () => {
  const key = ({ accounts, store }: Effect.Success<ReturnType<typeof harness>>) => {
    const { account, credentials } = accounts.skyswitch({ credentials: people.officeManager })
    return SessionKey.make(store, account, credentials)
  }

  it.live("a slow holder keeps the higher generation, and who took over adopts it", () =>
    Effect.gen(function* () {
      const slow = yield* Deferred.make<void>()
      let sent = 0
      const stage = yield* harness({
        endpoint: endpoint((_, grant) =>
          Effect.gen(function* () {
            sent++
            if (grant._tag === "RefreshToken") {
              yield* Deferred.await(slow)
              return issued(tokens("renewed"))
            }
            return issued(tokens("first"))
          }),
        ),
      })
      const driver = yield* stage.drive(
        stage.accounts.skyswitch({ credentials: people.officeManager }),
        withoutAlarm(yield* stage.process),
      )
      yield* driver.bearer
      yield* stage.clock.adjust("2 hours")
      const waiting = yield* Effect.forkChild(driver.bearer)
      yield* eventually(
        "the renewal",
        Effect.sync(() => sent === 2),
      )
      // Another holder took the claim over meanwhile, and has no answer yet.
      const name = yield* key(stage)
      const seen = yield* stage.store.read(name)
      if (seen?.record.intent !== undefined) {
        const intent = { ...seen.record.intent, holder: "another" }
        yield* stage.store.replace(name, seen.version, { ...seen.record, intent })
      }
      yield* Deferred.succeed(slow, undefined)
      assert.strictEqual(clear((yield* Fiber.join(waiting)).token), "access-renewed")
      const record = (yield* stage.store.read(name))?.record
      assert.strictEqual(record?.generation, 2)
      assert.strictEqual(record?.tokens && clear(record.tokens.accessToken), "access-renewed")
    }),
  )

  it.live("where another holder was quicker, its token is adopted", () =>
    Effect.gen(function* () {
      const slow = yield* Deferred.make<void>()
      let sent = 0
      const stage = yield* harness({
        endpoint: endpoint((_, grant) =>
          Effect.gen(function* () {
            sent++
            if (grant._tag === "RefreshToken") yield* Deferred.await(slow)
            return issued(tokens(grant._tag))
          }),
        ),
      })
      const driver = yield* stage.drive(
        stage.accounts.skyswitch({ credentials: people.officeManager }),
        withoutAlarm(yield* stage.process),
      )
      yield* driver.bearer
      yield* stage.clock.adjust("2 hours")
      const waiting = yield* Effect.forkChild(driver.bearer)
      yield* eventually(
        "the renewal",
        Effect.sync(() => sent === 2),
      )
      const name = yield* key(stage)
      const seen = yield* stage.store.read(name)
      const now = yield* stage.clock.currentTimeMillis
      yield* stage.store.replace(name, seen?.version, {
        generation: 7,
        via: "renewal",
        tokens: tokens("theirs"),
        times: { issuedAt: now, dueAt: now + 1_000_000, usableUntil: now + 2_000_000, expiresAt: now + 3_000_000 },
        intent: undefined,
      })
      yield* Deferred.succeed(slow, undefined)
      const bearer = yield* Fiber.join(waiting)
      assert.strictEqual(clear(bearer.token), "access-theirs")
      assert.strictEqual(bearer.generation, 7)
      assert.strictEqual((yield* stage.store.read(name))?.record.generation, 7)
    }),
  )

  it.live("a refused renewal looks once more whether another holder has renewed", () =>
    Effect.gen(function* () {
      const slow = yield* Deferred.make<void>()
      let sent = 0
      const stage = yield* harness({
        endpoint: endpoint((_, grant) =>
          Effect.gen(function* () {
            sent++
            if (grant._tag !== "RefreshToken") return issued(tokens("first"))
            yield* Deferred.await(slow)
            return yield* AuthError.fromReason(new AuthError.RenewalRefused({}))
          }),
        ),
      })
      const driver = yield* stage.drive(
        stage.accounts.skyswitch({ credentials: people.officeManager }),
        withoutAlarm(yield* stage.process),
      )
      yield* driver.bearer
      yield* stage.clock.adjust("2 hours")
      const waiting = yield* Effect.forkChild(driver.bearer)
      yield* eventually(
        "the renewal",
        Effect.sync(() => sent === 2),
      )
      const name = yield* key(stage)
      const seen = yield* stage.store.read(name)
      const now = yield* stage.clock.currentTimeMillis
      yield* stage.store.replace(name, seen?.version, {
        generation: 2,
        via: "renewal",
        tokens: tokens("theirs"),
        times: { issuedAt: now, dueAt: now + 1_000_000, usableUntil: now + 2_000_000, expiresAt: now + 3_000_000 },
        intent: undefined,
      })
      yield* Deferred.succeed(slow, undefined)
      assert.strictEqual(clear((yield* Fiber.join(waiting)).token), "access-theirs")
      assert.strictEqual(sent, 2)
    }),
  )

  it.live("a sign-out elsewhere wins: over the next renewal, and over one that is under way", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, emulator, grants, journal, process, store } = yield* harness()
      const configured = accounts.skyswitch({ credentials: people.officeManager })
      const one = yield* drive(configured, withoutAlarm(yield* process))
      const other = yield* drive(configured, withoutAlarm(yield* process))
      yield* one.bearer
      yield* other.bearer
      yield* other.signOut
      yield* clock.adjust("2 hours")
      assert.strictEqual(yield* reasonOf(one.bearer), "SignedOut")
      assert.strictEqual(one.view.path, "unauthenticated.idle")
      assert.deepStrictEqual(yield* grants, ["password"])

      yield* one.signIn()
      yield* other.signIn()
      assert.strictEqual(clear((yield* one.bearer).token), clear((yield* other.bearer).token))
      yield* clock.adjust("2 hours")
      const { release } = yield* emulator.hold
      const waiting = yield* Effect.forkChild(Effect.flip(one.bearer))
      yield* eventually(
        "the renewal",
        Effect.map(grants, (all) => all.at(-1) === "refresh_token"),
      )
      const leaving = yield* Effect.forkChild(other.signOut)
      yield* settle
      yield* release
      assert.strictEqual((yield* Fiber.join(waiting)).reason._tag, "SignedOut")
      yield* Fiber.join(leaving)
      const name = yield* SessionKey.make(store, configured.account, configured.credentials)
      assert.isUndefined(yield* store.read(name))
      // What the provider gave all the same is given back.
      yield* eventually(
        "two more revocations",
        Effect.map(journal, (all) => all.filter(({ outcome }) => outcome === "revoked").length === 3),
      )
    }),
  )

  it.live("an old refresh token stays in force when the reply has none", () =>
    Effect.gen(function* () {
      const shown: Array<string> = []
      const stage = yield* harness({
        endpoint: endpoint((_, grant) =>
          Effect.sync(() => {
            if (grant._tag === "RefreshToken") shown.push(clear(grant.refreshToken))
            return issued(
              grant._tag === "Password"
                ? tokens("first")
                : tokens(`renewed-${shown.length}`, { refreshToken: undefined }),
            )
          }),
        ),
      })
      const driver = yield* stage.drive(
        stage.accounts.skyswitch({ credentials: people.officeManager }),
        withoutAlarm(yield* stage.process),
      )
      yield* driver.bearer
      for (const _ of [1, 2, 3]) {
        yield* stage.clock.adjust("2 hours")
        yield* driver.bearer
      }
      assert.deepStrictEqual(shown, ["refresh-first", "refresh-first", "refresh-first"])
    }),
  )

  it.live("a lost renewal leaves its intent for whoever comes next; anything else takes it back", () =>
    Effect.gen(function* () {
      let answer: AuthError.Reason | undefined
      const stage = yield* harness({
        endpoint: endpoint((_, grant) =>
          answer === undefined ? Effect.succeed(issued(tokens(grant._tag))) : AuthError.fromReason(answer),
        ),
      })
      const name = yield* key(stage)
      for (const [reason, stays] of [
        [new AuthError.OutcomeUnknown({ grant: "RefreshToken" }), true],
        [new AuthError.Unreadable({}), true],
        [new AuthError.Unavailable({ status: 502 }), true],
        [new AuthError.Throttled({ status: 503, retryAt: 0 }), true],
        [new AuthError.Unavailable({}), false],
        [new AuthError.Unavailable({ status: 408 }), false],
        [new AuthError.Throttled({ retryAt: 0 }), false],
        [new AuthError.Throttled({ status: 429, retryAt: 0 }), false],
        [new AuthError.RenewalRefused({}), false],
        [new AuthError.ClientRefused({}), false],
      ] as const) {
        answer = undefined
        // Attended, so that nothing follows by itself.
        const driver = yield* stage.drive(stage.accounts.skyswitch(), withoutAlarm(yield* stage.process))
        yield* driver.signIn(people.officeManager)
        const { generation } = yield* driver.bearer
        answer = reason
        driver.reject(generation)
        yield* Effect.flip(driver.bearer)
        const record = (yield* stage.store.read(name))?.record
        assert.strictEqual(record?.intent !== undefined, stays, reason._tag)
        assert.isDefined(record?.tokens)
        yield* driver.signOut
        assert.isUndefined(yield* stage.store.read(name))
      }
    }),
  )

  it.live("a sign-in that was cut takes its intent back", () =>
    Effect.gen(function* () {
      const { keys, store } = noting(yield* TokenStore.makeMemory)
      const { accounts, drive, emulator, journal } = yield* harness({ store })
      yield* emulator.hold
      const driver = yield* drive(accounts.ipex())
      yield* Effect.forkChild(Effect.exit(driver.signIn(people.ipex)))
      yield* eventually(
        "the sign-in",
        Effect.map(journal, (all) => all.length === 1),
      )
      yield* driver.close
      assert.strictEqual(keys.size, 1)
      for (const name of keys) assert.isUndefined(yield* store.read(name))
    }),
  )
})

describe("a store that gives back more than it was given", () => {
  /** It has flat rows, gives one back for the record and for its times, and goes on using it. */
  const flat = (store: TokenStore.TokenStore["Service"]) => {
    const rows: Array<{ expiresAt: number | null }> = []
    return {
      rows,
      store: TokenStore.TokenStore.of({
        ...store,
        read: (key) =>
          Effect.map(store.read(key), (seen) => {
            const { times, tokens } = seen?.record ?? {}
            if (seen === undefined || times === undefined || tokens === undefined) return seen
            const row = { ...times, access_token: clear(tokens.accessToken) }
            rows.push(row)
            return { ...seen, record: { ...seen.record, times: row } }
          }),
      }),
    }
  }

  it.live("brings none of it into a snapshot or an event, whether restored or adopted", () =>
    Effect.gen(function* () {
      const { store } = flat(yield* TokenStore.makeMemory)
      const { accounts, drive, process, runtime } = yield* harness({ store })
      const account = accounts.skyswitch({ credentials: people.officeManager })
      const first = yield* drive(account, withoutAlarm(runtime))
      const before = yield* first.bearer
      const second = yield* drive(account, withoutAlarm(yield* process))
      assert.strictEqual(second.view.path, "authenticated")
      assert.notInclude(JSON.stringify(second.snapshot), clear(before.token))
      const events: Array<unknown> = []
      SessionActor.of(second, (seen) => void events.push("event" in seen ? seen.event : undefined))
      first.reject(before.generation)
      yield* reaches(first, "refreshed")
      const after = yield* first.bearer
      second.reject(before.generation)
      yield* reaches(second, "refreshed")
      assert.include(JSON.stringify(events), "Adopted")
      assert.notInclude(JSON.stringify([events, second.snapshot]), clear(after.token))
    }),
  )

  it.live("does not move a session's times by what it does to its row", () =>
    Effect.gen(function* () {
      const { rows, store } = flat(yield* TokenStore.makeMemory)
      const { accounts, drive, process, runtime } = yield* harness({ store })
      const account = accounts.skyswitch({ credentials: people.officeManager })
      yield* (yield* drive(account, runtime)).bearer
      const second = yield* drive(account, withoutAlarm(yield* process))
      const { expiresAt } = second.view
      for (const row of rows) row.expiresAt = 1
      second.reject(77)
      assert.strictEqual(second.view.expiresAt, expiresAt)
      assert.isNotEmpty(rows)
    }),
  )
})

describe("a store that fails", () => {
  const failing = Effect.gen(function* () {
    const right = yield* TokenStore.makeMemory
    const state = { reads: false, writes: false, remedy: "retry" as "retry" | "configure" }
    const refusal = () => Effect.fail(new AuthError.StoreFailed({ remedy: state.remedy }))
    const store = TokenStore.TokenStore.of({
      ...right,
      read: (key) => (state.reads ? refusal() : right.read(key)),
      replace: (key, expected, next) => (state.writes ? refusal() : right.replace(key, expected, next)),
    })
    return { right, state, store }
  })

  it.live("after the provider has answered costs no token, and no session later", () =>
    Effect.gen(function* () {
      const { state, store } = yield* failing
      const stage = yield* harness({
        store,
        world: strict,
        between: (fetch) => async (input, init) => {
          const response = await fetch(input, init)
          state.writes = breaks
          return response
        },
      })
      let breaks = false
      const driver = yield* stage.drive(stage.accounts.skyswitch(), withoutAlarm(yield* stage.process))
      yield* driver.signIn(people.officeManager)
      breaks = true
      yield* stage.clock.adjust("2 hours")
      const unstored = yield* driver.bearer
      assert.strictEqual(driver.view.path, "refreshed")
      // It is back, with the record of the renewal before: what is in memory is newer.
      state.writes = breaks = false
      yield* stage.clock.adjust("2 hours")
      const stored = yield* driver.bearer
      assert.notStrictEqual(clear(stored.token), clear(unstored.token))
      assert.deepStrictEqual(yield* stage.outcomes, ["issued", "renewed", "renewed"])
    }),
  )

  it.live("before presenting: nothing is sent, and the living token serves", () =>
    Effect.gen(function* () {
      const { state, store } = yield* failing
      const { accounts, clock, drive, journal } = yield* harness({ store })
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      state.reads = true
      yield* clock.adjust("57 minutes")
      yield* reaches(driver, "expiring.waiting")
      assert.strictEqual(driver.view.refusal?.code, "StoreFailed")
      yield* driver.bearer
      assert.lengthOf(yield* journal, 1)
      state.reads = false
      yield* clock.adjust("2 seconds")
      yield* reaches(driver, "refreshed")
    }),
  )

  it.live("at sign-out is asked again, and the session is over whatever it says", () =>
    Effect.gen(function* () {
      const { right, state, store } = yield* failing
      const { accounts, clock, drive, grants } = yield* harness({ store })
      const configured = accounts.skyswitch({ credentials: people.officeManager })
      const name = yield* SessionKey.make(right, configured.account, configured.credentials)
      const driver = yield* drive(configured)
      yield* driver.bearer
      state.writes = true
      const leaving = yield* Effect.forkChild(driver.signOut)
      yield* settle
      assert.strictEqual(driver.view.path, "unauthenticated.idle")
      state.writes = false
      yield* clock.adjust("1 second")
      yield* Fiber.join(leaving)
      assert.isUndefined(yield* right.read(name))

      yield* driver.signIn()
      state.writes = true
      const again = yield* Effect.forkChild(driver.signOut)
      for (const _ of [1, 2, 3, 4, 5, 6, 7]) {
        yield* settle
        yield* clock.adjust("5 seconds")
      }
      yield* Fiber.join(again)
      assert.isDefined(yield* right.read(name))
      assert.strictEqual(yield* reasonOf(driver.bearer), "SignedOut")
      // What could not be removed is not taken up by the next sign-in.
      state.writes = false
      yield* driver.signIn()
      assert.deepStrictEqual(yield* grants, ["password", "password", "password"])
    }),
  )

  it.live("when a session is made says so", () =>
    Effect.gen(function* () {
      const { state, store } = yield* failing
      const { accounts, drive } = yield* harness({ store })
      state.reads = true
      state.remedy = "configure"
      const error = yield* Effect.flip(drive(accounts.sangoma()))
      assert.strictEqual(error.reason._tag, "StoreFailed")
      assert.strictEqual(error.remedy, "configure")
    }),
  )
})

describe("a store that is slow", () => {
  /** A store whose next read or write of a kind waits until it is let on. */
  const slow = Effect.gen(function* () {
    const right = yield* TokenStore.makeMemory
    const gates: { read: Deferred.Deferred<void> | undefined; write: Deferred.Deferred<void> | undefined } = {
      read: undefined,
      write: undefined,
    }
    /** What somebody else does between a reader's look and what the reader does next. */
    const between: { afterRead: Effect.Effect<unknown> | undefined } = { afterRead: undefined }
    const store = TokenStore.TokenStore.of({
      ...right,
      read: (key) =>
        Effect.gen(function* () {
          const gate = gates.read
          if (gate !== undefined) yield* Deferred.await(gate)
          const seen = yield* right.read(key)
          const then = between.afterRead
          between.afterRead = undefined
          if (then !== undefined) yield* then
          return seen
        }),
      replace: (key, expected, next) =>
        Effect.gen(function* () {
          const version = yield* right.replace(key, expected, next)
          // The write is done; only the word of it is late.
          const gate = next?.tokens === undefined ? undefined : gates.write
          if (gate !== undefined) yield* Deferred.await(gate)
          return version
        }),
    })
    return { between, gates, right, store }
  })

  it.live("a sign-in waits until the sign-out before it has removed the record", () =>
    Effect.gen(function* () {
      const { gates, right, store } = yield* slow
      const { accounts, drive, grants } = yield* harness({ store })
      const configured = accounts.skyswitch({ credentials: people.officeManager })
      const driver = yield* drive(configured)
      yield* driver.bearer
      const gate = yield* Deferred.make<void>()
      gates.read = gate
      const leaving = yield* Effect.forkChild(driver.signOut)
      yield* settle
      gates.read = undefined
      const coming = yield* Effect.forkChild(driver.signIn())
      yield* settle
      assert.deepStrictEqual(yield* grants, ["password"])
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(coming)
      yield* Fiber.join(leaving)
      const name = yield* SessionKey.make(right, configured.account, configured.credentials)
      const record = (yield* right.read(name))?.record
      assert.strictEqual(record?.tokens && clear(record.tokens.accessToken), clear((yield* driver.bearer).token))
    }),
  )

  it.live("a sign-in that is taken back while it is stored leaves nothing stored", () =>
    Effect.gen(function* () {
      const { gates, right, store } = yield* slow
      const stage = yield* harness({ store })
      const driver = yield* stage.drive(stage.accounts.skyswitch())
      const gate = yield* Deferred.make<void>()
      gates.write = gate
      const coming = yield* Effect.forkChild(Effect.exit(driver.signIn(people.officeManager)))
      const name = yield* SessionKey.make(right, stage.accounts.skyswitch().account, people.officeManager)
      yield* eventually(
        "the write",
        Effect.map(Effect.orDie(right.read(name)), (seen) => seen?.record.tokens !== undefined),
      )
      yield* driver.cancel
      gates.write = undefined
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(coming)
      yield* eventually(
        "no fiber",
        Effect.sync(() => stage.fibers.size === 0),
      )
      assert.isUndefined(yield* right.read(name))
      assert.deepStrictEqual(yield* stage.outcomes, ["issued", "revoked"])
    }),
  )

  it.live("who hears of a sign-out elsewhere does not remove the session that began after it", () =>
    Effect.gen(function* () {
      const { between, right, store } = yield* slow
      const { accounts, clock, drive, process } = yield* harness({ store })
      const configured = accounts.skyswitch({ credentials: people.reseller })
      const one = yield* drive(configured, withoutAlarm(yield* process))
      yield* one.bearer
      const child = yield* one.child("1001@acmecorp.12345.service")
      const name = yield* SessionKey.make(right, configured.account, configured.credentials)
      const seen = yield* right.read(name)
      yield* right.replace(name, seen?.version, undefined)
      yield* clock.adjust("2 hours")
      between.afterRead = Effect.orDie(
        right.replace(name, undefined, { ...(seen?.record ?? assert.fail()), generation: 5 }),
      )
      assert.strictEqual(yield* reasonOf(one.bearer), "SignedOut")
      yield* settle
      assert.strictEqual((yield* right.read(name))?.record.generation, 5)
      // Its children ended with it.
      assert.strictEqual(yield* reasonOf(child.bearer), "SignedOut")
      assert.isEmpty(child.view.actions)
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
