/** A cap of living tokens: sessions keep below it, by revoking what nobody uses before they ask for the next one. */
import { assert, describe, it } from "@effect/vitest"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import { provider as yeastar } from "@pbx-auth/providers/Yeastar"
import { open } from "@pbx-auth/session/PromiseProvider"
import type { OpenOptions } from "@pbx-auth/session/Promises"
import { openTokenStore } from "@pbx-auth/session/PromiseTokenStore"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { client, lasting, staged, unruled } from "./CappedStage.ts"
import { leaving } from "./Claiming.ts"
import { clear, eventually, settle } from "./Harness.ts"

/** A day of restarts: nine processes within half an hour, each closed in good order. */
const restarts = (provider: typeof yeastar) =>
  Effect.gen(function* () {
    const { clock, opened } = yield* staged({}, provider)
    for (let one = 0; one < 9; one++) {
      const { close, pbx } = yield* opened()
      yield* pbx.bearer
      yield* clock.adjust("3 minutes")
      yield* close
    }
  }).pipe(Effect.scoped)

/** The same with a store that lasts, while an API rejects each token once. */
const rejections = (provider: typeof yeastar) =>
  Effect.gen(function* () {
    const { clock, opened, processWith } = yield* staged({ revocationEndsRefresh: false }, provider)
    const store = yield* lasting
    for (let one = 0; one < 9; one++) {
      const { close, pbx } = yield* opened(yield* processWith(store))
      const { generation, token } = yield* pbx.bearer
      yield* pbx.reject(generation)
      assert.notStrictEqual(clear((yield* pbx.bearer).token), clear(token))
      yield* clock.adjust("3 minutes")
      yield* close
    }
  }).pipe(Effect.scoped)

const reason = <A, E extends AuthError>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.flip(effect), (error) => ({ ...error.reason }))

/** A store in memory. After `late`, what its next reading has found waits for `goOn`; `isRead` waits for that reading. */
const lateReading = Effect.fnUntraced(function* () {
  const memory = yield* TokenStore.makeMemory
  const reading = yield* Deferred.make<void>()
  const goingOn = yield* Deferred.make<void>()
  let isLate = false
  const store: TokenStore.TokenStore["Service"] = {
    ...memory,
    read: (key) =>
      Effect.gen(function* () {
        const seen = yield* memory.read(key)
        if (!isLate) return seen
        isLate = false
        yield* Deferred.succeed(reading, undefined)
        yield* Deferred.await(goingOn)
        return seen
      }),
  }
  const late = () => {
    isLate = true
  }
  return { goOn: Deferred.succeed(goingOn, undefined), isRead: Deferred.await(reading), late, store }
})

