/**
 * What users of other programs reported in public: commands and agents that share one rotating refresh token. None of it may end a
 * session here.
 */
import { assert, describe, it } from "@effect/vitest"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import type { SessionActivity } from "@pbx-auth/session/Watcher"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as SessionKey from "../src/record/SessionKey.ts"
import { strict } from "./Claiming.ts"
import { clear, eventually, harness, people, settle, tokens, withoutAlarm } from "./Harness.ts"

/** Sessions of several processes on one store, at a strict provider. A process can be halted between reading and writing. */
const stageOf = Effect.gen(function* () {
  const right = yield* TokenStore.makeMemory
  const stage = yield* harness({ store: right, world: strict })
  const configured = stage.accounts.skyswitch({ credentials: people.officeManager })
  const key = yield* SessionKey.make(right, configured.account, configured.credentials)
  const heard: Array<SessionActivity> = []
  const watcher = (_: unknown, activity: SessionActivity) => void heard.push(activity)
  /** Makes a session in a process of its own, on this store. */
  const on = (store: TokenStore.TokenStore["Service"]) =>
    Effect.gen(function* () {
      const runtime = withoutAlarm(yield* stage.processWith(store))
      const driver = yield* stage.drive(configured, { ...runtime, watcher })
      yield* driver.bearer
      return driver
    })
  const kept = Effect.orDie(right.read(key))
  const write = (change: (record: TokenStore.TokenRecord) => TokenStore.TokenRecord) =>
    Effect.flatMap(kept, (seen) => right.replace(key, seen?.version, change(seen?.record ?? assert.fail())))
  return { ...stage, another: on(right), heard, kept, key, on, right, write }
})

/** A store whose process is halted before its next write, until `go` is opened: a laptop asleep, a process stopped. */
const halting = (right: TokenStore.TokenStore["Service"]) =>
  Effect.gen(function* () {
    const go = yield* Deferred.make<void>()
    const state = { halts: false, isHalted: false }
    const store = TokenStore.TokenStore.of({
      ...right,
      replace: (key, expected, next) =>
        Effect.suspend(() => {
          if (!state.halts) return right.replace(key, expected, next)
          state.halts = false
          state.isHalted = true
          return Effect.andThen(Deferred.await(go), right.replace(key, expected, next))
        }),
    })
    return { go: Deferred.succeed(go, undefined), state, store }
  })

