/**
 * From a reply to its meaning: pure decoders, in this order: redirect, limit and outage; the body by its text, whatever its content
 * type says; the challenge; an error in a 200; success.
 */
import { isNumber, isString } from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Json, JsonObject } from "effect/Schema"
import type { Asked as Of, Reply } from "../description/Asked.ts"
import { type Provider, rateLimitsOf } from "../description/Provider.ts"
import {
  type AuthError,
  fromReason,
  OutcomeUnknown,
  PasscodeRequired,
  type Reason,
  Unavailable,
  Unreadable,
} from "../error/AuthError.ts"
import { factorOf, isDemand } from "../refusal/Demand.ts"
import type { Body } from "../refusal/Grammar.ts"
import {
  classify,
  inBandStatus,
  intercepted,
  isIntercepted,
  ownRefusal,
  type Purpose,
  type Refused,
} from "../refusal/Refusal.ts"
import { claimsOf } from "../token/Claims.ts"
import { identityFields } from "../token/IdentityFields.ts"
import { lifeOfJwt, millis } from "../token/Lifetime.ts"
import { type Challenge, challenged, type Identity, type Inspection, issued, type TokenReply } from "../token/Token.ts"
import { bodyOf } from "./Body.ts"
import { longestText, type Scrubbed, scrub } from "./Scrub.ts"

export type { Reply } from "../description/Asked.ts"

/** What the reply answers. */
export type Asked = Of<Provider>

/**
 * Decodes the answer to a grant.
 *
 * `read` finds a challenge that only its grant knows. A success must have only `access_token`. Fields of a wrong type and names of more
 * than 256 characters count as missing. Unknown fields are kept in `details`, except texts of more than 2 048 characters.
 */
export const tokenReply = (
  reply: Reply,
  asked: Asked,
  read?: (object: JsonObject) => Challenge | undefined,
): Result.Result<TokenReply, AuthError> =>
  Result.flatMap(success(reply, asked), (object) => {
    const challenge = read?.(object)
    return challenge === undefined ? tokensOrChallenge(object, reply, asked) : Result.succeed(challenged(challenge))
  })

const tokensOrChallenge = (object: JsonObject, reply: Reply, asked: Asked): Result.Result<TokenReply, AuthError> => {
  const told = standard(object, asked)
  const { access_token: accessToken, refresh_token: refreshToken } = told
  const { field, names, without } = scrubbed(told, asked, [accessToken, refreshToken].filter(isString))

  const inBand = inBandStatus(object, asked.provider.dialect.codes)
  const answers = asked.purpose === "Passcode"
  const userScope = isString(accessToken) ? claimsOf(accessToken)?.user_scope : undefined
  // An error in answer to a passcode is about that passcode, whatever its words.
  const isOfPasscode = answers && inBand !== undefined && !isToken(accessToken)
  if (!isOfPasscode && isDemand(object, names, userScope, answers)) {
    const isAnswerable = asked.provider.dialect.challenges && asked.provider.capabilities.has("passcode")
    if (!isAnswerable || (!answers && !isToken(accessToken))) {
      return fail(
        new PasscodeRequired({ provider: asked.provider.id, status: reply.status, unsupportedByProvider: true }),
      )
    }
    if (!isToken(accessToken)) return fail(unreadable(reply, asked))
    const kept = without(new Set())
    return Result.map(lifetimeOf(told, accessToken, reply, asked), (lifetime) =>
      challenged({
        token: Redacted.make(accessToken),
        vendor: wordOf(factorOf(kept, "vendor")) ?? "google",
        type: wordOf(factorOf(kept, "type")) ?? "authenticator",
        lifetime,
      }),
    )
  }

  if (inBand !== undefined) return Result.fail(refusalOf(reply, asked, { _tag: "Json", object }, inBand))

  if (!isToken(accessToken) || !isBearer(told.token_type)) return fail(unreadable(reply, asked))
  if (!isAbsent(refreshToken) && !isToken(refreshToken)) return fail(unreadable(reply, asked))

  return Result.map(lifetimeOf(told, accessToken, reply, asked), (lifetime) =>
    issued({
      accessToken: Redacted.make(accessToken),
      refreshToken: isToken(refreshToken) ? Redacted.make(refreshToken) : undefined,
      tokenType: "Bearer",
      lifetime,
      refreshLifetime: refreshLifetimeOf(told),
      scope: scopeOf(field("scope")),
      identity: identityOf(field),
      details: without(placed),
    }),
  )
}

