/** How a claim ends. */
import { assert, describe, it } from "@effect/vitest"
import * as AuthError from "@pbx-auth/providers/AuthError"
import { issued, type TokenReply } from "@pbx-auth/providers/Token"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as SessionKey from "../src/record/SessionKey.ts"
import { isTombstone } from "./Claiming.ts"
import { clear, eventually, harness, noting, people, reasonOf, settle, tokens, withoutAlarm } from "./Harness.ts"

const endpoint = (present: TokenEndpoint["Service"]["present"]) =>
  TokenEndpoint.of({ present, inspect: () => Effect.die("unasked"), revoke: () => Effect.void })

describe("a claim's end", () => {
  const key = ({ accounts, store }: Effect.Success<ReturnType<typeof harness>>) => {
    const { account, credentials } = accounts.skyswitch({ credentials: people.officeManager })
    return SessionKey.make(store, account, credentials)
  }

  /** A session whose renewal is on its way until it `lands`, and brings this. */
  const slowRenewal = (renewal: Effect.Effect<TokenReply, AuthError.AuthError>) =>
    Effect.gen(function* () {
      const slow = yield* Deferred.make<void>()
      let sent = 0
      const stage = yield* harness({
        endpoint: endpoint((_, grant) =>
          Effect.gen(function* () {
            sent++
            if (grant._tag !== "RefreshToken") return issued(tokens("first"))
            yield* Deferred.await(slow)
            return yield* renewal
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
      const lands = Effect.andThen(Deferred.succeed(slow, undefined), Fiber.join(waiting))
      return { lands, name, sent: () => sent, stage, store: stage.store }
    })

  /** Another holder stores what it was given. */
  const renewElsewhere = ({ name, stage }: Effect.Success<ReturnType<typeof slowRenewal>>, generation: number) =>
    Effect.gen(function* () {
      const seen = yield* stage.store.read(name)
      const now = yield* stage.clock.currentTimeMillis
      yield* stage.store.replace(name, seen?.version, {
        generation,
        via: "renewal",
        tokens: tokens("theirs"),
        times: { issuedAt: now, dueAt: now + 1_000_000, usableUntil: now + 2_000_000, expiresAt: now + 3_000_000 },
        intent: undefined,
      })
    })

  it.live("a slow holder keeps the higher generation, and who took over adopts it", () =>
    Effect.gen(function* () {
      const { lands, name, store } = yield* slowRenewal(Effect.succeed(issued(tokens("renewed"))))
      // Another holder took the claim over meanwhile, and has no answer yet.
      const seen = yield* store.read(name)
      if (seen?.record?.intent !== undefined) {
        const intent = { ...seen.record.intent, holder: "another" }
        yield* store.replace(name, seen.version, { ...seen.record, intent })
      }
      assert.strictEqual(clear((yield* lands).token), "access-renewed")
      const record = (yield* store.read(name))?.record
      assert.strictEqual(record?.generation, 2)
      assert.strictEqual(record?.tokens && clear(record.tokens.accessToken), "access-renewed")
    }),
  )

  it.live("where another holder was quicker, its token is adopted", () =>
    Effect.gen(function* () {
      const slow = yield* slowRenewal(Effect.succeed(issued(tokens("renewed"))))
      yield* renewElsewhere(slow, 7)
      const bearer = yield* slow.lands
      assert.strictEqual(clear(bearer.token), "access-theirs")
      assert.strictEqual(bearer.generation, 7)
      assert.strictEqual((yield* slow.store.read(slow.name))?.record?.generation, 7)
    }),
  )

  it.live("a refused renewal looks once more whether another holder has renewed", () =>
    Effect.gen(function* () {
      const slow = yield* slowRenewal(AuthError.fromReason(new AuthError.RenewalRefused({})))
      yield* renewElsewhere(slow, 2)
      assert.strictEqual(clear((yield* slow.lands).token), "access-theirs")
      assert.strictEqual(slow.sent(), 2)
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
      assert.isTrue(isTombstone(yield* store.read(name)))
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
        assert.isTrue(isTombstone(yield* stage.store.read(name)))
      }
    }),
  )

  it.live("a refresh token that was refused leaves the record: no session presents it again, until a sign-in", () =>
    Effect.gen(function* () {
      let answer: AuthError.Reason | undefined
      const shown: Array<string> = []
      const stage = yield* harness({
        endpoint: endpoint((_, grant) =>
          Effect.suspend(() => {
            shown.push(grant._tag)
            return answer === undefined
              ? Effect.succeed(issued(tokens(`t${shown.length}`)))
              : AuthError.fromReason(answer)
          }),
        ),
      })
      const { accounts, clock, drive, process, store } = stage
      const name = yield* key(stage)
      const known = { ...accounts.skyswitch({ refreshToken: "of somewhere else" }), key: name }
      const one = yield* drive(known, withoutAlarm(yield* process))
      yield* one.signIn(people.officeManager)
      const other = yield* drive(known, withoutAlarm(yield* process))

      // The provider's clock is behind: nothing was said about the refresh token.
      answer = new AuthError.RenewalRefused({ sameToken: true })
      yield* clock.adjust("58 minutes")
      one.send({ type: "Due", generation: 1, now: yield* clock.currentTimeMillis })
      yield* eventually(
        "the same token",
        Effect.sync(() => one.view.path === "expiring.waiting"),
      )
      assert.isDefined((yield* store.read(name))?.record?.tokens?.refreshToken)

      answer = new AuthError.RenewalRefused({ code: "invalid_grant" })
      yield* clock.adjust("2 hours")
      shown.length = 0
      assert.strictEqual(yield* reasonOf(other.bearer), "RenewalRefused")
      const record = (yield* store.read(name))?.record
      assert.strictEqual(record?.tokens && clear(record.tokens.accessToken), "access-t1")
      assert.isUndefined(record?.tokens?.refreshToken)
      assert.isUndefined(record?.tokens?.refreshLifetime)
      assert.isUndefined(record?.intent)
      // One that was open already, and one of the next start. The provider would take it by now.
      answer = undefined
      assert.strictEqual(yield* reasonOf(one.bearer), "RenewalRefused")
      const next = yield* drive(known, withoutAlarm(yield* process))
      assert.strictEqual(yield* reasonOf(next.bearer), "RenewalRefused")
      assert.deepStrictEqual(shown, ["RefreshToken"])

      yield* next.signIn(people.officeManager)
      assert.isDefined((yield* store.read(name))?.record?.tokens?.refreshToken)
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
