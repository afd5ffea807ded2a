/**
 * Why a reply is a refusal.
 *
 * It is not documented what NetSapiens answers to a wrong client, refresh token, passcode or `mask_uid`. So no single form is
 * expected: `{error}` (RFC 6749 §5.2), `{code,message}` and `{code,msg}` all lead to the reason that fits the presented grant. An
 * answer in another form (see `Grammar`) came from an intermediary. No text of the reply gets into the reason.
 */
import { isNumber, isObjectOrArray, isString } from "effect/Predicate"
import type { JsonObject } from "effect/Schema"
import {
  type AuthError,
  BadCredentials,
  BadPasscode,
  ChallengeExpired,
  ClientRefused,
  fromReason,
  Misconfigured,
  NotAllowed,
  PasscodeRequired,
  RenewalRefused,
  Throttled,
  Unavailable,
  Unreadable,
  type VendorCode,
} from "../error/AuthError.ts"
import { isDemand } from "./Demand.ts"
import { type Body, decision, isNumbered, knownCode, type Speech, speaks } from "./Grammar.ts"
import type { Purpose } from "./RefusalRule.ts"
import type { Refused } from "./Refused.ts"
import { cut, type Limit, limitOf, limitPause, longestBan, longestLimit, ordinaryBan } from "./Retry.ts"

export type { Purpose } from "./RefusalRule.ts"
export type { Refused } from "./Refused.ts"

/** Whether this was asked for a right that the account may not have, rather than with something that may be wrong. */
const asksForRight = (purpose: Purpose): boolean => isQuestion(purpose) || purpose === "ActAs"

const isQuestion = (purpose: Purpose): boolean => purpose === "inspect" || purpose === "revoke"

/**
 * Statuses whose meaning does not depend on the sender: they are about the address (404, 405, 410), or say "not now". 400 and 422 are
 * the endpoint's unless they come as a page.
 */
const plain: ReadonlySet<number> = new Set([400, 404, 405, 408, 410, 421, 422, 425])

/**
 * Whether a reply to a grant came from an intermediary, such as a firewall's ban: a 4xx or a 202 that does not follow the provider's
 * grammar. A missing right may be refused with an empty object (NetSapiens' OpenAPI has one for it).
 */
export const isIntercepted = (refused: Pick<Refused, "body" | "inBand" | "purpose" | "status"> & Speech) => {
  const { body, inBand, purpose, status } = refused
  if (isQuestion(purpose) || inBand !== undefined || speaks(body, refused) || demands(purpose, body)) return false
  if (status === 400 || status === 422) return body._tag === "Html" && purpose !== "ActAs"
  const isWordless = body._tag === "Empty" || (body._tag === "Json" && Object.keys(body.object).length === 0)
  if (purpose === "ActAs" && isWordless && (status === 401 || status === 403)) return false
  return status === 202 || (status >= 400 && status < 500 && !plain.has(status))
}

/** What an intermediary's answer means: wait, and present the same again. It is no reason for a new sign-in. */
export const intercepted = ({
  headers,
  now,
  provider,
  status,
}: Pick<Refused, "headers" | "now" | "provider" | "status">) => {
  const retryAt = Math.max(limitOf(headers, now, status)?.retryAt ?? 0, now + ordinaryBan)
  return fromReason(new Throttled({ provider, status, ...cut({ retryAt, policy: "firewall" }, now, longestBan) }))
}

/** Whether a refusal asks for a second factor. Such a refusal decides nothing about the password or the refresh token. */
const demands = (purpose: Purpose, body: Body): boolean =>
  (purpose === "Password" || purpose === "RefreshToken" || purpose === "ActAs") &&
  body._tag === "Json" &&
  isDemand(body.object, Object.keys(body.object), undefined, false)

const demandCode = /^(mfa|otp)_required$/i

/** What the dialect's own refusals say. A page (HTML) comes from an intermediary, and is none of them. */
export const ownRefusal = (refused: Refused): AuthError | undefined => {
  const { body, ownGrammar, refusals } = refused
  if (refusals === undefined || body._tag === "Html") return undefined
  return typeof refusals === "function" ? refusals(refused) : ownGrammar?.refusal(refused, refusals)
}

