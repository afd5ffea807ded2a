/** A store that gives back too much, fails, or is slow. */
import { assert, describe, it } from "@effect/vitest"
import * as AuthError from "@pbx-auth/providers/AuthError"
import * as SessionActor from "@pbx-auth/session/SessionActor"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as SessionKey from "../src/record/SessionKey.ts"
import { isTombstone, strict } from "./Claiming.ts"
import { clear, eventually, harness, people, reaches, reasonOf, settle, withoutAlarm } from "./Harness.ts"

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
            if (seen?.record === undefined || times === undefined || tokens === undefined) return seen
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
      SessionActor.mirror(second, (seen) => void events.push("event" in seen ? seen.event : undefined))
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
      assert.isTrue(isTombstone(yield* right.read(name)))

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
    /** What another writer does between a reader's read and its next action. */
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
        Effect.map(Effect.orDie(right.read(name)), (seen) => seen?.record?.tokens !== undefined),
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
      const tombstone = yield* right.replace(name, seen?.version, undefined)
      yield* clock.adjust("2 hours")
      between.afterRead = Effect.orDie(
        right.replace(name, tombstone, { ...(seen?.record ?? assert.fail()), generation: 5 }),
      )
      assert.strictEqual(yield* reasonOf(one.bearer), "SignedOut")
      yield* settle
      assert.strictEqual((yield* right.read(name))?.record?.generation, 5)
      // Its children ended with it.
      assert.strictEqual(yield* reasonOf(child.bearer), "SignedOut")
      assert.isEmpty(child.view.actions)
    }),
  )
})
