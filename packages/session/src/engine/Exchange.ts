/**
 * An exchange with the provider: what a session presents for each purpose, and what it takes from the reply. It leads from a command of
 * the chart to a grant, and from a reply to a token that the session may keep.
 */

import { reached, tokenTimes } from "@pbx-auth/machine/Renewal"
import * as Acting from "@pbx-auth/providers/Acting"
import * as AuthError from "@pbx-auth/providers/AuthError"
import * as Grant from "@pbx-auth/providers/Grant"
import type { TokenReply, Tokens } from "@pbx-auth/providers/Token"
import { KnownSecrets } from "@pbx-auth/providers/TokenEndpoint"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { failure } from "../account/Failure.ts"
import type { Allowed, BrowserSignIn, Signing } from "../browser/BrowserWay.ts"
import type { Brought, InForce } from "../record/ClaimOptions.ts"
import { endOf, SAME_END } from "../time/RefreshEnd.ts"
import { tell } from "../watcher/Report.ts"
import { knownTo, throttleOf } from "./Children.ts"
import type { Attempted, Core } from "./Core.ts"
import type { Flight } from "./Flight.ts"
import * as OwnRecord from "./OwnRecord.ts"
import { credentialsOf, type Secrets } from "./Secrets.ts"

type Granted<G extends Grant.Grant = Grant.Grant> = Attempted<G>

/**
 * Presents the grant of a flight.
 *
 * @category combinators
 */
export const present = (core: Core, flight: Flight, prompted: Signing["prompted"]): Attempted<Brought> => {
  switch (flight.purpose) {
    case "sign_in":
      return core.passing?.way === undefined
        ? claimed(core, flight, "sign_in", () => signIn(core))
        : atBrowser(core, flight, core.passing.way, prompted)
    case "passcode":
      return claimed(core, flight, "sign_in", () => passcode(core))
    case "renewal":
      return claimed(core, flight, "renewal", (held) =>
        core.account.provider.renewsWith === "sign_in" ? signIn(core) : refresh(core, held),
      )
    case "act_as":
      return derived(core, flight)
  }
}

// --- grants -----------------------------------------------------------------------------------------------------------

const signIn = (core: Core): Granted => {
  const { account } = core
  const credentials = credentialsOf(core)
  if (account.provider.signsInWith === "client") return Effect.succeed(Grant.clientCredentials(account.scopes))
  return credentials === undefined
    ? failure(account, AuthError.SignedOut)
    : Effect.succeed(Grant.password(credentials.username, credentials.password))
}

/** The claim knows better than this session's memory which refresh token is in force. */
const refresh = (core: Core, held: InForce | undefined): Granted<Grant.RefreshToken> => {
  const { refreshToken } = held?.tokens ?? core.own ?? {}
  return refreshToken === undefined
    ? failure(core.account, AuthError.RenewalRefused)
    : Effect.succeed(Grant.refreshToken(refreshToken))
}

const passcode = (core: Core): Granted => {
  const { account } = core
  const { challenge, passcode } = core.passing ?? {}
  if (challenge === undefined || passcode === undefined) {
    return failure(account, AuthError.ChallengeExpired)
  }
  const again = account.settings.passcodeRepeatsCredentials ? credentialsOf(core) : undefined
  return Effect.succeed(Grant.passcode(challenge, passcode, again))
}

// --- presentations ----------------------------------------------------------------------------------------------------

const endpointOf = (core: Core, { userCall }: Flight) => ({
  present: (grant: Grant.Grant) =>
    throttleOf(core).guard(
      Effect.provideService(core.runtime.endpoint.present(core.account, grant), KnownSecrets, knownTo(core)),
      {
        userCall,
        subscriber: credentialsOf(core)?.username,
      },
    ),
})