/** Decodes the answer to a question about a token. The echoed token is dropped. */
export const inspection = (reply: Reply, asked: Asked): Result.Result<Inspection, AuthError> =>
  Result.flatMap(success(reply, asked), (object) => {
    const inBand = inBandStatus(object, asked.provider.dialect.codes)
    if (inBand !== undefined) {
      return Result.fail(refusalOf(reply, asked, { _tag: "Json", object }, inBand))
    }
    if (!inspected.some((name) => object[name] !== undefined)) {
      return fail(unreadable(reply, asked))
    }
    const { field, without } = scrubbed(object, asked)
    const [clientId, territory, domain, uid, expires, apiversion] = inspected.map((name) => textOf(field(name)))
    return Result.succeed({
      clientId,
      territory,
      domain,
      uid,
      scope: scopeOf(field("scope")),
      expires,
      apiversion,
      details: without(new Set(inspected)),
    })
  })

/** Decodes the answer to a revocation: any 2xx that reports no error is a success. */
export const revocation = (reply: Reply, asked: Asked): Result.Result<void, AuthError> => {
  const body = bodyOf(reply.text)
  const inBand = body._tag === "Json" ? inBandStatus(body.object, asked.provider.dialect.codes) : undefined
  if (isSuccess(reply.status) && inBand === undefined && !isRuled(reply, asked, body)) {
    return body._tag === "Html" ? fail(outage(reply, asked)) : Result.succeed(undefined)
  }
  return Result.fail(refusalOf(reply, asked, body, inBand))
}

/** The JSON object of a 2xx, or why there is none. */
const success = (reply: Reply, asked: Asked): Result.Result<JsonObject, AuthError> => {
  const body = bodyOf(reply.text)
  if (!isSuccess(reply.status) || isRuled(reply, asked, body)) return Result.fail(refusalOf(reply, asked, body))
  // A firewall that asks for a browser answers 202 (AWS WAF).
  if (
    reply.status === 202 &&
    !(body._tag === "Json" && isToken(standard(body.object, asked).access_token)) &&
    isIntercepted({ ...asked.provider.dialect, ...asked, body, inBand: undefined, status: 202 })
  ) {
    return Result.fail(intercepted({ ...reply, provider: asked.provider.id, now: reply.at }))
  }
  switch (body._tag) {
    case "Json":
      return Result.succeed(body.object)
    case "Html":
      // A page instead of a reply comes from an intermediary: a proxy, a portal, a maintenance screen. It may hide that the provider
      // acted before, or say that the password is wrong.
      return fail(
        isSignIn(asked.purpose)
          ? unreadable(reply, asked)
          : asked.purpose === "RefreshToken" || asked.purpose === "Passcode"
            ? new OutcomeUnknown({ provider: asked.provider.id, status: reply.status, grant: asked.purpose })
            : outage(reply, asked),
      )
    default:
      return fail(unreadable(reply, asked))
  }
}

const fail = (reason: Reason) => Result.fail(fromReason(reason))

const unreadable = (reply: Reply, asked: Asked) => new Unreadable({ provider: asked.provider.id, status: reply.status })

const outage = (reply: Reply, asked: Asked) => new Unavailable({ provider: asked.provider.id, status: reply.status })

const isSignIn = (purpose: Purpose) => purpose === "Password" || purpose === "ClientCredentials"

/** A success with its parts where OAuth 2 has them (RFC 6749 §5.1). */
const standard = (object: JsonObject, { now, provider }: Asked): JsonObject =>
  provider.dialect.reply === undefined ? object : (provider.ownGrammar?.standard(object, provider, now) ?? object)

/** Whether the vendor's own refusals say that it is one, whatever its status. */
const isRuled = (reply: Reply, asked: Asked, body: Body) => ownRefusal(refusedOf(reply, asked, body)) !== undefined

const isSuccess = (status: number) => status >= 200 && status < 300

