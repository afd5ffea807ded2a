/** A store that loses what it held, or goes back in time; and sign-outs, which must not look like that. */
import { assert, describe, it } from "@effect/vitest"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as SessionKey from "../src/record/SessionKey.ts"
import { isTombstone, losing, strict } from "./Claiming.ts"
import { clear, eventually, harness, people, reasonOf, settle, withoutAlarm } from "./Harness.ts"

/** Sessions of several processes on a store that can lose its records, at a strict provider. */
const stageOf = Effect.gen(function* () {
  const faulty = yield* losing
  const stage = yield* harness({ store: faulty.store, world: strict })
  const configured = stage.accounts.skyswitch({ credentials: people.officeManager })
  const key = yield* SessionKey.make(faulty.store, configured.account, configured.credentials)
  /** One in a process of its own. */
  const another = Effect.flatMap(stage.process, (runtime) => stage.drive(configured, withoutAlarm(runtime)))
  return { ...stage, ...faulty, another, configured, key, kept: faulty.store.read(key) }
})

describe("a record that the store has lost", () => {
  it.live("is written again, with the intent, and all sessions go on by one renewal", () =>
    Effect.gen(function* () {
      const { another, asked, clock, emulator, grants, kept, lose } = yield* stageOf
      const one = yield* another
      yield* one.bearer
      const other = yield* another
      lose()
      yield* clock.adjust("2 hours")
      const { release } = yield* emulator.hold
      const renewing = yield* Effect.forkChild(one.bearer)
      yield* asked(2)
      // If the holder died now, another one would find the refresh token, and that it was presented.
      const during = (yield* kept)?.record
      assert.strictEqual(during?.generation, 1)
      assert.isDefined(during?.tokens?.refreshToken)
      assert.strictEqual(during?.intent?.purpose, "renewal")
      const waiting = yield* Effect.forkChild(other.bearer)
      yield* settle
      yield* release
      assert.strictEqual(clear((yield* Fiber.join(renewing)).token), clear((yield* Fiber.join(waiting)).token))
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token"])
      assert.strictEqual((yield* kept)?.record?.generation, 2)
    }),
  )

  it.live("in the middle of a renewal costs no token", () =>
    Effect.gen(function* () {
      const { another, asked, clock, emulator, kept, lose } = yield* stageOf
      const one = yield* another
      yield* one.bearer
      yield* clock.adjust("2 hours")
      const { release } = yield* emulator.hold
      const renewing = yield* Effect.forkChild(one.bearer)
      yield* asked(2)
      lose()
      yield* release
      const { token } = yield* Fiber.join(renewing)
      const record = (yield* kept)?.record
      assert.strictEqual(record?.generation, 2)
      assert.strictEqual(record?.tokens && clear(record.tokens.accessToken), clear(token))
    }),
  )

  it.live("is not a sign-out because somebody's sign-in over it failed", () =>
    Effect.gen(function* () {
      const { accounts, another, asked, clock, drive, emulator, grants, lose, process } = yield* stageOf
      const one = yield* another
      yield* one.bearer
      lose()
      const { release } = yield* emulator.hold
      const person = yield* drive(accounts.skyswitch(), withoutAlarm(yield* process))
      const coming = yield* Effect.forkChild(Effect.exit(person.signIn(people.officeManager)))
      yield* asked(2)
      yield* person.cancel
      yield* release
      yield* Fiber.join(coming)
      yield* person.close
      yield* clock.adjust("2 hours")
      yield* one.bearer
      assert.deepStrictEqual(yield* grants, ["password", "password", "refresh_token"])
    }),
  )

  it.live("of which an older version comes back: the newer refresh token is presented, and stored", () =>
    Effect.gen(function* () {
      const { another, backup, clock, kept, outcomes } = yield* stageOf
      const one = yield* another
      yield* one.bearer
      const restore = backup()
      for (const _ of [1, 2]) {
        yield* clock.adjust("2 hours")
        yield* one.bearer
      }
      restore()
      assert.strictEqual((yield* kept)?.record?.generation, 1)
      yield* clock.adjust("2 hours")
      yield* one.bearer
      assert.deepStrictEqual(yield* outcomes, ["issued", "renewed", "renewed", "renewed"])
      assert.strictEqual((yield* kept)?.record?.generation, 4)
    }),
  )

  it.live(
    "and that another process began again: its token is adopted, and the old refresh token is not presented",
    () =>
      Effect.gen(function* () {
        const { another, clock, kept, lose, outcomes } = yield* stageOf
        const one = yield* another
        for (const _ of [1, 2, 3]) {
          yield* one.bearer
          yield* clock.adjust("2 hours")
        }
        yield* one.bearer
        lose()
        yield* clock.adjust("59 minutes")
        const fresh = yield* another
        const { token } = yield* fresh.bearer
        assert.strictEqual((yield* kept)?.record?.generation, 1)
        yield* clock.adjust("10 minutes")
        assert.strictEqual(clear((yield* one.bearer).token), clear(token))
        assert.deepStrictEqual(yield* outcomes, ["issued", "renewed", "renewed", "renewed", "issued"])
        // They are one session again, whoever renews.
        yield* clock.adjust("2 hours")
        const renewed = yield* one.bearer
        assert.strictEqual(clear((yield* fresh.bearer).token), clear(renewed.token))
      }),
  )
})