/** A sign-in has a pace of its own beside the pauses, because its answer may be unreadable. */
const presented = (core: Core, flight: Flight, grant: Grant.Grant) => {
  const { account, runtime } = core
  const exchange = endpointOf(core, flight).present(grant)
  if (flight.purpose !== "sign_in") return exchange
  const signIn = { account, credentials: credentialsOf(core), isUserCall: flight.userCall !== undefined }
  return runtime.signIns.present(signIn, exchange, (again) => {
    flight.again = again === null ? null : runtime.clock.fromWall(again)
  })
}

/**
 * If a renewal moves the end of the refresh token, the session renews before that end. If it does not (`before` is the end of the one
 * that was presented), renewing sooner is no use. Lives are whole seconds and requests take time, so ends that are near are the same.
 */
const timesOf = (
  { account, runtime }: Core,
  { lifetime, refreshLifetime }: Tokens,
  issuedAt: number,
  before?: number,
) =>
  tokenTimes(account.provider.renewal, {
    issuedAt,
    refreshLifetime:
      refreshLifetime !== undefined &&
      issuedAt + refreshLifetime - (before ?? 0) > Math.min(SAME_END, refreshLifetime / 2)
        ? refreshLifetime
        : null,
    lifetime: Number.isFinite(lifetime) ? lifetime : null,
    random: runtime.random(),
  })

/** The name of the record. A renewal's is that of the token; a sign-in's follows from its credentials. */
const keyOf = (core: Core, purpose: "sign_in" | "renewal"): Attempted<string> =>
  purpose === "renewal" && core.key !== undefined
    ? Effect.succeed(core.key)
    : OwnRecord.keyOf(core, credentialsOf(core))

/** Presents under a claim on the session's record. */
const claimed = (
  core: Core,
  flight: Flight,
  purpose: "sign_in" | "renewal",
  granted: (held: InForce | undefined) => Granted,
  allowed?: Allowed,
): Attempted<Brought> =>
  Effect.flatMap(keyOf(core, purpose), (made) => {
    // If both texts are equal, the one that is in memory anyway.
    const key = made === core.key ? core.key : made
    flight.key = key
    let before: number | undefined
    return core.runtime.claim({
      session: core,
      key,
      purpose,
      adopts: purpose === "renewal" || core.kept !== undefined || core.account.provider.signsInWith === "client",
      isUserCall: flight.userCall !== undefined,
      wanted: () => !flight.abandoned,
      present: (held) =>
        allowed !== undefined
          ? Effect.succeed(withoutDetails(allowed.reply))
          : Effect.flatMap(granted(held), (grant) => {
              if (grant._tag === "RefreshToken") before = endOf(held?.tokens, held?.times)
              return Effect.flatMap(presented(core, flight, grant), (reply) => accepted(core, grant, held, reply))
            }),
      times: (tokens, startedAt) => timesOf(core, tokens, allowed?.startedAt ?? startedAt, before),
    })
  })

/**
 * Waits for a person without a claim, because that may take many minutes, and then stores under a claim what came. A sign-in uses
 * nothing up, so nothing is lost if two do it at once.
 */
const atBrowser = (core: Core, flight: Flight, way: BrowserSignIn, prompted: Signing["prompted"]): Attempted<Brought> =>
  Effect.flatMap(
    way.run({
      account: core.account,
      present: endpointOf(core, flight).present,
      prompted,
      now: () => core.now,
      flight,
    }),
    (allowed) => claimed(core, flight, "sign_in", () => signIn(core), allowed),
  )

/** The other fields of a reply are dropped: no one asks a session for them, and a hundred thousand sessions would keep them. */
const NO_DETAILS: Tokens["details"] = Object.freeze({})

const ownerOf = (secrets: Secrets, presented?: Redacted.Redacted<string>): Acting.Owner => ({
  secrets: [presented, secrets.own?.accessToken, secrets.own?.refreshToken, secrets.passing?.spent],
  tokens: secrets.own,
  username: credentialsOf(secrets)?.username,
})

