/**
 * What is presented for each purpose, and what is taken of what comes: from a command of the chart to a grant, and from a reply
 * to a token that the session may keep.
 */

import { reached, tokenTimes } from "@pbx-auth/machine/Renewal"
import type { TokenFacts } from "@pbx-auth/machine/SessionContext"
import * as Acting from "@pbx-auth/providers/Acting"
import * as AuthError from "@pbx-auth/providers/AuthError"
import * as Grant from "@pbx-auth/providers/Grant"
import type { Account } from "@pbx-auth/providers/Provider"
import type { TokenReply, Tokens } from "@pbx-auth/providers/Token"
import { KnownSecrets } from "@pbx-auth/providers/TokenEndpoint"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Bearer } from "../Bearer.ts"
import type { TokenRecord } from "../TokenStore.ts"
import * as Claim from "./Claim.ts"
import type { Flight } from "./Flight.ts"
import * as LastChance from "./LastChance.ts"
import type { Runtime } from "./Runtime.ts"
import { credentialsOf, type Secrets } from "./Secrets.ts"
import * as SessionKey from "./SessionKey.ts"
import type { Throttle } from "./Throttle.ts"

/**
 * Whoever presents: a session with its secrets.
 *
 * @category models
 */
export interface Presenter {
  readonly account: Account
  readonly runtime: Runtime
  readonly secrets: Secrets
  /** All that an answer must not repeat. */
  readonly known: () => ReadonlyArray<Redacted.Redacted<string>>
  readonly throttle: Throttle
  /** A random name, to know its own intents by. */
  readonly holder: string
  /** What the chart knows of the account's own token. */
  readonly own: () => TokenFacts | null
  /** The account's secrets: for a child, its parent's. */
  readonly owner: Secrets
  /** The provider named whom it acts for otherwise than it was asked for. */
  readonly onUnlike: () => void
  /** For a child: runs a call with a living bearer of the account's. */
  readonly withParentBearer:
    | (<A>(call: (bearer: Bearer) => Effect.Effect<A, AuthError.AuthError>) => Effect.Effect<A, AuthError.AuthError>)
    | undefined
}

type Granted<G extends Grant.Grant = Grant.Grant> = Effect.Effect<G, AuthError.AuthError>

/**
 * Presents what a flight is for.
 *
 * @category combinators
 */
export const present = (by: Presenter, flight: Flight): Effect.Effect<Claim.Brought, AuthError.AuthError> => {
  switch (flight.purpose) {
    case "sign_in":
      return claimed(by, flight, "sign_in", () => signIn(by))
    case "passcode":
      return claimed(by, flight, "sign_in", () => passcode(by))
    case "renewal":
      return claimed(by, flight, "renewal", (record) =>
        by.account.provider.renewsWith === "sign_in" ? signIn(by) : refresh(by, record),
      )
    case "act_as":
      return derived(by, flight)
  }
}

// --- grants -----------------------------------------------------------------------------------------------------------

const signIn = ({ account, secrets }: Presenter): Granted => {
  const credentials = credentialsOf(secrets)
  if (account.provider.signsInWith === "client") return Effect.succeed(Grant.clientCredentials(account.scopes))
  return credentials === undefined
    ? AuthError.fromReason(new AuthError.SignedOut({ provider: account.provider.id }))
    : Effect.succeed(Grant.password(credentials.username, credentials.password))
}

/** The record knows better than this session's memory which refresh token is in force, unless it could not be written. */
const refresh = ({ account, secrets }: Presenter, record: TokenRecord | undefined): Granted<Grant.RefreshToken> => {
  const isCurrent = record !== undefined && record.generation >= secrets.stored + (secrets.isStored ? 0 : 1)
  const refreshToken = ((isCurrent ? record.tokens : undefined) ?? secrets.own)?.refreshToken
  return refreshToken === undefined
    ? AuthError.fromReason(new AuthError.RenewalRefused({ provider: account.provider.id }))
    : Effect.succeed(Grant.refreshToken(refreshToken))
}

