/** Sessions that share a store ask an owner for their renewals. The owner is a process beside them; nothing stands between but a queue. */
import { assert, describe, it } from "@effect/vitest"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as RenewalOwner from "@pbx-auth/session/RenewalOwner"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import { CurrentWatcher } from "@pbx-auth/session/Watcher"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Semaphore from "effect/Semaphore"
import { strict } from "./Claiming.ts"
import { clear, harness, people, settle, withoutAlarm } from "./Harness.ts"

/** Two processes with the same session: the owner's, and another one. `answers` is whether questions reach the owner. */
const town = Effect.fnUntraced(function* (
  how: {
    readonly answers?: boolean
    readonly hasSession?: boolean
    readonly store?: TokenStore.TokenStore["Service"]
  } = {},
) {
  const stage = yield* harness({ wire: "http", world: strict, ...(how.store && { store: how.store }) })
  // As an entity's mailbox: one question after the other.
  const mailbox = yield* Semaphore.make(1)
  const needs: Array<RenewalOwner.Need> = []
  const presented: Array<string> = []
  const ask = (need: RenewalOwner.Need): Effect.Effect<void> =>
    Effect.suspend(() => {
      needs.push(need)
      return how.answers === false ? Effect.void : Effect.asVoid(mailbox.withPermit(owner.renew(need)))
    })
  const owner = RenewalOwner.make(ask)
  const other = RenewalOwner.make(ask)
  const configured = stage.accounts.skyswitch({ credentials: people.officeManager })
  const driven = (name: string, renewals: RenewalOwner.Renewals) =>
    Effect.gen(function* () {
      const runtime = yield* Effect.provideService(stage.process, RenewalOwner.CurrentRenewalOwner, renewals.owner)
      const { endpoint } = runtime
      const seen: typeof endpoint = {
        ...endpoint,
        present: (account, grant) => {
          presented.push(`${name} ${grant._tag}`)
          return endpoint.present(account, grant)
        },
      }
      return yield* stage.drive(configured, withoutAlarm({ ...runtime, endpoint: seen }))
    })
  const theirs = yield* driven("other", other)
  yield* theirs.bearer
  const ours = how.hasSession === false ? undefined : yield* driven("owner", owner)
  yield* ours?.bearer ?? Effect.void
  presented.length = 0
  return { ...stage, needs, other, ours, owner, presented, theirs }
})

describe("an owner of renewals", () => {
  it.live("renews for a process that is due, which takes the token from the store", () =>
    Effect.gen(function* () {
      const { clock, needs, ours, presented, theirs } = yield* town()
      yield* clock.adjust("2 hours")
      const token = clear((yield* theirs.bearer).token)
      assert.deepStrictEqual(presented, ["owner RefreshToken"])
      assert.strictEqual(token, clear((yield* ours?.bearer ?? Effect.die("none")).token))
      assert.deepInclude(needs[0], { held: 1, isEarly: false })
    }),
  )

  it.live("renews a token that an API rejected in another process, and one question does it once", () =>
    Effect.gen(function* () {
      const { needs, owner, presented, theirs } = yield* town()
      const before = yield* theirs.bearer
      theirs.reject(before.generation)
      assert.notStrictEqual(clear((yield* theirs.bearer).token), clear(before.token))
      assert.deepStrictEqual(presented, ["owner RefreshToken"])
      const [need] = needs
      assert.deepInclude(need, { held: 1, isEarly: true })
      // The same question again, as from somebody who kept it.
      assert.strictEqual(yield* owner.renew(need ?? assert.fail("nobody asked")), 2)
      assert.deepStrictEqual(presented, ["owner RefreshToken"])
    }),
  )

  it.live("that is due itself does not wait for its own answer", () =>
    Effect.gen(function* () {
      const { clock, ours, presented, theirs } = yield* town()
      yield* clock.adjust("2 hours")
      const all = yield* Effect.all([ours?.bearer ?? Effect.die("none"), theirs.bearer], { concurrency: "unbounded" })
      assert.strictEqual(new Set(all.map(({ token }) => clear(token))).size, 1)
      assert.lengthOf(presented, 1)
    }),
  )

  for (const [title, how] of [
    ["that is away", { answers: false }],
    ["that has no such session", { hasSession: false }],
  ] as const) {
    it.live(`${title} is not needed: the process claims by itself`, () =>
      Effect.gen(function* () {
        const { clock, needs, presented, theirs } = yield* town(how)
        yield* clock.adjust("2 hours")
        yield* theirs.bearer
        assert.lengthOf(needs, 1)
        assert.deepStrictEqual(presented, ["other RefreshToken"])
      }),
    )
  }

  it.live(
    "does not renew a token that is younger than the one that is meant, nor one of a generation that nobody has",
    () =>
      Effect.gen(function* () {
        const { needs, owner, presented, theirs } = yield* town()
        const key = yield* Effect.gen(function* () {
          theirs.reject((yield* theirs.bearer).generation)
          yield* theirs.bearer
          return needs[0]?.key ?? ""
        })
        presented.length = 0
        assert.strictEqual(yield* owner.renew({ key, held: 1, isEarly: true }), 2)
        assert.strictEqual(yield* owner.renew({ key, held: 99, isEarly: true }), 2, "a generation that nobody has")
        assert.strictEqual(yield* owner.renew({ key: "nobody", held: 0, isEarly: false }), undefined)
        yield* settle
        assert.deepStrictEqual(presented, [])
      }),
  )

  it.live("is not asked for a token that the store could not take: nobody else has its refresh token", () =>
    Effect.gen(function* () {
      let isFull = false
      const place = yield* TokenStore.makeMemory
      const store: typeof place = {
        ...place,
        replace: (key, expected, next) =>
          isFull && next?.tokens !== undefined && next.intent === undefined
            ? Effect.fail(new StoreFailed({ remedy: "retry" }))
            : place.replace(key, expected, next),
      }
      const { clock, needs, presented, theirs } = yield* town({ hasSession: false, store })
      isFull = true
      yield* clock.adjust("2 hours")
      yield* theirs.bearer
      assert.lengthOf(needs, 1)
      yield* clock.adjust("2 hours")
      yield* theirs.bearer
      assert.lengthOf(needs, 1)
      assert.deepStrictEqual(presented, ["other RefreshToken", "other RefreshToken"])
    }),
  )

  it.live("forgets a session that is closed, and the app's watcher sees everything", () =>
    Effect.gen(function* () {
      const { accounts, drive, process } = yield* harness()
      const seen: Array<string> = []
      const renewals = RenewalOwner.make(() => Effect.void)
      const runtime = yield* process.pipe(
        Effect.provideService(RenewalOwner.CurrentRenewalOwner, renewals.owner),
        Effect.provideService(CurrentWatcher, (_, { _tag }) => void seen.push(_tag)),
      )
      const driver = yield* drive(accounts.skyswitch({ credentials: people.officeManager }), runtime)
      yield* driver.bearer
      assert.strictEqual(yield* renewals.size, 1)
      yield* Fiber.join(yield* Effect.forkChild(driver.close))
      assert.strictEqual(yield* renewals.size, 0)
      assert.deepStrictEqual([seen[0], seen.at(-1)], ["Opened", "Closed"])
    }),
  )
})
