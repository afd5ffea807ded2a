/** What becomes of a token: it is kept, renewed on time, and survives a reply that is lost. */
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Grant from "@pbx-auth/providers/Grant"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import type { TokenReply } from "@pbx-auth/providers/Token"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { signInGrant } from "./ProviderExchange.ts"
import {
  bearerOf,
  type Case,
  clear,
  type Fixtures,
  sessionOf,
  signsInAlone,
  stage,
  type Tried,
} from "./ProviderStage.ts"

/** A JWT says its end in whole seconds. */
const SECOND = 1_000

const kept = (tried: Tried): Case => ({
  name: "brings a bearer by one request, and keeps it",
  run: Effect.fnUntraced(function* () {
    const { accounts, issued, process } = yield* stage(tried)
    const { assert, fixtures } = tried
    yield* (yield* process)(
      Effect.gen(function* () {
        const session = yield* sessionOf(accounts[0])
        const bearer = yield* bearerOf(session, fixtures)
        assert.strictEqual(clear(yield* session.bearer), clear(bearer))
        assert.strictEqual((yield* issued).length, 1)
      }),
    )
  }),
})

const renewed = (tried: Tried): Case => ({
  name: "has a token of the fixture's life, and another one on time",
  run: Effect.fnUntraced(function* () {
    const { accounts, issued, jump, now, presented, process } = yield* stage(tried)
    const { assert, fixtures, provider } = tried
    const { lifetime } = fixtures
    const renewedBy = () => presented.at(-1)?._tag
    yield* (yield* process)(
      Effect.gen(function* () {
        const session = yield* sessionOf(accounts[0])
        const first = yield* bearerOf(session, fixtures)
        const life = (first.expiresAt ?? Number.POSITIVE_INFINITY) - now()
        assert.strictEqual(Math.abs(life - lifetime) <= SECOND, true, `it lives ${life} ms, and not ${lifetime}`)
        yield* jump(lifetime / 2)
        assert.strictEqual(clear(yield* session.bearer), clear(first), "another bearer in half its life")
        assert.strictEqual((yield* issued).length, 1, "it asked again in half the token's life")
        yield* jump(lifetime / 2 - 2 * SECOND)
        // Nobody asked: a session that renews before the end does so by itself, and one that must not has not.
        const early = provider.renewal.policy === "before_expiry" ? 2 : 1
        assert.strictEqual((yield* issued).length, early, "the tokens before the end")
        yield* jump(4 * SECOND)
        const next = yield* bearerOf(session, fixtures)
        assert.notStrictEqual(clear(next), clear(first), "a dead token was handed out")
        assert.strictEqual((yield* issued).length, 2, "the tokens after the end")
        const by = renewedBy()
        assert.strictEqual(by === "RefreshToken", provider.renewsWith === "refresh_token", `it was renewed by ${by}`)
      }),
    )
  }),
})

const lostSignIn = (tried: Tried): Case => ({
  name: "comes out of a lost reply to its first request with a bearer or a typed error, and with a bearer later",
  run: Effect.fnUntraced(function* () {
    const { accounts, jump, loseReply, process } = yield* stage(tried)
    const { assert, fixtures } = tried
    yield* (yield* process)(
      Effect.gen(function* () {
        const session = yield* sessionOf(accounts[0])
        yield* loseReply
        const told = yield* Effect.raceFirst(
          Effect.result(bearerOf(session, fixtures)),
          Effect.andThen(jump(60_000), Effect.never),
        )
        if (Result.isFailure(told)) assert.strictEqual(told.failure._tag, "AuthError")
        yield* jump(60_000)
        yield* orNeedsPerson(tried, accounts[0], Effect.asVoid(bearerOf(session, fixtures)))
      }),
    )
  }),
})

/** An account that cannot sign in by itself may say that it needs a person. Any other must have its bearer. */
const orNeedsPerson = <R>(tried: Tried, account: Configured, bearer: Effect.Effect<void, unknown, R>) =>
  Effect.gen(function* () {
    const outcome = yield* Effect.result(bearer)
    if (Result.isSuccess(outcome)) return
    if (tried.fixtures.passcode !== undefined || signsInAlone(tried, account))
      return yield* Effect.fail(outcome.failure)
    const { _tag, remedy } = Object(outcome.failure) as { readonly _tag?: string; readonly remedy?: string }
    tried.assert.deepStrictEqual({ _tag, remedy }, { _tag: "AuthError", remedy: "sign_in" })
  })

