/** The store is away for hours. Living tokens serve, nothing is used up twice, and what the store missed is written when it is back. */
import { assert, describe, it } from "@effect/vitest"
import type { Rotation } from "@pbx-auth/providers/Provider"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import type { SessionActivity } from "@pbx-auth/session/Watcher"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SessionKey from "../src/record/SessionKey.ts"
import { isTombstone, leaving, losing, rotating, strict } from "./Claiming.ts"
import { clear, eventually, harness, people, reasonOf, settle, withoutAlarm } from "./Harness.ts"

const stageOf = (
  options: { readonly rotation?: Rotation; readonly attended?: boolean; readonly sole?: boolean } = {},
) =>
  Effect.gen(function* () {
    const right = yield* losing
    const away = leaving(right.store, options.sole)
    const stage = yield* harness({ store: away.store, ...(options.rotation === "strict" && { world: strict }) })
    const given = stage.accounts.skyswitch({ credentials: people.officeManager })
    const configured = rotating(given, options.rotation ?? "strict")
    const attended = { ...configured, credentials: undefined }
    const heard: Array<string> = []
    const watcher = (_: unknown, activity: SessionActivity) =>
      void ("what" in activity && heard.push(`${activity._tag} ${activity.what}`))
    /** In a process of its own. Its network to the store is cut with that of all others. */
    const another = Effect.gen(function* () {
      const runtime = withoutAlarm(yield* stage.process)
      const driver = yield* stage.drive(options.attended ? attended : configured, { ...runtime, watcher })
      if (options.attended) yield* driver.signIn(people.officeManager)
      yield* driver.bearer
      return driver
    })
    const key = yield* SessionKey.make(right.store, given.account, given.credentials)
    const kept = Effect.orDie(right.store.read(key))
    /** Hours pass, and so do the pauses between tries. */
    const until = (what: string, is: (seen: TokenStore.Versioned | undefined) => boolean) =>
      eventually(what, Effect.andThen(stage.clock.adjust("1 minute"), Effect.map(kept, is)))
    return { ...stage, ...right, another, configured, heard, key, kept, state: away.state, until }
  })

