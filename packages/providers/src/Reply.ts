/**
 * From a reply to its meaning: pure decoders, in this order: redirect, limit and outage; the body by its text, whatever its content
 * type says; the challenge; an error in a 200; success.
 */
import { isNumber, isObject, isString } from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Json, JsonObject } from "effect/Schema"
import {
  type AuthError,
  fromReason,
  OutcomeUnknown,
  PasscodeRequired,
  type Reason,
  Unavailable,
  Unreadable,
} from "./AuthError.ts"
import { claimsOf } from "./Claims.ts"
import { factorOf, isDemand } from "./Demand.ts"
import { at } from "./DottedPath.ts"
import { embeddedObject, jsonOf } from "./EmbeddedJson.ts"
import type { Body } from "./Grammar.ts"
import { type Provider, rateLimitsOf } from "./Provider.ts"
import { classify, inBandStatus, intercepted, isIntercepted, type Purpose } from "./Refusal.ts"
import { ruleFor } from "./RefusalTable.ts"
import type { Life, ReplyShape } from "./ReplyShape.ts"
import { longestText, type Scrubbed, scrub } from "./Scrub.ts"
import { type Challenge, challenged, type Identity, type Inspection, issued, type TokenReply } from "./Token.ts"

/** A complete reply. */
export interface Reply {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
  /** When all of it had come, epoch ms: what a server says about the next request counts from here. */
  readonly at: number
}

/** What the reply answers. */
export interface Asked {
  readonly provider: Provider
  readonly purpose: Purpose
  /** Whether the request carried `Authorization: Bearer`. */
  readonly bearerInHeader: boolean
  /** Where the request went: origin and path, without a query. */
  readonly url?: string | undefined
  /** The secrets of the request and of the session. If a reply echoes one of them, it is not kept. */
  readonly secrets: ReadonlyArray<Redacted.Redacted<string>>
  /** Epoch ms, from before the request. */
  readonly now: number
}

/**
 * Decodes the answer to a grant.
 *
 * `read` finds a challenge that only its grant knows. A success must have only `access_token`. Fields of a wrong type and names of more than 256 characters count as missing. Unknown
 * fields are kept in `details`, except texts of more than 2 048 characters.
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
  const shape = asked.provider.dialect.reply
  const accessToken = accessTokenOf(object, asked)
  const refreshToken = at(object, shape?.refreshToken ?? "refresh_token")
  const unreadable = () => fail(new Unreadable({ provider: asked.provider.id, status: reply.status }))
  const { field, names, without } = scrubbed(object, asked, [accessToken, refreshToken].filter(isString))

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
    if (!isToken(accessToken)) return unreadable()
    const kept = without(new Set())
    return Result.map(lifetimeOf(object, accessToken, reply, asked), (lifetime) =>
      challenged({
        token: Redacted.make(accessToken),
        vendor: wordOf(factorOf(kept, "vendor")) ?? "google",
        type: wordOf(factorOf(kept, "type")) ?? "authenticator",
        lifetime,
      }),
    )
  }

  if (inBand !== undefined) return Result.fail(refusalOf(reply, asked, { _tag: "Json", object }, inBand))

  if (!isToken(accessToken) || !isBearer(at(object, shape?.tokenType ?? "token_type"), shape?.bearerTypes))
    return unreadable()
  if (!isAbsent(refreshToken) && !isToken(refreshToken)) return unreadable()

  return Result.map(lifetimeOf(object, accessToken, reply, asked), (lifetime) =>
    issued({
      accessToken: Redacted.make(accessToken),
      refreshToken: isToken(refreshToken) ? Redacted.make(refreshToken) : undefined,
      tokenType: "Bearer",
      lifetime,
      refreshLifetime: refreshLifetimeOf(object, refreshToken, asked),
      scope: scopeOf(field(shape?.scope ?? "scope")),
      identity: identityOf(field, shape?.identity),
      details: without(shape === undefined ? placed : new Set([...placed, ...placesOf(shape)])),
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
      return fail(new Unreadable({ provider: asked.provider.id, status: reply.status }))
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
    !(body._tag === "Json" && isToken(accessTokenOf(body.object, asked))) &&
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
          ? new Unreadable({ provider: asked.provider.id, status: reply.status })
          : asked.purpose === "RefreshToken" || asked.purpose === "Passcode"
            ? new OutcomeUnknown({ provider: asked.provider.id, status: reply.status, grant: asked.purpose })
            : outage(reply, asked),
      )
    default:
      return fail(new Unreadable({ provider: asked.provider.id, status: reply.status }))
  }
}

const fail = (reason: Reason) => Result.fail(fromReason(reason))

const outage = (reply: Reply, asked: Asked) => new Unavailable({ provider: asked.provider.id, status: reply.status })

const isSignIn = (purpose: Purpose) => purpose === "Password" || purpose === "ClientCredentials"

const accessTokenOf = (object: JsonObject, { provider }: Asked) =>
  at(object, provider.dialect.reply?.accessToken ?? "access_token")

/** Whether the vendor's own table says that it is a refusal, whatever its status. */
const isRuled = ({ status }: Reply, { provider, purpose }: Asked, body: Body) =>
  ruleFor({ ...provider.dialect, purpose, status, body }) !== undefined

const isSuccess = (status: number) => status >= 200 && status < 300

const refusalOf = (reply: Reply, asked: Asked, body: Body, inBand?: number | undefined): AuthError =>
  classify({
    ...reply,
    ...asked,
    ...asked.provider.dialect,
    provider: asked.provider.id,
    limits: rateLimitsOf(asked.provider),
    inBand,
    body,
    now: reply.at,
  })