const lostRenewal = (tried: Tried): Case => ({
  name: "presents a refresh token again after a lost reply only as its rotation allows",
  skipped: withoutRefreshToken(tried),
  run: Effect.fnUntraced(function* () {
    const { accounts, jump, loseReply, now, presented, process } = yield* stage(tried)
    const { assert, fixtures, provider } = tried
    yield* (yield* process)(
      Effect.gen(function* () {
        const session = yield* sessionOf(accounts[0])
        const first = yield* bearerOf(session, fixtures)
        const from = presented.length
        yield* loseReply
        yield* jump(Math.max(0, (first.expiresAt ?? now()) - now() - 2 * SECOND))
        yield* jump(fixtures.lifetime)
        const refreshTokens = presented
          .slice(from)
          .flatMap((grant) => (grant._tag === "RefreshToken" ? [Redacted.value(grant.refreshToken)] : []))
        const times = refreshTokens.filter((token) => token === refreshTokens[0]).length
        const { rotation } = provider
        // Strict: once more at the end of the access token, when there is nothing left to lose.
        const isAllowed =
          rotation === "none" ? times >= 2 : typeof rotation === "object" ? times === 2 : times >= 1 && times <= 2
        assert.strictEqual(isAllowed, true, `the same refresh token was presented ${times} times`)
        yield* orNeedsPerson(tried, accounts[0], Effect.asVoid(bearerOf(session, fixtures)))
      }),
    )
  }),
})

const withoutRefreshToken = ({ provider }: Tried) =>
  provider.renewsWith === "refresh_token" ? undefined : "it renews by a new sign-in, and has no refresh token"

/** The first pair of an account, as its endpoint gives it. */
const pairOf = Effect.fnUntraced(function* (configured: Configured, { passcode = "" }: Fixtures) {
  const endpoint = yield* TokenEndpoint
  const reply = yield* endpoint.present(configured.account, signInGrant(configured))
  if (reply._tag === "Issued") return reply.tokens
  const answer = Grant.passcode(reply.challenge, Redacted.make(passcode), configured.credentials)
  const answered = yield* endpoint.present(configured.account, answer)
  return answered._tag === "Issued" ? answered.tokens : undefined
})

const replayed = (tried: Tried): Case => ({
  name: `does with a used refresh token what its rotation says: ${JSON.stringify(tried.provider.rotation)}`,
  skipped: withoutRefreshToken(tried),
  run: Effect.fnUntraced(function* () {
    const { accounts, jump, process } = yield* stage(tried)
    const { assert, fixtures, provider } = tried
    const [configured] = accounts
    yield* (yield* process)(
      Effect.gen(function* () {
        const endpoint = yield* TokenEndpoint
        const used = (yield* pairOf(configured, fixtures))?.refreshToken
        if (used === undefined) return yield* Effect.fail(new TypeError("No refresh token came, and it renews by one"))
        const renew = Effect.map(Effect.result(endpoint.present(configured.account, Grant.refreshToken(used))), told)
        const first = yield* renew
        assert.strictEqual(first.reason, undefined, "the first renewal")
        const { rotation } = provider
        if (rotation === "none") {
          const kept = first.pair?.[1] ?? Redacted.value(used)
          assert.strictEqual(kept, Redacted.value(used), "a new refresh token, where nothing rotates")
          assert.strictEqual((yield* renew).reason, undefined, "the second use, where nothing rotates")
        } else if (rotation === "strict") {
          assert.strictEqual((yield* renew).reason, "RenewalRefused", "the second use, where each is good once")
        } else if (rotation === "unknown") {
          // The page does not say. Whatever comes must be read for what it is.
          const { reason = "RenewalRefused" } = yield* renew
          assert.strictEqual(reason, "RenewalRefused", "the second use")
        } else {
          yield* jump(rotation.grace / 2)
          assert.deepStrictEqual(yield* renew, first, "the second use within its grace brings the same pair")
          yield* jump(rotation.grace)
          assert.strictEqual((yield* renew).reason, "RenewalRefused", "the third use, after its grace")
        }
      }),
    )
  }),
})

/** The pair, or the reason of a refusal. */
const told = (
  outcome: Result.Result<TokenReply, AuthError>,
): { readonly reason?: string; readonly pair?: ReadonlyArray<string | undefined> } => {
  if (Result.isFailure(outcome)) return { reason: outcome.failure.reason._tag }
  if (outcome.success._tag === "Challenged") return { reason: "Challenged" }
  const { accessToken, refreshToken } = outcome.success.tokens
  return { pair: [accessToken, refreshToken].map((one) => one && Redacted.value(one)) }
}

/** All of them. */
export const lifeCases = <C extends Capability>(tried: Tried<C>): ReadonlyArray<Case> => {
  const any = tried as unknown as Tried
  return [kept(any), renewed(any), lostSignIn(any), lostRenewal(any), replayed(any)]
}
