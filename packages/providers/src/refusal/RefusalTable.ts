/** Reads a vendor's own table of refusals (`RefusalRule`): which row a reply matches, and the error that the row means. */
import { isNumber, isString } from "effect/Predicate"
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
} from "../error/AuthError.ts"
import { at } from "../json/DottedPath.ts"
import type { Body } from "./Grammar.ts"
import type { Condition, RefusalRule, RuleValue } from "./RefusalRule.ts"
import type { RefusalOf, Refused } from "./Refused.ts"
import { cut, latest, limitOf, limitPause, longestLimit, retryAfter as pauseOf } from "./Retry.ts"

/** The fields in which replies usually speak. */
const spoken = ["error", "error_description", "code", "errcode", "message", "msg"]

/** The most that is compared of a text, in UTF-16 units. */
const longest = 500

/** Whether a row that names one or some of something, or nothing, is about this one. */
export const isAmong = <A>(one: A, some: A | ReadonlyArray<A> | undefined): boolean =>
  some === undefined || (Array.isArray(some) ? some.includes(one) : some === one)

/** The first that means this reply. */
export const firstOf = <C extends Condition>(
  conditions: ReadonlyArray<C>,
  { body, purpose, status }: Pick<Refused, "body" | "purpose" | "status">,
): C | undefined =>
  conditions.find(
    (one) =>
      isAmong(purpose, one.on) &&
      (one.status === undefined ? status !== 429 : isAmong(status, one.status)) &&
      (one.field === undefined && one.value === undefined
        ? one.status !== undefined || status >= 300
        : matches(one, body)),
  )

/** Whether a body says what a row looks for. */
export const matches = ({ field, value }: Pick<Condition, "field" | "value">, body: Body): boolean =>
  said(body, field).some((text) => isSaid(text, value))

/** What a body says in a field, or anywhere that replies speak. */
const said = (body: Body, field: string | undefined): ReadonlyArray<unknown> => {
  if (body._tag === "Json") return (field === undefined ? spoken : [field]).map((path) => at(body.object, path))
  return body._tag === "Text" && field === undefined ? [body.text] : []
}

const isSaid = (said: unknown, value: RuleValue | ReadonlyArray<RuleValue> | undefined): boolean => {
  if (value === undefined) return said === 0 || Boolean(said)
  if (!isString(said) && !isNumber(said) && typeof said !== "boolean") return false
  const text = `${said}`.slice(0, longest)
  return [value].flat().some((one) =>
    // `search` heeds no `lastIndex`, as `test` does.
    one instanceof RegExp ? text.search(one) !== -1 : text.trim().toLowerCase() === `${one}`.toLowerCase(),
  )
}

const plain = { BadCredentials, BadPasscode, ChallengeExpired, ClientRefused, RenewalRefused }

/** The error that a row means. It repeats the row's words, and none of the reply's. */
const ruled = (
  { code, fix, header, option, per, reason, retryAfter, tokenRejected }: RefusalRule,
  { headers, limits, now, provider, status }: Refused,
): AuthError => {
  const common = { provider, status, code, fix }
  const paused = () => {
    const own = header === undefined ? undefined : pauseOf(headers[header.toLowerCase()], now, headers.date)
    const limit = latest([limitOf(headers, now, status, limits), own])
    return limit ?? (retryAfter === undefined ? undefined : { policy: undefined, retryAt: now + retryAfter })
  }
  switch (reason) {
    case "Misconfigured": {
      const said = "The vendor refuses it. Compare it with the vendor's page."
      return fromReason(new Misconfigured({ ...common, field: option ?? "provider", fix: fix ?? said }))
    }
    case "PasscodeRequired":
      return fromReason(new PasscodeRequired({ ...common, unsupportedByProvider: true }))
    case "NotAllowed":
      return fromReason(new NotAllowed({ ...common, tokenRejected }))
    case "Throttled": {
      const limit = paused() ?? { policy: undefined, retryAt: now + limitPause }
      return fromReason(new Throttled({ ...common, per, ...cut(limit, now, longestLimit) }))
    }
    case "Unavailable": {
      const limit = paused()
      return fromReason(new Unavailable({ ...common, retryAt: limit && cut(limit, now, longestLimit).retryAt }))
    }
    default:
      return fromReason(new plain[reason](common))
  }
}

/** What the first row that matches a reply means. */
export const refusal = (refused: Refused, rows: ReadonlyArray<RefusalRule>): AuthError | undefined => {
  const rule = firstOf(rows, refused)
  return rule && ruled(rule, refused)
}

/** The rows as a function, for a dialect that is read without a provider's `ownGrammar`. */
export const table =
  (rows: ReadonlyArray<RefusalRule>): RefusalOf =>
  (refused) =>
    refusal(refused, rows)