describe("public reports about shared refresh tokens", () => {
  it.live("the loser of a race deletes the winner's tokens: here they stay, and the loser's own are given back", () =>
    Effect.gen(function* () {
      const { asked, clock, emulator, kept, key, on, outcomes, right } = yield* stageOf
      const loser = yield* on(right)
      yield* clock.adjust("2 hours")
      const { release } = yield* emulator.hold
      const losing = yield* Effect.forkChild(Effect.exit(loser.bearer))
      yield* asked(2)
      // While the loser's renewal is on its way, somebody signs out, and the winner signs in anew.
      const tombstone = yield* right.replace(key, (yield* kept)?.version, undefined)
      const now = yield* clock.currentTimeMillis
      const times = { issuedAt: now, dueAt: now + 3_000_000, usableUntil: now + 3_500_000, expiresAt: now + 3_600_000 }
      const theirs = { generation: 1, via: "sign_in", tokens: tokens("winner"), times, intent: undefined } as const
      yield* right.replace(key, tombstone, theirs)
      yield* release
      yield* Fiber.join(losing)
      yield* eventually(
        "the revocation",
        Effect.map(outcomes, (all) => all.at(-1) === "revoked"),
      )
      const record = (yield* kept)?.record
      assert.strictEqual(record?.tokens && clear(record.tokens.accessToken), "access-winner")
      assert.strictEqual(record?.generation, 1)
    }),
  )

  it.live(
    "the loser's renewal is refused after the winner's was stored: the winner's record stays, and is adopted",
    () =>
      Effect.gen(function* () {
        const { clock, emulator, kept, write, another } = yield* stageOf
        const one = yield* another
        yield* clock.adjust("2 hours")
        // The provider refuses the old refresh token, because the winner has used it.
        yield* emulator.killRefreshTokens
        const { release } = yield* emulator.hold
        const losing = yield* Effect.forkChild(one.bearer)
        yield* settle
        const now = yield* clock.currentTimeMillis
        const times = {
          issuedAt: now,
          dueAt: now + 3_000_000,
          usableUntil: now + 3_500_000,
          expiresAt: now + 3_600_000,
        }
        const seen = (yield* kept)?.record?.tokens ?? assert.fail()
        yield* write((record) => ({ ...record, generation: 2, tokens: seen, times, intent: undefined }))
        yield* release
        assert.strictEqual((yield* Fiber.join(losing)).generation, 2)
        assert.strictEqual((yield* kept)?.record?.generation, 2)
      }),
  )

  it.live("18 long-lived processes keep an old token in memory: each reads the record before it presents", () =>
    Effect.gen(function* () {
      const { another, clock, outcomes } = yield* stageOf
      const all = yield* Effect.forEach(Array.from({ length: 18 }), () => another)
      const [first] = all
      // One of them works on for days; the others sleep, each with the refresh token of the first day.
      for (const _ of [1, 2, 3]) {
        yield* clock.adjust("2 hours")
        yield* first?.bearer ?? assert.fail()
      }
      yield* clock.adjust("10 minutes")
      const bearers = yield* Effect.forEach(all, (one) => one.bearer, { concurrency: "unbounded" })
      assert.strictEqual(new Set(bearers.map(({ token }) => clear(token))).size, 1)
      yield* clock.adjust("2 hours")
      yield* Effect.forEach(all, (one) => one.bearer, { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* outcomes, ["issued", "renewed", "renewed", "renewed", "renewed"])
    }),
  )

  it.live(
    "a token that was rotated long ago is presented by a process that slept: it presents the one in the record",
    () =>
      Effect.gen(function* () {
        const { another, clock, outcomes, kept } = yield* stageOf
        const awake = yield* another
        const slept = yield* another
        for (const _ of [1, 2]) {
          yield* clock.adjust("2 hours")
          yield* awake.bearer
        }
        // The other's token is dead too by now, so this one has to renew, and its own refresh token is two rotations old.
        yield* clock.adjust("2 hours")
        yield* slept.bearer
        assert.deepStrictEqual(yield* outcomes, ["issued", "renewed", "renewed", "renewed"])
        assert.strictEqual((yield* kept)?.record?.generation, 4)
      }),
  )

  it.live(
    "expiry times are written as zero over a living record: nobody takes them for a token's, and nothing is lost",
    () =>
      Effect.gen(function* () {
        const { another, clock, kept, outcomes, write } = yield* stageOf
        const one = yield* another
        const { token } = yield* one.bearer
        const zero = { issuedAt: 0, dueAt: 0, usableUntil: 0, expiresAt: 0 }
        yield* write((record) => ({ ...record, times: zero }))
        // Whoever holds the token goes on.
        assert.strictEqual(clear((yield* one.bearer).token), clear(token))
        yield* clock.adjust("2 hours")
        yield* one.bearer
        assert.deepStrictEqual(yield* outcomes, ["issued", "renewed"])
        // Who knows the record alone renews once.
        yield* write((record) => ({ ...record, times: zero }))
        const fresh = yield* another
        yield* fresh.bearer
        assert.deepStrictEqual(yield* outcomes, ["issued", "renewed", "renewed"])
        assert.isAbove((yield* kept)?.record?.times?.issuedAt ?? 0, 0)
      }),
  )

  it.live("times that no token can have, in a later record, are not adopted: its refresh token is used", () =>
    Effect.gen(function* () {
      const { another, clock, outcomes, write } = yield* stageOf
      const one = yield* another
      const other = yield* another
      yield* clock.adjust("2 hours")
      yield* other.bearer
      // A token without an end, issued at no time.
      const times = { issuedAt: 0, dueAt: null, usableUntil: null, expiresAt: null }
      yield* write((record) => ({ ...record, times }))
      yield* one.bearer
      assert.deepStrictEqual(yield* outcomes, ["issued", "renewed", "renewed"])
    }),
  )

  it.live("a laptop sleeps between reading the record and writing its intent: it presents nothing, and adopts", () =>
    Effect.gen(function* () {
      const { another, clock, on, outcomes, right } = yield* stageOf
      const { go, state, store } = yield* halting(right)
      const laptop = yield* on(store)
      const other = yield* another
      yield* clock.adjust("2 hours")
      state.halts = true
      const waking = yield* Effect.forkChild(laptop.bearer)
      yield* eventually(
        "the sleep",
        Effect.sync(() => state.isHalted),
      )
      const { token } = yield* other.bearer
      yield* clock.adjust("30 minutes")
      yield* go
      assert.strictEqual(clear((yield* Fiber.join(waking)).token), clear(token))
      assert.deepStrictEqual(yield* outcomes, ["issued", "renewed"])
    }),
  )

  it.live("a laptop sleeps between its renewal and storing it: the token is stored when it wakes", () =>
    Effect.gen(function* () {
      const { asked, clock, emulator, kept, on, outcomes, right } = yield* stageOf
      const { go, state, store } = yield* halting(right)
      const laptop = yield* on(store)
      yield* clock.adjust("2 hours")
      const { release } = yield* emulator.hold
      const waking = yield* Effect.forkChild(laptop.bearer)
      yield* asked(2)
      state.halts = true
      yield* release
      yield* eventually(
        "the sleep",
        Effect.sync(() => state.isHalted),
      )
      yield* clock.adjust("20 minutes")
      yield* go
      const { token } = yield* Fiber.join(waking)
      const record = (yield* kept)?.record
      assert.strictEqual(record?.generation, 2)
      assert.strictEqual(record?.tokens && clear(record.tokens.accessToken), clear(token))
      assert.deepStrictEqual(yield* outcomes, ["issued", "renewed"])
    }),
  )

  it.live("a process dies in a renewal: operators are told which holder, of what, and how long ago, once", () =>
    Effect.gen(function* () {
      const { another, clock, heard, write } = yield* stageOf
      yield* another
      const now = yield* clock.currentTimeMillis
      const intent = { holder: "dead", purpose: "renewal" as const, startedAt: now, until: now + 20_000 }
      yield* write((record) => ({ ...record, intent }))
      yield* clock.adjust("25 seconds")
      const next = yield* another
      next.reject((yield* next.bearer).generation)
      yield* Effect.exit(next.bearer)
      const left = heard.filter((one) => one._tag === "IntentLeft")
      assert.lengthOf(left, 1)
      assert.deepInclude(left[0], { holder: "dead", purpose: "renewal" })
      assert.isAtLeast(left[0]?._tag === "IntentLeft" ? left[0].age : 0, 25_000)
    }),
  )
})