const passcode = ({ account, secrets }: Presenter): Granted => {
  const { challenge, passcode } = secrets.passing ?? {}
  if (challenge === undefined || passcode === undefined) {
    return AuthError.fromReason(new AuthError.ChallengeExpired({ provider: account.provider.id }))
  }
  const again = account.settings.passcodeRepeatsCredentials ? credentialsOf(secrets) : undefined
  return Effect.succeed(Grant.passcode(challenge, passcode, again))
}

// --- presentations ----------------------------------------------------------------------------------------------------

const endpointOf = ({ account, known, runtime, secrets, throttle }: Presenter, { userCall }: Flight) => ({
  present: (grant: Grant.Grant) =>
    throttle.guard(Effect.provideService(runtime.endpoint.present(account, grant), KnownSecrets, known()), {
      userCall,
      subscriber: credentialsOf(secrets)?.username,
    }),
})

/** A sign-in has a pace of its own beside the pauses: its answer may be one that nobody can read. */
const presented = (by: Presenter, flight: Flight, grant: Grant.Grant) => {
  const { account, runtime, secrets } = by
  const exchange = endpointOf(by, flight).present(grant)
  if (flight.purpose !== "sign_in") return exchange
  const signIn = { account, credentials: credentialsOf(secrets), isUserCall: flight.userCall !== undefined }
  return runtime.signIns.present(signIn, exchange, (again) => {
    flight.again = again === null ? null : runtime.clock.fromWall(again)
  })
}

const timesOf = ({ account, runtime }: Presenter, { lifetime }: Tokens, issuedAt: number) =>
  tokenTimes(account.provider.renewal, {
    issuedAt,
    lifetime: Number.isFinite(lifetime) ? lifetime : null,
    random: runtime.random(),
  })

/** The name of the record: a renewal's is that of the token, a sign-in's follows from what signs in. */
const keyOf = (
  { account, runtime, secrets }: Presenter,
  purpose: "sign_in" | "renewal",
): Effect.Effect<string, AuthError.AuthError> =>
  purpose === "renewal" && secrets.key !== undefined
    ? Effect.succeed(secrets.key)
    : Effect.mapError(SessionKey.make(runtime.store, account, credentialsOf(secrets)), AuthError.fromReason)

/** Under a claim on the session's record. */
const claimed = (
  by: Presenter,
  flight: Flight,
  purpose: "sign_in" | "renewal",
  granted: (record: TokenRecord | undefined) => Granted,
): Effect.Effect<Claim.Brought, AuthError.AuthError> =>
  Effect.gen(function* () {
    const { account, runtime, secrets } = by
    const key = yield* keyOf(by, purpose)
    flight.key = key
    return yield* runtime.claim({
      runtime,
      key,
      holder: by.holder,
      purpose,
      held: key === secrets.key ? secrets.stored : 0,
      adopts: purpose === "renewal" || secrets.kept !== undefined || account.provider.signsInWith === "client",
      isStored: secrets.isStored,
      deadline: account.settings.deadline,
      mayRepeat: (elapsed) =>
        LastChance.isHarmless(account.provider, elapsed) || LastChance.hasCome(by.own(), account, runtime.clock.now()),
      isAtStake: purpose === "renewal" && LastChance.isAtStake(account.provider),
      wanted: () => !flight.abandoned,
      present: (record) =>
        Effect.gen(function* () {
          const grant = yield* granted(record)
          return yield* accepted(by, grant, record, yield* presented(by, flight, grant))
        }),
      times: (tokens, startedAt) => timesOf(by, tokens, startedAt),
    })
  })

/** Nobody asks a session for the rest of a reply, and as many of them would be kept as there are sessions. */
const NO_DETAILS: Tokens["details"] = Object.freeze({})