describe("a sign-out", () => {
  it.live("over a lost record ends the session for all who hold its tokens", () =>
    Effect.gen(function* () {
      const { another, clock, grants, kept, lose } = yield* stageOf
      const one = yield* another
      yield* one.bearer
      const other = yield* another
      lose()
      yield* other.signOut
      assert.isTrue(isTombstone(yield* kept))
      yield* clock.adjust("2 hours")
      assert.strictEqual(yield* reasonOf(one.bearer), "SignedOut")
      assert.deepStrictEqual(yield* grants, ["password"])
    }),
  )

  it.live("elsewhere also ends a session that would sign in by itself in place of a renewal", () =>
    Effect.gen(function* () {
      const { another, asked, clock, emulator, grants, kept } = yield* stageOf
      const one = yield* another
      const { generation } = yield* one.bearer
      const other = yield* another
      // The renewal is refused, so the next request would be a sign-in.
      yield* emulator.killRefreshTokens
      yield* clock.adjust("56 minutes")
      const { release } = yield* emulator.hold
      one.reject(generation)
      yield* asked(2)
      const leaving = yield* Effect.forkChild(other.signOut)
      yield* eventually("the tombstone", Effect.map(Effect.orDie(kept), isTombstone))
      yield* release
      yield* Fiber.join(leaving)
      assert.strictEqual(yield* reasonOf(one.bearer), "SignedOut")
      assert.isTrue(isTombstone(yield* kept))
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token"])
    }),
  )

  it.live("stays one while a new sign-in is on its way, and after that failed; and a new sign-in ends it", () =>
    Effect.gen(function* () {
      const { accounts, another, asked, clock, drive, emulator, kept, process } = yield* stageOf
      const one = yield* another
      yield* one.bearer
      const other = yield* another
      yield* other.signOut
      const person = yield* drive(accounts.skyswitch(), withoutAlarm(yield* process))
      const { release } = yield* emulator.hold
      const coming = yield* Effect.forkChild(Effect.exit(person.signIn(people.officeManager)))
      yield* asked(2)
      assert.isTrue((yield* kept)?.record?.intent?.afterSignOut)
      yield* clock.adjust("2 hours")
      assert.strictEqual(yield* reasonOf(one.bearer), "SignedOut")
      yield* person.cancel
      yield* release
      yield* Fiber.join(coming)
      yield* eventually("the tombstone", Effect.map(Effect.orDie(kept), isTombstone))
      yield* person.signIn(people.officeManager)
      assert.isDefined((yield* kept)?.record?.tokens)
    }),
  )

  it.live("that another one began after: a session that slept over both adopts, and presents nothing old", () =>
    Effect.gen(function* () {
      const { another, clock, outcomes } = yield* stageOf
      const one = yield* another
      yield* one.bearer
      for (const _ of [1, 2]) {
        yield* clock.adjust("2 hours")
        yield* one.bearer
      }
      const other = yield* another
      yield* other.signOut
      yield* clock.adjust("2 hours")
      const third = yield* another
      const { token } = yield* third.bearer
      assert.strictEqual(clear((yield* one.bearer).token), clear(token))
      assert.deepStrictEqual(yield* outcomes, ["issued", "renewed", "renewed", "revoked", "issued"])
    }),
  )

  it.live("ends a refresh token that was obtained elsewhere, for good", () =>
    Effect.gen(function* () {
      const { accounts, drive, grants, process } = yield* stageOf
      const given = accounts.skyswitch({ refreshToken: "a-refresh-token" })
      const session = yield* drive(given, withoutAlarm(yield* process))
      assert.strictEqual(session.view.path.split(".")[0], "expiring")
      yield* session.signOut
      const before = yield* grants
      const again = yield* drive(given, withoutAlarm(yield* process))
      assert.strictEqual(yield* reasonOf(again.bearer), "SignedOut")
      assert.deepStrictEqual(yield* grants, before)
    }),
  )
})

describe("the store in memory", () => {
  it.live("keeps so many tombstones, the newest", () =>
    Effect.gen(function* () {
      const store = yield* TokenStore.makeMemory
      for (let number = 0; number <= 10_000; number++) yield* store.replace(`session-${number}`, undefined, undefined)
      assert.isUndefined(yield* store.read("session-0"))
      assert.isTrue(isTombstone(yield* store.read("session-1")))
      assert.isTrue(isTombstone(yield* store.read("session-10000")))
    }),
  )
})