describe("a cap of living tokens", () => {
  for (const [what, day] of [
    ["ends without a store", restarts],
    ["finds a rejected token in its store", rejections],
  ] as const) {
    it.live(`is kept on a day of restarts, where each process ${what}`, () => day(yeastar))
    it.live(`would refuse the ninth without the rule, where each process ${what}`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* reason(day(unruled) as Effect.Effect<void, AuthError>))._tag, "Throttled")
      }),
    )
  }

  for (const [what, given] of [
    ["outlives the process", lasting],
    ["is in memory", TokenStore.makeMemory],
  ] as const) {
    it.live(`leaves a token in a store that the app gave, and that ${what}`, () =>
      Effect.gen(function* () {
        const { isAlive, opened, processWith, revoked, presented } = yield* staged()
        const store = yield* given
        const first = yield* opened(yield* processWith(store))
        const { token } = yield* first.pbx.bearer
        yield* first.close
        assert.isTrue(yield* isAlive(clear(token)))
        const second = yield* opened(yield* processWith(store))
        assert.strictEqual(clear((yield* second.pbx.bearer).token), clear(token))
        assert.deepStrictEqual([presented().length, revoked()], [1, 0])
      }).pipe(Effect.scoped),
    )
  }

  it.live("leaves it for apps without Effect, too, and revokes what only the session had", () =>
    Effect.gen(function* () {
      const { address, isAlive } = yield* staged()
      const store = yield* Effect.promise(() => openTokenStore(TokenStore.TokenStore.layerMemory))
      const tokenOf = (how: OpenOptions) =>
        Effect.promise(async () => {
          await using pbx = await open(yeastar, { address, client }, how)
          return await pbx.accessToken()
        })
      assert.isTrue(yield* isAlive(yield* tokenOf({ store })))
      assert.isFalse(yield* isAlive(yield* tokenOf({})))
    }).pipe(Effect.scoped),
  )

  it.live("leaves it also if the store is away as the session closes, however much room others need", () =>
    Effect.gen(function* () {
      const { isAlive, opened, processWith, revoked } = yield* staged()
      const { state, store } = leaving(yield* lasting)
      const first = yield* opened(yield* processWith(store))
      const { token } = yield* first.pbx.bearer
      state.isAway = true
      yield* first.close
      const others = yield* Effect.forEach(Array.from({ length: 8 }), () => opened())
      yield* Effect.forEach(others, ({ pbx }) => Effect.exit(pbx.bearer))
      assert.strictEqual(revoked(), 0)
      assert.isTrue(yield* isAlive(clear(token)))
      state.isAway = false
      const second = yield* opened(yield* processWith(store))
      assert.strictEqual(clear((yield* second.pbx.bearer).token), clear(token))
    }).pipe(Effect.scoped),
  )

  it.live("finds no dead token in the memory of its process", () =>
    Effect.gen(function* () {
      const { isAlive, opened, processWith, revoked } = yield* staged()
      const process = yield* processWith()
      const first = yield* opened(process)
      yield* first.pbx.bearer
      yield* first.close
      assert.strictEqual(revoked(), 1)
      const second = yield* opened(process)
      assert.isTrue(yield* isAlive(clear((yield* second.pbx.bearer).token)))
    }).pipe(Effect.scoped),
  )

  it.live("gives no session a token that another one is revoking as it closes", () =>
    Effect.gen(function* () {
      const { emulator, isAlive, opened, processWith, revoked } = yield* staged()
      const process = yield* processWith()
      const first = yield* opened(process)
      yield* first.pbx.bearer
      const { release } = yield* emulator.hold
      const closing = yield* Effect.forkChild(first.close)
      yield* eventually(
        "the revocation",
        Effect.sync(() => revoked() === 1),
      )
      const second = yield* opened(process)
      const asking = yield* Effect.forkChild(second.pbx.bearer)
      yield* release
      yield* Fiber.join(closing)
      assert.isTrue(yield* isAlive(clear((yield* Fiber.join(asking)).token)))
    }).pipe(Effect.scoped),
  )

  // The one that opens has read the record, and goes on when the other has closed, or has written over what it read.
  for (const goesOn of ["has closed", "has begun to close"] as const) {
    it.live(`gives no session a token that is revoked, if it reads the record just before the other ${goesOn}`, () =>
      Effect.gen(function* () {
        const { isAlive, opened, owning, revoked } = yield* staged()
        const { goOn, isRead, late, store } = yield* lateReading()
        const process = yield* owning({
          ...store,
          replace: (...what) =>
            Effect.tap(store.replace(...what), () =>
              goesOn === "has closed" ? Effect.void : Effect.andThen(goOn, settle),
            ),
        })
        const first = yield* opened(process)
        yield* first.pbx.bearer
        late()
        const opening = yield* Effect.forkChild(opened(process))
        yield* isRead
        yield* first.close
        yield* goOn
        const second = yield* Fiber.join(opening)
        assert.isTrue(yield* isAlive(clear((yield* second.pbx.bearer).token)))
        // Its successor finds nothing dead either, and nothing is left to count.
        yield* second.close
        const third = yield* opened(process)
        assert.isTrue(yield* isAlive(clear((yield* third.pbx.bearer).token)))
        assert.isAbove(revoked(), 0)
      }).pipe(Effect.scoped),
    )
  }

  it.live("is kept without the token that a session is about to use as it opens", () =>
    Effect.gen(function* () {
      const { isAlive, opened, owning } = yield* staged()
      const { goOn, isRead, late, store } = yield* lateReading()
      const process = yield* owning(store)
      const first = yield* opened(process)
      yield* first.pbx.bearer
      late()
      const opening = yield* Effect.forkChild(opened(process))
      yield* isRead
      yield* first.close
      // The others need all the room that there is.
      const others = yield* Effect.forEach(Array.from({ length: 8 }), () => opened())
      yield* Effect.forEach(others, ({ pbx }) => Effect.exit(pbx.bearer))
      yield* goOn
      const second = yield* Fiber.join(opening)
      assert.isTrue(yield* isAlive(clear((yield* second.pbx.bearer).token)))
    }).pipe(Effect.scoped),
  )

  it.live("keeps a token as its session closes, if another writer comes in between", () =>
    Effect.gen(function* () {
      const { isAlive, opened, owning, revoked } = yield* staged()
      const memory = yield* TokenStore.makeMemory
      let closes = false
      const process = yield* owning({
        ...memory,
        replace: (key, expected, next) =>
          Effect.gen(function* () {
            if (closes) {
              closes = false
              const seen = yield* memory.read(key)
              yield* memory.replace(key, seen?.version, seen?.record)
            }
            return yield* memory.replace(key, expected, next)
          }),
      })
      const first = yield* opened(process)
      const { token } = yield* first.pbx.bearer
      closes = true
      yield* first.close
      assert.strictEqual(revoked(), 0)
      const second = yield* opened(process)
      assert.strictEqual(clear((yield* second.pbx.bearer).token), clear(token))
      assert.isTrue(yield* isAlive(clear(token)))
    }).pipe(Effect.scoped),
  )

  it.live("gives a ninth session a clear error, and takes no token from the other eight", () =>
    Effect.gen(function* () {
      const { isAlive, opened, presented, revoked } = yield* staged()
      const eight = yield* Effect.forEach(Array.from({ length: 8 }), () => opened())
      const bearers = yield* Effect.forEach(eight, ({ pbx }) => pbx.bearer, { concurrency: "unbounded" })
      const ninth = yield* opened()
      const said = yield* reason(ninth.pbx.bearer)
      assert.deepInclude(said, { _tag: "Misconfigured", field: "client", provider: "yeastar" })
      assert.include("fix" in said ? said.fix : "", "8 access tokens")
      assert.deepStrictEqual([presented().length, revoked()], [8, 0])
      for (const { token } of bearers) assert.isTrue(yield* isAlive(clear(token)))

      yield* (eight[0] ?? assert.fail()).close
      yield* ninth.pbx.signIn()
      assert.isTrue(yield* isAlive(clear((yield* ninth.pbx.bearer).token)))
    }).pipe(Effect.scoped),
  )

  for (const revocationEndsRefresh of [true, false]) {
    it.live(
      `lets each of eight sessions renew, though a revocation ends ${revocationEndsRefresh ? "the refresh token, too" : "one token"}`,
      () =>
        Effect.gen(function* () {
          const { clock, isAlive, opened, told, wire } = yield* staged({ revocationEndsRefresh })
          const eight = yield* Effect.forEach(Array.from({ length: 8 }), () => opened())
          const tokens = Effect.forEach(eight, ({ pbx }) => pbx.bearer)
          let before = yield* tokens
          for (let rounds = 0; rounds < 3; rounds++) {
            for (const { token } of before) assert.isTrue(yield* isAlive(clear(token)))
            // All are due, and all still live.
            yield* clock.adjust("27 minutes")
            const old = new Set(before.map(({ token }) => clear(token)))
            before = yield* eventually(
              "eight renewals",
              Effect.map(Effect.orDie(tokens), (now) => now.every(({ token }) => !old.has(clear(token))) && now),
            )
          }
          assert.notInclude(told(), "refused: too many requests")
          assert.isTrue(wire.some(({ url }) => url.startsWith("/openapi/v1.0/del_token")))
        }).pipe(Effect.scoped),
    )
  }

  it.live("revokes what was replaced when there is no room, and not before", () =>
    Effect.gen(function* () {
      const { clock, isAlive, opened, revoked } = yield* staged()
      const { pbx } = yield* opened()
      const first = yield* pbx.bearer
      yield* clock.adjust("24 minutes")
      const six = yield* Effect.forEach(Array.from({ length: 6 }), () => opened())
      const others = yield* Effect.forEach(six, ({ pbx }) => pbx.bearer)
      yield* clock.adjust("3 minutes")
      const second = yield* eventually(
        "the renewal",
        Effect.map(Effect.orDie(pbx.bearer), (now) => now.generation > first.generation && now),
      )
      // A call that is under way with the replaced token goes on.
      assert.isTrue(yield* isAlive(clear(first.token)))
      assert.strictEqual(revoked(), 0)

      const last = yield* (yield* opened()).pbx.bearer
      assert.isFalse(yield* isAlive(clear(first.token)))
      assert.strictEqual(revoked(), 1)
      for (const { token } of [...others, second, last]) assert.isTrue(yield* isAlive(clear(token)))
    }).pipe(Effect.scoped),
  )

  it.live("frees a slot, though the session that revoked a token for it closed meanwhile", () =>
    Effect.gen(function* () {
      const { clock, emulator, isAlive, opened, presented, revoked } = yield* staged()
      const { pbx } = yield* opened()
      const first = yield* pbx.bearer
      yield* clock.adjust("24 minutes")
      const six = yield* Effect.forEach(Array.from({ length: 6 }), () => opened())
      yield* Effect.forEach(six, ({ pbx }) => pbx.bearer)
      yield* clock.adjust("3 minutes")
      yield* eventually(
        "the renewal",
        Effect.map(Effect.orDie(pbx.bearer), (now) => now.generation > first.generation),
      )
      const { release } = yield* emulator.hold
      const cut = yield* opened()
      const asking = yield* Effect.forkChild(Effect.exit(cut.pbx.bearer))
      yield* eventually(
        "the revocation",
        Effect.sync(() => revoked() === 1),
      )
      const before = presented().length
      yield* cut.close
      yield* Fiber.join(asking)
      yield* release
      assert.strictEqual(presented().length, before)
      const last = yield* (yield* opened()).pbx.bearer
      assert.isTrue(yield* isAlive(clear(last.token)))
    }).pipe(Effect.scoped),
  )

  it.live("frees a slot by a sign-out, and tells each token once", () =>
    Effect.gen(function* () {
      const { isAlive, opened, revoked } = yield* staged()
      const eight = yield* Effect.forEach(Array.from({ length: 8 }), () => opened())
      const bearers = yield* Effect.forEach(eight, ({ pbx }) => pbx.bearer)
      yield* (eight[0] ?? assert.fail()).pbx.signOut
      yield* (yield* opened()).pbx.bearer
      assert.strictEqual(revoked(), 1)
      for (const { token } of bearers.slice(1)) assert.isTrue(yield* isAlive(clear(token)))
    }).pipe(Effect.scoped),
  )
})