describe("while the store is away", () => {
  it.live(
    "a living token serves; where the refresh token may be used up nothing is sent, and the error says when",
    () =>
      Effect.gen(function* () {
        for (const remedy of ["retry", "configure"] as const) {
          const { another, clock, grants, state } = yield* stageOf({ attended: true })
          const one = yield* another
          const { token } = yield* one.bearer
          state.isAway = true
          state.remedy = remedy
          yield* clock.adjust("57 minutes")
          assert.strictEqual(clear((yield* one.bearer).token), clear(token))
          yield* clock.adjust("2 hours")
          const error = yield* Effect.flip(one.bearer)
          assert.strictEqual(error.reason._tag, "StoreFailed")
          assert.isAbove(error.retryAt ?? 0, yield* clock.currentTimeMillis)
          assert.deepStrictEqual(yield* grants, ["password"])
          // Nobody was signed out: once the store is back, the session renews.
          state.isAway = false
          yield* clock.adjust("2 minutes")
          yield* one.bearer
          assert.deepStrictEqual(yield* grants, ["password", "refresh_token"])
        }
      }),
  )

  it.live("a provider that does not rotate is asked without a claim, and the token is stored afterwards", () =>
    Effect.gen(function* () {
      const { another, clock, grants, heard, kept, state, until } = yield* stageOf({ rotation: "none", attended: true })
      const one = yield* another
      state.isAway = true
      yield* clock.adjust("2 hours")
      const { token } = yield* one.bearer
      assert.deepStrictEqual(heard, ["StoreFailed store"])
      assert.strictEqual((yield* kept)?.record?.generation, 1)
      state.isAway = false
      const isMerged = (seen: TokenStore.Versioned | undefined) => seen?.record?.generation === 2
      yield* until("the merge", isMerged)
      const tokens = (yield* kept)?.record?.tokens
      assert.strictEqual(tokens && clear(tokens.accessToken), clear(token))
      assert.deepStrictEqual(heard, ["StoreFailed store", "StoreRecovered store"])
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token"])
      // The next renewal is a shared one again.
      yield* clock.adjust("2 hours")
      yield* one.bearer
      assert.strictEqual((yield* kept)?.record?.generation, 3)
    }),
  )

  it.live("the sole holder renews at a strict provider", () =>
    Effect.gen(function* () {
      const { another, clock, outcomes, state, until } = yield* stageOf({
        sole: true,
        rotation: "strict",
        attended: true,
      })
      const one = yield* another
      state.isAway = true
      for (const _ of [1, 2, 3]) {
        yield* clock.adjust("2 hours")
        yield* one.bearer
      }
      assert.deepStrictEqual(yield* outcomes, ["issued", "renewed", "renewed", "renewed"])
      state.isAway = false
      yield* until("the merge", (seen) => seen?.record?.generation === 2)
    }),
  )

  it.live("a session with credentials signs in once its token has ended, and not before", () =>
    Effect.gen(function* () {
      const { another, clock, grants, kept, state, until } = yield* stageOf()
      const one = yield* another
      const other = yield* another
      state.isAway = true
      yield* clock.adjust("57 minutes")
      yield* one.bearer
      yield* settle
      assert.deepStrictEqual(yield* grants, ["password"])
      yield* clock.adjust("1 hour")
      const { token } = yield* one.bearer
      assert.deepStrictEqual(yield* grants, ["password", "password"])
      state.isAway = false
      yield* until("the merge", (seen) => (seen?.record?.generation ?? 0) > 1)
      const tokens = (yield* kept)?.record?.tokens
      assert.strictEqual(tokens && clear(tokens.accessToken), clear(token))
      // Others adopt it.
      assert.strictEqual(clear((yield* other.bearer).token), clear(token))
      assert.deepStrictEqual(yield* grants, ["password", "password"])
    }),
  )

  it.live("a session with credentials opens and signs in, and its token is stored when the store is back", () =>
    Effect.gen(function* () {
      const { another, grants, heard, kept, state, until } = yield* stageOf()
      state.isAway = true
      const one = yield* another
      const { token } = yield* one.bearer
      assert.deepStrictEqual(yield* grants, ["password"])
      assert.deepStrictEqual(heard, ["StoreFailed store"])
      assert.isUndefined(yield* kept)
      state.isAway = false
      yield* until("the merge", (seen) => seen?.record?.tokens !== undefined)
      const tokens = (yield* kept)?.record?.tokens
      assert.strictEqual(tokens && clear(tokens.accessToken), clear(token))
      // Others find it.
      yield* another
      assert.deepStrictEqual(yield* grants, ["password"])
    }),
  )

  it.live("a session that opens, and finds the store back before a token is needed, takes the one that is kept", () =>
    Effect.gen(function* () {
      const { another, configured, drive, grants, process, state } = yield* stageOf()
      const { token } = yield* (yield* another).bearer
      state.isAway = true
      const one = yield* drive(configured, withoutAlarm(yield* process))
      state.isAway = false
      assert.strictEqual(clear((yield* one.bearer).token), clear(token))
      assert.deepStrictEqual(yield* grants, ["password"])
    }),
  )

  it.live(
    "a session does not open with a refresh token that it cannot claim, or on a store that needs an operator",
    () =>
      Effect.gen(function* () {
        const { configured, drive, grants, process, state } = yield* stageOf()
        const runtime = withoutAlarm(yield* process)
        state.isAway = true
        const adopting = { ...configured, refreshToken: Redacted.make("a-refresh-token") }
        assert.strictEqual(yield* reasonOf(Effect.scoped(drive(adopting, runtime))), "StoreFailed")
        state.remedy = "configure"
        assert.strictEqual(yield* reasonOf(Effect.scoped(drive(configured, runtime))), "StoreFailed")
        assert.deepStrictEqual(yield* grants, [])
      }),
  )

  it.live("a later token that another session stored stays, and is adopted", () =>
    Effect.gen(function* () {
      const { another, clock, key, kept, state, store, until } = yield* stageOf({ rotation: "none", attended: true })
      const one = yield* another
      const before = yield* kept
      state.isAway = true
      yield* clock.adjust("2 hours")
      yield* one.bearer
      const now = yield* clock.currentTimeMillis
      const record = before?.record ?? assert.fail()
      const times = { issuedAt: now, dueAt: now + 6e6, usableUntil: now + 7e6, expiresAt: now + 8e6 }
      yield* store.replace(key, before?.version, { ...record, generation: 7, times })
      state.isAway = false
      yield* until("nothing more to store", () => true)
      yield* clock.adjust("5 minutes")
      assert.strictEqual((yield* kept)?.record?.generation, 7)
      yield* clock.adjust("57 minutes")
      assert.strictEqual((yield* one.bearer).generation, 7)
    }),
  )

  it.live("a sign-out elsewhere wins over a token that was renewed meanwhile", () =>
    Effect.gen(function* () {
      const { another, clock, heard, key, kept, outcomes, state, store } = yield* stageOf({
        rotation: "none",
        attended: true,
      })
      const one = yield* another
      state.isAway = true
      yield* clock.adjust("2 hours")
      yield* one.bearer
      yield* store.replace(key, (yield* kept)?.version, undefined)
      state.isAway = false
      yield* eventually(
        "the end of the session",
        Effect.andThen(
          clock.adjust("1 minute"),
          Effect.sync(() => one.view.path === "unauthenticated.idle"),
        ),
      )
      assert.strictEqual(yield* reasonOf(one.bearer), "SignedOut")
      assert.isTrue(isTombstone(yield* kept))
      assert.include(heard, "StoreRecovered store")
      yield* eventually(
        "the revocation",
        Effect.map(outcomes, (all) => all.at(-1) === "revoked"),
      )
    }),
  )

  it.live("a sign-out is remembered, and its tombstone is written when the store is back", () =>
    Effect.gen(function* () {
      const { another, clock, heard, kept, state, until } = yield* stageOf({ attended: true })
      const one = yield* another
      state.isAway = true
      const leave = yield* Effect.forkChild(one.signOut)
      for (const _ of [1, 2, 3, 4, 5, 6, 7]) {
        yield* settle
        yield* clock.adjust("5 seconds")
      }
      yield* Fiber.join(leave)
      assert.deepStrictEqual(heard, ["StoreFailed remove"])
      assert.isDefined((yield* kept)?.record)
      state.isAway = false
      yield* until("the tombstone", isTombstone)
      assert.deepStrictEqual(heard, ["StoreFailed remove", "StoreRecovered remove"])
    }),
  )

  it.live("a session that closes tries once more", () =>
    Effect.gen(function* () {
      const { another, clock, kept, state } = yield* stageOf({ rotation: "none", attended: true })
      const one = yield* another
      state.isAway = true
      yield* clock.adjust("2 hours")
      yield* one.bearer
      state.isAway = false
      yield* one.close
      assert.strictEqual((yield* kept)?.record?.generation, 2)
    }),
  )
})

describe("the store of a sole holder", () => {
  it.live("is the same store, and says so", () =>
    Effect.gen(function* () {
      const layer = TokenStore.layerSoleHolder(TokenStore.TokenStore.layerMemory)
      const store = Context.get(yield* Layer.build(layer), TokenStore.TokenStore)
      assert.isTrue(store.isSoleHolder)
      const version = yield* store.replace("a", undefined, undefined)
      assert.deepStrictEqual(yield* store.read("a"), { version, record: undefined })
    }),
  )
})