/**
 * Fails as `Misconfigured` if the account would act for itself, as far as that is known by now.
 *
 * @category combinators
 */
export const notForItself = (core: Core, subject: string) =>
  Effect.fromResult(Acting.notForItself(core.account.provider, subject, ownerOf(core)))

/** The subject's token, got with a living bearer of the account. It stays in memory and is not stored. */
const derived = (core: Core, flight: Flight): Attempted<Brought> =>
  Effect.gen(function* () {
    const { account, runtime } = core
    const parent = core.acting?.parent
    const owner = parent ?? core
    const whom = flight.subject ?? ""
    const presentAs = (bearer: Redacted.Redacted<string>) =>
      Effect.gen(function* () {
        // A sign-out may come meanwhile. This still knows what the bearer was.
        const before = ownerOf(owner, bearer)
        yield* Effect.fromResult(Acting.notForItself(account.provider, whom, before))
        const startedAt = runtime.clock.now()
        const reply = yield* endpointOf(core, flight).present(Grant.actAs(whom, bearer))
        if (reply._tag === "Challenged") return yield* failure(account, AuthError.PasscodeRequired)
        const own = { ...before, secrets: [...before.secrets, ...ownerOf(owner, bearer).secrets] }
        const named = yield* Effect.fromResult(Acting.accepted(account.provider, whom, own, reply.tokens))
        if (named === "unlike") tell(core, () => ({ _tag: "ActingUnlike" }))
        const tokens = { ...reply.tokens, details: NO_DETAILS }
        return { _tag: "Issued" as const, tokens, times: timesOf(core, tokens, startedAt), generation: undefined }
      })
    if (parent !== undefined) return yield* parent.holder.withOwnBearer((bearer) => presentAs(bearer.token))
    if (owner.own !== undefined) return yield* presentAs(owner.own.accessToken)
    return yield* failure(account, AuthError.SignedOut)
  }).pipe(Effect.interruptible)

// --- acceptance -------------------------------------------------------------------------------------------------------

const same = (a: Redacted.Redacted<string>, b: Redacted.Redacted<string> | undefined): boolean =>
  b !== undefined && Redacted.value(a) === Redacted.value(b)

/** Checks the reply: a token that is known to be dead counts as none, and a refresh token may still be in force. */
const accepted = (
  core: Core,
  grant: Grant.Grant,
  held: InForce | undefined,
  reply: TokenReply,
): Attempted<TokenReply> => {
  if (reply._tag === "Challenged") return Effect.succeed(reply)
  const {
    account,
    runtime: { clock },
  } = core
  const { tokens } = reply
  const facts = core.context.own
  const isOwnDead = facts !== null && (facts.rejected || reached(facts.expiresAt, clock.now()))
  const dead = [
    core.passing?.spent,
    isOwnDead ? core.own?.accessToken : undefined,
    reached(held?.times?.expiresAt ?? null, clock.now()) ? held?.tokens?.accessToken : undefined,
  ]
  if (dead.some((one) => same(tokens.accessToken, one))) {
    return failure(account, AuthError.RenewalRefused, { sameToken: true })
  }
  // RFC 6749 §6: a reply without a refresh token leaves the one that was presented in force.
  const presented = grant._tag === "RefreshToken" ? grant.refreshToken : undefined
  // Its life goes on as well.
  const end = tokens.refreshToken === undefined ? endOf(held?.tokens, held?.times) : undefined
  const left = presented === undefined || end === undefined ? undefined : Math.max(0, end - clock.now())
  const kept = { refreshToken: tokens.refreshToken ?? presented, refreshLifetime: tokens.refreshLifetime ?? left }
  return Effect.succeed({ _tag: "Issued", tokens: { ...tokens, ...kept, details: NO_DETAILS } })
}

const withoutDetails = (reply: TokenReply): TokenReply =>
  reply._tag === "Challenged" ? reply : { ...reply, tokens: { ...reply.tokens, details: NO_DETAILS } }