/**
 * Recognises a body by its text: a JSON object, alone or between notices of the server (`EmbeddedJson`). A page may hold objects that
 * do not belong to the reply.
 */
export const bodyOf = (text: string): Body => {
  const trimmed = text.trim()
  if (trimmed === "") return { _tag: "Empty" }
  const whole = jsonOf(trimmed)
  if (whole !== undefined)
    return isObject(whole) ? { _tag: "Json", object: whole as JsonObject } : { _tag: "Text", text: trimmed }
  const markup = trimmed.slice(0, 2_000).search(/<html|<!doctype|<script/i)
  if (markup !== -1 && !trimmed.startsWith("{")) return { _tag: "Html" }
  // A text that begins as a reply is one, even if an intermediary has put its markup after it. Objects in that markup do not count.
  const object = (markup === -1 ? undefined : embeddedObject(trimmed.slice(0, markup))) ?? embeddedObject(trimmed)
  if (object !== undefined) return { _tag: "Json", object }
  return trimmed.startsWith("<") || markup !== -1 ? { _tag: "Html" } : { _tag: "Text", text: trimmed }
}

/** RFC 6749 appendix A.12: visible ASCII. Anything else could not even be put into a header. */
const isToken = (u: unknown): u is string => isString(u) && /^[\x21-\x7e]+$/.test(u)

/** A provider without refresh tokens leaves the field out, or leaves it empty. */
const isAbsent = (u: unknown): boolean => u === undefined || u === null || u === ""

/** RFC 6749 §5.1: case insensitive. If it is missing, all these providers mean a bearer. */
const isBearer = (u: unknown, own: ReadonlyArray<string> = []): boolean =>
  u === undefined ||
  u === null ||
  (isString(u) && ["", "bearer", ...own].some((type) => type.toLowerCase() === u.trim().toLowerCase()))

/** A word of the challenge goes back to the provider and onto a screen: only a short name may pass. */
const wordOf = (u: unknown): string | undefined => (isString(u) && /^[\w.-]{1,32}$/.test(u) ? u : undefined)

/** A hundred years, in ms. Sums of moments and lives stay exact, and moments stay valid dates. */
const longestLifetime = 100 * 365.25 * 86_400_000

const units = { s: 1_000, min: 60_000, ms: 1 }

/** A number of a unit, also as a text, in ms; `undefined` for anything else. */
const millis = (u: unknown, unit = units.s): number | undefined => {
  const number = isString(u) && /^[+-]?\d+(\.\d+)?$/.test(u.trim()) ? Number(u) : u
  return isNumber(number) && !Number.isNaN(number) ? Math.round(number * unit) : undefined
}

/** Where a life is said, if the dialect does not say it. */
const lives: ReadonlyArray<Life> = [{ field: "expires_in", unit: "s" }, "jwt", "page"]
const refreshLives: ReadonlyArray<Life> = [{ field: "refresh_expires_in", unit: "s" }]

/** The first life that is said, in ms; `undefined` if none is. One that a token says counts only if it is positive. */
const lifeOf = (lives: ReadonlyArray<Life>, object: JsonObject, token: unknown, { now, provider }: Asked) => {
  for (const life of lives) {
    if (life === "page") return provider.defaultLifetime
    if (life !== "jwt") {
      const ms = millis(at(object, life.field), units[life.unit])
      if (ms !== undefined) return ms
      continue
    }
    const claims = isString(token) ? claimsOf(token) : undefined
    const expires = millis(claims?.exp)
    const ms = expires === undefined ? 0 : expires - (millis(claims?.iat) ?? now)
    if (ms > 0) return ms
  }
  return undefined
}

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
  const { defaultLifetime, dialect, id } = asked.provider
  const ms = lifeOf(dialect.reply?.lifetime ?? lives, object, token, asked) ?? defaultLifetime
  if (ms > 0) return Result.succeed(ms === defaultLifetime ? ms : Math.min(ms, longestLifetime))
  return fail(ms === 0 ? outage(reply, asked) : new Unreadable({ provider: id, status: reply.status }))
}

/** The life of a refresh token in ms, if it is said. None, or none left, is no life to count. */
const refreshLifetimeOf = (object: JsonObject, token: unknown, asked: Asked): number | undefined => {
  const said = (asked.provider.dialect.reply?.refreshLifetime ?? refreshLives).filter((life) => life !== "page")
  const ms = lifeOf(said, object, token, asked) ?? 0
  return ms > 0 ? Math.min(ms, longestLifetime) : undefined
}

const identityFields = {
  uid: "uid",
  user: "user",
  login: "login",
  username: "username",
  domain: "domain",
  territory: "territory",
  site: "site",
  group: "group",
  department: "department",
  displayName: "displayName",
  email: "user_email",
} satisfies Record<keyof Identity, string>

const identityOf = (field: Scrubbed["field"], places: ReplyShape["identity"]): Identity => {
  const identity: { -readonly [Field in keyof Identity]: Identity[Field] } = {}
  for (const [own, name] of Object.entries({ ...identityFields, ...places })) {
    const text = textOf(field(name))
    if (text !== undefined && text !== "") identity[own as keyof Identity] = text
  }
  return identity
}

/** Fields of a success that are not kept in `details`. */
const placed = new Set([
  ...["access_token", "refresh_token", "token_type", "expires_in", "refresh_expires_in", "scope"],
  ...Object.values(identityFields),
])

/** Fields of a success that a dialect places. One below another field stays there, unless it is a secret. */
const placesOf = ({ identity, lifetime = [], refreshLifetime = [], ...places }: ReplyShape): ReadonlyArray<string> => [
  ...[...lifetime, ...refreshLifetime].flatMap((life) => (isString(life) ? [] : life.field)),
  ...Object.values({ ...places, ...identity }).filter(isString),
]

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