/** Classifies a reply that is not a success. */
export const classify = (refused: Refused): AuthError => {
  const { body, codes, headers, now, provider, purpose } = refused
  const own = ownRefusal(refused)
  if (own !== undefined) return own
  const limit = limitOf(headers, now, refused.status, refused.limits)
  const status = refused.inBand ?? statusOf(refused.status, body, limit)
  const words = wordsOf(body)
  const code = codeOf(words, codes)
  const common = { provider, status: refused.status, ...(code !== undefined && { code }) }
  /** Not now: from when on, if the reply names a moment. */
  const later = (more?: { readonly garbled: true }) =>
    fromReason(new Unavailable({ ...common, ...more, retryAt: limit && cut(limit, now, longestLimit).retryAt }))
  const address = (fix: string) => fromReason(new Misconfigured({ ...common, field: "address", fix }))

  if (status === 0 || (status >= 300 && status < 400)) {
    return address(
      isSlashRedirect(refused)
        ? `It answers with a redirect, which is never followed. It leads to the same path with the other closing slash: set ${otherSlash(refused)}.`
        : "It answers with a redirect, which is never followed, as that would send the credentials to another place. Use the final address.",
    )
  }

  // There is no token that a passcode could follow, so the demand stays unanswered. A failing server may name its own parts ("MFA
  // service down"), so there only the exact code counts.
  const isOutage = status === 429 || status >= 500
  if (demands(purpose, body) && (!isOutage || words.some((word) => demandCode.test(word.trim()))))
    return fromReason(new PasscodeRequired({ ...common, unsupportedByProvider: true }))

  const decided = decision(body, codes)
  // A gateway that limits may also say `access_denied`, and its pause must not be lost.
  const isLimited = status === 429 || (status >= 500 && limit !== undefined)
  const isDecided = isLimited ? decided === "invalid_grant" || decided === "invalid_client" : decided !== undefined
  if (!isDecided) {
    if (isLimited) {
      const named = limit ?? { policy: undefined, retryAt: now + limitPause }
      return fromReason(new Throttled({ ...common, ...cut(named, now, longestLimit) }))
    }
    if (status >= 500 || code === "server_error" || code === "temporarily_unavailable") return later()
    if (isIntercepted(refused)) return intercepted(refused)
  }

  if (code === "invalid_client" || code === "unauthorized_client") {
    return fromReason(new ClientRefused(common))
  }
  if (code === "invalid_scope" && !asksForRight(purpose)) {
    const fix = "The provider does not grant one of them to this client. Write scopes that it may have."
    return fromReason(new Misconfigured({ ...common, field: "scopes", fix }))
  }
  if (code === "unsupported_grant_type") {
    const fix = "The server at this address does not take this grant. Choose the provider that runs there."
    return fromReason(new Misconfigured({ ...common, field: "provider", fix }))
  }

  if (!isDecided) {
    switch (status) {
      case 400:
      case 401:
      case 403:
      case 422:
        break
      case 404:
      case 405:
      case 410:
        // The endpoint exists if it answers about what was presented; else it does not.
        if (speaks(body, refused) || (body._tag === "Json" && asksForRight(purpose))) break
        return purpose === "revoke"
          ? fromReason(new NotAllowed(common))
          : address(
              `There is no token endpoint. Check the host and the prefix.${
                isQuestion(purpose)
                  ? ""
                  : ` If both are right, set ${otherSlash(refused)}: some servers answer only one spelling of the path.`
              }`,
            )
      case 408:
      case 421:
      case 425:
        return later()
      default:
        return fromReason(new Unreadable(common))
    }
  }

  const garbled = () => later({ garbled: true })
  switch (purpose) {
    case "RefreshToken":
      return isVerdict(refused, code) ? fromReason(new RenewalRefused(common)) : garbled()
    case "Passcode":
      return fromReason(
        speaksOfToken(words, code) || speaksOfChallenge(words) ? new ChallengeExpired(common) : new BadPasscode(common),
      )
    case "ActAs":
    case "inspect":
    case "revoke":
      return fromReason(new NotAllowed({ ...common, tokenRejected: isTokenRejected(refused, status, words, code) }))
  }
  if (code === "invalid_request") return garbled()
  switch (purpose) {
    case "Password":
      return fromReason(new BadCredentials(common))
    case "ClientCredentials":
    case "DeviceAuthorization":
      return fromReason(new ClientRefused(common))
    default: {
      if (code === "authorization_pending" || code === "slow_down") return later()
      const atBrowser = { ...common, atBrowser: true }
      return fromReason(code === "access_denied" ? new NotAllowed(atBrowser) : new ChallengeExpired(atBrowser))
    }
  }
}

/** The status that counts. A number of the provider's own under a 5xx is its refusal, unless the server also asks for a pause. */
const statusOf = (status: number, body: Body, limit: Limit | undefined): number =>
  status >= 500 && limit === undefined && body._tag === "Json" && isNumbered(body)
    ? Math.trunc(Number(body.object.code))
    : status

/** The option with which the next request goes to the same path with, or without, its closing slash. */
const otherSlash = ({ url }: Refused): string => `trailingSlash: ${url?.endsWith("/") !== true}`

