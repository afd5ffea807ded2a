/** A provider's value changes what names its records. What is stored already is found, moved, and used by one process at a time. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as SessionKey from "../src/record/SessionKey.ts"
import { isTombstone } from "./Claiming.ts"
import { stage } from "./FormerStage.ts"
import { clear, eventually, passcode, people, settle, tokens, withoutAlarm } from "./Harness.ts"

const signedIn = ["authenticated", "refreshed"]

describe("a record that an earlier version of the provider's value named", () => {
  it.live("is found and moved: nobody repeats a second factor, and another site does not get it", () =>
    Effect.gen(function* () {
      const { clock, grants, of, old, opened, store } = yield* stage()
      const credentials = people.withFactor
      const first = yield* opened({ ...old, credentials })
      yield* first.signIn(credentials)
      yield* first.submitPasscode(passcode)
      const { token } = yield* first.bearer
      yield* first.close

      const stranger = yield* opened({ ...of("second"), credentials })
      assert.strictEqual(stranger.view.path, "unauthenticated.idle")
      const next = yield* opened({ ...of("main"), credentials })
      assert.strictEqual(clear((yield* next.bearer).token), clear(token))
      yield* clock.adjust("2 hours")
      assert.notStrictEqual(clear((yield* next.bearer).token), clear(token))
      assert.deepStrictEqual(yield* grants, ["password", "mfa", "refresh_token"])

      const name = yield* SessionKey.make(store, old.account, credentials)
      const remains = (yield* store.read(name))?.record
      assert.strictEqual(remains?.tokens && clear(remains.tokens.accessToken), "moved")
      assert.isUndefined(remains?.tokens?.refreshToken)
      // It is found under its new name from now on, and the old one has nothing for anybody.
      yield* next.close
      const again = yield* opened({ ...of("main"), credentials })
      assert.include(signedIn, again.view.state)
      const other = yield* opened({ ...of("second"), credentials })
      assert.strictEqual(other.view.path, "unauthenticated.idle")
    }).pipe(Effect.scoped),
  )

  it.live("serves a process of the earlier version to its token's end, and ends no session", () =>
    Effect.gen(function* () {
      const { clock, grants, of, old, opened } = yield* stage()
      const earlier = yield* opened(old)
      const { token } = yield* earlier.bearer
      const later = yield* opened(of("main"))
      assert.strictEqual(clear((yield* later.bearer).token), clear(token))
      assert.strictEqual(clear((yield* earlier.bearer).token), clear(token))

      yield* clock.adjust("2 hours")
      // Each goes on by itself: the refresh token is presented once, and the earlier process signs in.
      const renewed = yield* later.bearer
      yield* earlier.bearer
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token", "password"])
      assert.strictEqual(clear((yield* later.bearer).token), clear(renewed.token))
      yield* clock.adjust("2 hours")
      yield* later.bearer
      yield* earlier.bearer
      assert.deepStrictEqual((yield* grants).slice(3), ["refresh_token", "refresh_token"])
    }).pipe(Effect.scoped),
  )

  it.live("is waited for while a process of the earlier version presents its refresh token", () =>
    Effect.gen(function* () {
      const { clock, from, grants, of, old, opened, recordAt, store, to } = yield* stage()
      const earlier = yield* opened(old)
      yield* earlier.bearer
      yield* earlier.close
      const now = yield* clock.currentTimeMillis
      const seen = yield* store.read(from)
      const record = seen?.record ?? assert.fail()
      const intent = { holder: "earlier", purpose: "renewal" as const, startedAt: now, until: now + 20_000 }
      const version = yield* store.replace(from, seen?.version, { ...record, intent })
      const opening = yield* Effect.forkChild(opened(of("main")))
      for (let polls = 0; polls < 5; polls++) yield* clock.adjust(100)
      assert.isUndefined(yield* recordAt(to))
      yield* store.replace(from, version, { ...record, generation: record.generation + 1 })
      yield* eventually(
        "the move",
        Effect.andThen(
          clock.adjust(100),
          Effect.map(Effect.orDie(recordAt(to)), (moved) => moved !== undefined && moved.intent === undefined),
        ),
      )
      const later = yield* Fiber.join(opening)
      assert.include(signedIn, later.view.state)
      assert.strictEqual((yield* recordAt(to))?.generation, record.generation + 1)
      assert.deepStrictEqual(yield* grants, ["password"])
    }).pipe(Effect.scoped),
  )

  it.live("is waited for again, when another process of the earlier version presents after the first one", () =>
    Effect.gen(function* () {
      const { clock, from, of, old, opened, recordAt, store, timed, to } = yield* stage()
      const earlier = yield* opened(old)
      yield* earlier.bearer
      yield* earlier.close
      const seen = yield* store.read(from)
      const record = seen?.record ?? assert.fail()
      const claimed = (holder: string, version: string | undefined) =>
        Effect.gen(function* () {
          const now = yield* clock.currentTimeMillis
          const intent = { holder, purpose: "renewal" as const, startedAt: now, until: now + 20_000 }
          return yield* store.replace(from, version, { ...record, intent })
        })
      const pass = (polls: number) =>
        Effect.forEach(Array.from({ length: polls }), () => Effect.andThen(settle, clock.adjust(100)))
      const first = yield* claimed("first", seen?.version)
      const opening = yield* Effect.forkChild(timed(opened(of("main"))))
      yield* pass(150)
      const second = yield* claimed("second", first)
      // The first one's span is over, and the second one's is not.
      yield* pass(100)
      assert.isUndefined(yield* recordAt(to))
      assert.strictEqual((yield* recordAt(from))?.intent?.holder, "second")
      yield* store.replace(from, second, { ...record, generation: record.generation + 1 })
      yield* pass(2)
      yield* Fiber.join(opening)
      assert.strictEqual((yield* recordAt(to))?.generation, record.generation + 1)
    }).pipe(Effect.scoped),
  )

  it.live("stays where it is, if a session opens with a refresh token that was obtained elsewhere", () =>
    Effect.gen(function* () {
      const { clock, from, grants, of, old, opened, recordAt, store } = yield* stage()
      const elsewhere = yield* opened(old)
      yield* elsewhere.bearer
      yield* elsewhere.close
      const { tokens: obtained, ...rest } = (yield* recordAt(from)) ?? assert.fail()
      const refreshToken = obtained?.refreshToken ?? assert.fail()
      // The record of the account itself, which another session left.
      const { account: former } = old
      const name = yield* SessionKey.make(store, former, undefined)
      yield* store.replace(name, undefined, { ...rest, tokens: tokens("of-the-account") })
      const { account } = of("main")
      const itself = { account: { ...account, provider: { ...account.provider, signsInWith: "browser" as const } } }

      const given = yield* opened({ ...itself, credentials: undefined, refreshToken })
      assert.notStrictEqual(clear((yield* given.bearer).token), "access-of-the-account")
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token"])
      const kept = (yield* recordAt(name))?.tokens?.refreshToken
      assert.strictEqual(kept && clear(kept), "refresh-of-the-account")
      yield* clock.adjust(100)
      const rightful = yield* opened({ ...itself, credentials: undefined })
      assert.strictEqual(clear((yield* rightful.bearer).token), "access-of-the-account")
    }).pipe(Effect.scoped),
  )

  it.live("is signed out under its new name, if the user signed out", () =>
    Effect.gen(function* () {
      const { from, grants, of, old, opened, store, to } = yield* stage()
      const earlier = yield* opened(old)
      yield* earlier.bearer
      yield* earlier.signOut
      yield* eventually("the tombstone", Effect.map(Effect.orDie(store.read(from)), isTombstone))
      const later = yield* opened(of("main"))
      assert.isTrue(isTombstone(yield* store.read(to)))
      assert.strictEqual(later.view.path, "unauthenticated.idle")
      assert.deepStrictEqual(yield* grants, ["password"])
    }).pipe(Effect.scoped),
  )

  it.live("says still that a renewal was cut off", () =>
    Effect.gen(function* () {
      const { clock, from, of, old, opened, recordAt, store, to } = yield* stage()
      const earlier = yield* opened(old)
      yield* earlier.bearer
      yield* earlier.close
      const now = yield* clock.currentTimeMillis
      const seen = yield* store.read(from)
      const record = seen?.record ?? assert.fail()
      const intent = { holder: "dead", purpose: "renewal" as const, startedAt: now - 30_000, until: now - 10_000 }
      yield* store.replace(from, seen?.version, { ...record, intent })
      const later = yield* opened(of("main"))
      assert.deepInclude((yield* recordAt(to))?.intent, { purpose: "renewal", startedAt: now - 30_000 })
      yield* later.close
    }).pipe(Effect.scoped),
  )

  it.live("is not lost, and not used twice, wherever a move is cut off", () =>
    Effect.gen(function* () {
      // Which write of the move is the last one that the store takes.
      for (const last of [0, 1, 2, 3]) {
        for (const next of ["later", "earlier"] as const) {
          const { clock, cutAfter, from, grants, of, old, process, drive, opened, recordAt, to } = yield* stage()
          const first = yield* opened(old)
          yield* first.bearer
          yield* first.close
          yield* cutAfter(last)
          // The old record goes on where the move had not come to its end.
          const isStill = (yield* recordAt(from))?.tokens?.refreshToken !== undefined
          assert.strictEqual(isStill, last < 3)
          if (next === "earlier") {
            const earlier = yield* drive(old, withoutAlarm(yield* process))
            yield* clock.adjust("2 hours")
            yield* earlier.bearer
            yield* earlier.close
          } else {
            yield* clock.adjust("2 hours")
          }
          const later = yield* opened(of("main"))
          yield* later.bearer
          yield* clock.adjust("2 hours")
          yield* later.bearer
          const expected = [next === "later" || isStill ? "refresh_token" : "password", "refresh_token"]
          assert.deepStrictEqual(yield* grants, ["password", ...expected], `${last} ${next}`)
          assert.isUndefined((yield* recordAt(to))?.intent)
        }
      }
    }).pipe(Effect.scoped),
  )
})

describe("a record that moves while another session holds the new name", () => {
  for (const left of ["a sign-in that was cut off", "a sign-in that is cut off meanwhile"] as const) {
    it.live(`is not lost behind ${left}`, () =>
      Effect.gen(function* () {
        const { clock, grants, of, old, opened, store, to } = yield* stage()
        const earlier = yield* opened(old)
        const { token } = yield* earlier.bearer
        yield* earlier.close
        const now = yield* clock.currentTimeMillis
        const startedAt = left === "a sign-in that was cut off" ? now - 30_000 : now
        const intent = { holder: "cut off", purpose: "sign_in" as const, startedAt, until: startedAt + 20_000 }
        const empty = { generation: 0, via: "sign_in" as const, tokens: undefined, times: undefined, intent }
        yield* store.replace(to, undefined, empty)
        const opening = yield* Effect.forkChild(opened(of("main")))
        if (startedAt === now) yield* clock.adjust("21 seconds")
        const later = yield* eventually(
          "the session",
          Effect.gen(function* () {
            yield* clock.adjust(100)
            return opening.pollUnsafe()
          }),
        )
        const driver = yield* later
        assert.strictEqual(clear((yield* driver.bearer).token), clear(token))
        assert.deepStrictEqual(yield* grants, ["password"])
      }).pipe(Effect.scoped),
    )
  }

  it.live("stays signed out, if a sign-in after a sign-out was cut off", () =>
    Effect.gen(function* () {
      const { clock, of, old, opened, recordAt, store, to } = yield* stage()
      const earlier = yield* opened(old)
      yield* earlier.bearer
      yield* earlier.close
      const now = yield* clock.currentTimeMillis
      const intent = {
        holder: "cut off",
        purpose: "sign_in" as const,
        startedAt: now - 30_000,
        until: now - 10_000,
        afterSignOut: true as const,
      }
      yield* store.replace(to, undefined, {
        generation: 0,
        via: "sign_in",
        tokens: undefined,
        times: undefined,
        intent,
      })
      const later = yield* opened(of("main"))
      assert.strictEqual(later.view.path, "unauthenticated.idle")
      assert.isUndefined((yield* recordAt(to))?.tokens)
    }).pipe(Effect.scoped),
  )

  it.live("is used once and not lost, wherever a move is cut off beside a session that is open already", () =>
    Effect.gen(function* () {
      for (const last of [0, 1, 2, 3]) {
        const { clock, cutAfter, grants, of, old, opened, outcomes } = yield* stage()
        // Nothing is stored yet under either name.
        const open = yield* opened(of("main"))
        const first = yield* opened(old)
        const { token } = yield* first.bearer
        yield* first.close
        yield* cutAfter(last)
        // The session that was open goes on, and so does a process of the earlier version.
        assert.strictEqual(clear((yield* open.bearer).token), clear(token))
        const earlier = yield* opened(old)
        for (let hours = 0; hours < 4; hours += 2) {
          yield* clock.adjust("2 hours")
          yield* open.bearer
          yield* earlier.bearer
        }
        const asked = yield* grants
        assert.strictEqual(asked.filter((grant) => grant === "password").length, 2, `${last}: ${asked}`)
        assert.isEmpty(
          (yield* outcomes).filter((outcome) => outcome.startsWith("refused")),
          `${last}`,
        )
      }
    }).pipe(Effect.scoped),
  )
})