const ownerOf = (secrets: Secrets, presented?: Redacted.Redacted<string>): Acting.Owner => ({
  secrets: [presented, secrets.own?.accessToken, secrets.own?.refreshToken, secrets.passing?.spent],
  tokens: secrets.own,
  username: credentialsOf(secrets)?.username,
})

/**
 * Fails as `Misconfigured` where the account would act for itself, as far as that is known by now.
 *
 * @category combinators
 */
export const notForItself = ({ provider }: Account, subject: string, secrets: Secrets) =>
  Effect.fromResult(Acting.notForItself(provider, subject, ownerOf(secrets)))

/** The subject's token: derived from a living bearer of the account's, kept in memory alone. */
const derived = (by: Presenter, flight: Flight): Effect.Effect<Claim.Brought, AuthError.AuthError> =>
  Effect.gen(function* () {
    const { account, owner, runtime, withParentBearer } = by
    const provider = account.provider.id
    const whom = flight.subject ?? ""
    const presentAs = (bearer: Redacted.Redacted<string>) =>
      Effect.gen(function* () {
        // Somebody may sign out meanwhile; what it was is known all the same.
        const before = ownerOf(owner, bearer)
        yield* Effect.fromResult(Acting.notForItself(account.provider, whom, before))
        const startedAt = runtime.clock.now()
        const reply = yield* endpointOf(by, flight).present(Grant.actAs(whom, bearer))
        if (reply._tag === "Challenged")
          return yield* AuthError.fromReason(new AuthError.PasscodeRequired({ provider }))
        const own = { ...before, secrets: [...before.secrets, ...ownerOf(owner, bearer).secrets] }
        const named = yield* Effect.fromResult(Acting.accepted(account.provider, whom, own, reply.tokens))
        if (named === "unlike") by.onUnlike()
        const tokens = { ...reply.tokens, details: NO_DETAILS }
        return { _tag: "Issued" as const, tokens, times: timesOf(by, tokens, startedAt), generation: undefined }
      })
    if (withParentBearer !== undefined) return yield* withParentBearer((bearer) => presentAs(bearer.token))
    if (owner.own !== undefined) return yield* presentAs(owner.own.accessToken)
    return yield* AuthError.fromReason(new AuthError.SignedOut({ provider }))
  }).pipe(Effect.interruptible)

// --- acceptance -------------------------------------------------------------------------------------------------------

const same = (a: Redacted.Redacted<string>, b: Redacted.Redacted<string> | undefined): boolean =>
  b !== undefined && Redacted.value(a) === Redacted.value(b)

/** Looks at what came: a token that is known to be dead is none, and a refresh token may still be in force. */
const accepted = (
  { account, own, runtime: { clock }, secrets }: Presenter,
  grant: Grant.Grant,
  record: TokenRecord | undefined,
  reply: TokenReply,
): Effect.Effect<TokenReply, AuthError.AuthError> => {
  if (reply._tag === "Challenged") return Effect.succeed(reply)
  const { tokens } = reply
  const times = record && Claim.timesOf(record, clock)
  const facts = own()
  const isOwnDead = facts !== null && (facts.rejected || reached(facts.expiresAt, clock.now()))
  const dead = [
    secrets.passing?.spent,
    isOwnDead ? secrets.own?.accessToken : undefined,
    reached(times?.expiresAt ?? null, clock.now()) ? record?.tokens?.accessToken : undefined,
  ]
  if (dead.some((one) => same(tokens.accessToken, one))) {
    return AuthError.fromReason(new AuthError.RenewalRefused({ provider: account.provider.id, sameToken: true }))
  }
  // RFC 6749 §6: a reply without a refresh token leaves the one that was presented in force.
  const presented = grant._tag === "RefreshToken" ? grant.refreshToken : undefined
  const refreshToken = tokens.refreshToken ?? presented
  return Effect.succeed({ _tag: "Issued", tokens: { ...tokens, refreshToken, details: NO_DETAILS } })
}