const refusedOf = (reply: Reply, asked: Asked, body: Body, inBand?: number | undefined): Refused => ({
  ...reply,
  ...asked,
  ...asked.provider.dialect,
  ownGrammar: asked.provider.ownGrammar,
  provider: asked.provider.id,
  limits: rateLimitsOf(asked.provider),
  inBand,
  body,
  now: reply.at,
})

const refusalOf = (...refused: Parameters<typeof refusedOf>): AuthError => classify(refusedOf(...refused))

/** RFC 6749 appendix A.12: visible ASCII. Anything else could not even be put into a header. */
const isToken = (u: unknown): u is string => isString(u) && /^[\x21-\x7e]+$/.test(u)

/** A provider without refresh tokens leaves the field out, or leaves it empty. */
const isAbsent = (u: unknown): boolean => u === undefined || u === null || u === ""

/** RFC 6749 §5.1: case insensitive. If it is missing, all these providers mean a bearer. */
const isBearer = (u: unknown): boolean => isAbsent(u) || (isString(u) && /^\s*(bearer\s*)?$/i.test(u))

/** A word of the challenge goes back to the provider and onto a screen: only a short name may pass. */
const wordOf = (u: unknown): string | undefined => (isString(u) && /^[\w.-]{1,32}$/.test(u) ? u : undefined)

/** A hundred years, in ms. Sums of moments and lives stay exact, and moments stay valid dates. */
const longestLifetime = 100 * 365.25 * 86_400_000

/**
 * The life of an access token in ms: as the reply states it; else as the token does (a JWT's `exp` less its `iat`, else less our
 * clock); else as the provider's page does. A dialect may say otherwise.
 *
 * A stated life of 0 is the last second of a token that was issued again (Sangoma CX, asked at the very end): a moment later there is
 * a new one, so `Unavailable`. A negative life makes no sense: `Unreadable`.
 */
const lifetimeOf = (
  object: JsonObject,
  token: string,
  reply: Reply,
  asked: Asked,
): Result.Result<number, AuthError> => {
  const { defaultLifetime } = asked.provider
  const ms = millis(object.expires_in) ?? lifeOfJwt(token, asked.now) ?? defaultLifetime
  if (ms > 0) return Result.succeed(ms === defaultLifetime ? ms : Math.min(ms, longestLifetime))
  return fail(ms === 0 ? outage(reply, asked) : unreadable(reply, asked))
}

/** The life of a refresh token in ms, if it is said. None, or none left, is no life to count. */
const refreshLifetimeOf = ({ refresh_expires_in }: JsonObject): number | undefined => {
  const ms = millis(refresh_expires_in) ?? 0
  return ms > 0 ? Math.min(ms, longestLifetime) : undefined
}

const identityOf = (field: Scrubbed["field"]): Identity => {
  const identity: { -readonly [Field in keyof Identity]: Identity[Field] } = {}
  for (const [own, name] of Object.entries(identityFields)) {
    const text = textOf(field(name))
    if (text !== undefined && text !== "") identity[own as keyof Identity] = text
  }
  // Every session keeps one. An engine keeps room for four fields in a `{}`, and none in what it parses.
  return JSON.parse(JSON.stringify(identity))
}

/** Fields of a success that are not kept in `details`. */
const placed = new Set([
  ...["access_token", "refresh_token", "token_type", "expires_in", "refresh_expires_in", "scope"],
  ...Object.values(identityFields),
])

/** Fields of an inspection that are not kept in `details`. */
const inspected = ["client_id", "territory", "domain", "uid", "expires", "apiversion", "scope"]

/** An e-mail address has 254 characters at most (RFC 5321 §4.5.3.1.3). A longer text is not a name. */
const longestName = 256

const textOf = (u: Json | undefined): string | undefined =>
  isString(u) ? (u.length <= longestName ? u : undefined) : isNumber(u) ? String(u) : undefined

const scopeOf = (u: Json | undefined): string | null => {
  const scope = Array.isArray(u) && u.length > 0 && u.every(isString) ? u.join(" ") : u
  return isString(scope) && scope.length <= longestText ? scope : null
}

/** Removes the secrets of the reply and the known ones. Anything that echoes one of them is dropped. */
const scrubbed = (object: JsonObject, { secrets }: Asked, own: ReadonlyArray<string> = []): Scrubbed =>
  scrub(object, [...own, ...secrets.map(Redacted.value)])