/** Whether a redirect leads to the other spelling of the same path. */
const isSlashRedirect = (refused: Refused): boolean => {
  const { headers, url } = refused
  if (
    isQuestion(refused.purpose) ||
    url === undefined ||
    headers.location === undefined ||
    !URL.canParse(headers.location, url)
  )
    return false
  const { origin, pathname } = new URL(headers.location, url)
  return origin + pathname === (url.endsWith("/") ? url.slice(0, -1) : `${url}/`)
}

/** Whether it says that the refresh token is useless. With any other answer, the token was perhaps not even seen. */
const isVerdict = ({ body, verdicts }: Refused, code: VendorCode | undefined): boolean =>
  code === "invalid_grant" ||
  (code !== undefined && verdicts.includes(code)) ||
  (code !== "invalid_request" && verdicts.includes("numbered") && isNumbered(body))

/** Whether a 200 reports an error: `error`, `errcode`, or a `code` that is one. */
export const inBandStatus = (object: JsonObject, own?: ReadonlyArray<VendorCode>): number | undefined => {
  const { code, errcode, error } = object
  const status = Number(isString(code) || isNumber(code) ? code : Number.NaN)
  if (status >= 400 && status < 600) return Math.trunc(status)
  const failed = [error, errcode].some((one) => one !== undefined && !isBenign(one))
  return failed || (isString(code) && codeOf([code.slice(0, longestWords)], own) !== undefined) ? 400 : undefined
}

const noError = /^(ok|none|null|false|success|no[ _-]?errors?)$/i

/** Names that say nothing by themselves. `{ invalid_grant: "" }` is an error. */
const neutral = /^(code|status|message|msg|description|details?)$/i

/**
 * Whether the value of an error field means that there is none: nothing, zero, 200, "success", or a list or an object that holds
 * nothing else. Any other word is an error, because the token beside it may be good for nothing, as before a second factor.
 */
const isBenign = (u: unknown, depth = 0): boolean => {
  if (isString(u)) return isNoError(Number(u)) || noError.test(u.trim())
  if (!isObjectOrArray(u)) return u === null || u === false || (u === true && depth === 0) || isNoError(u)
  const isNeutral = (name: string) => Array.isArray(u) || neutral.test(name)
  return depth < 2 && Object.entries(u).every(([name, value]) => isNeutral(name) && isBenign(value, depth + 1))
}

const isNoError = (number: unknown): boolean => number === 0 || number === 200

/** No vendor says more than this in one field, and no error code is so long; UTF-16 units. */
const longestWords = 500

/** The reply's own words, each cut before it is matched. They are never repeated. */
export const wordsOf = (body: Body): ReadonlyArray<string> => {
  switch (body._tag) {
    case "Json": {
      const { code, errcode, error, error_description, message, msg } = body.object
      return [error, error_description, code, errcode, message, msg]
        .filter(isString)
        .map((words) => words.slice(0, longestWords))
    }
    case "Text":
      return [body.text.slice(0, 4 * longestWords)]
    default:
      return []
  }
}

const codeOf = (words: ReadonlyArray<string>, own?: ReadonlyArray<VendorCode>): VendorCode | undefined => {
  const exact = knownCode(words, own)
  if (exact !== undefined) return exact
  const text = words.join(" ")
  if (/\b(invalid|unknown|wrong|bad)[ _-]?client\b|\bclient[ _-]?(id|secret|credentials?)\b/i.test(text))
    return "invalid_client"
  if (/\bunauthori[sz]ed[ _-]?client\b/i.test(text)) return "unauthorized_client"
  if (/\binvalid[ _-]?scope\b/i.test(text)) return "invalid_scope"
  return undefined
}

/** "The access token provided has expired" and the like: it is about the token, not about what came with it. */
const speaksOfToken = (words: ReadonlyArray<string>, code: VendorCode | undefined): boolean => {
  const text = words.join(" ")
  // One pattern for both words would start again at each "token", and run to the end each time.
  const token = text.search(/\btoken\b/i)
  return (
    code === "invalid_token" ||
    /\b(access|bearer|partial|mfa)[ _-]?token\b/i.test(text) ||
    (token >= 0 && /\b((expired|invalid|unknown|revoked|active)\b|verif)/i.test(text.slice(token)))
  )
}

/** Some vendors call an open challenge a session ("Invalid or expired MFA session"). */
const speaksOfChallenge = (words: ReadonlyArray<string>): boolean => /\b(challenge|session)\b/i.test(words.join(" "))

const isTokenRejected = (
  { bearerInHeader, purpose }: Refused,
  status: number,
  words: ReadonlyArray<string>,
  code: VendorCode | undefined,
): boolean => {
  if (code === "insufficient_scope" || code === "access_denied" || code === "invalid_scope") return false
  if (speaksOfToken(words, code)) return true
  // A question concerns only its bearer. Acting concerns a subject too, so only a header makes the meaning of 401 clear.
  return purpose === "ActAs" ? bearerInHeader && status === 401 : status === 400 || status === 401
}
