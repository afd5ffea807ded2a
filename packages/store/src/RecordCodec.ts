/**
 * A record as bytes, with the version of its form, before it is sealed and after.
 *
 * The bytes are JSON in UTF-8: `{"v":1,"record":{…}}`, or `{"v":1,"signedOutAt":1764364800000}` for a tombstone.
 * An absent field is left out, and a life without end is `null`. Form 0 is the text of `TokenRecordSchema`, without a version.
 *
 * A field that older processes may ignore is added to form 1. What they would get wrong is a new form, with a step in `OLDER`.
 *
 * It is written by hand, because `effect/Schema` takes longer to load than a command may take, and ten times as long for a record.
 * A property test compares it with `TokenRecordSchema`.
 */

import type { TokenTimes } from "@pbx-auth/machine/Renewal"
import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { Identity, Tokens } from "@pbx-auth/providers/Token"
import type { Intent, TokenRecord } from "@pbx-auth/session/TokenStore"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Failures from "./Failures.ts"

/**
 * What a cell says of a session: its record, or when it was signed out (epoch ms).
 *
 * @category models
 */
export type Content =
  | { readonly _tag: "Record"; readonly record: TokenRecord }
  | { readonly _tag: "SignedOut"; readonly at: number }

/** The form that is written. */
const FORM = 1

type Json = { readonly [name: string]: unknown }

/** Steps from a form to the next: `OLDER[0]` makes form 1 of form 0. */
const OLDER: ReadonlyArray<(content: Json) => Json> = [(record) => ({ v: 1, record })]

const inClear = (secret: Redacted.Redacted<string> | undefined) => secret && Redacted.value(secret)

const encoded = (record: TokenRecord) => {
  const { generation, intent, times, tokens, via } = record
  return {
    generation,
    via,
    tokens: tokens && {
      accessToken: Redacted.value(tokens.accessToken),
      refreshToken: inClear(tokens.refreshToken),
      tokenType: tokens.tokenType,
      lifetime: tokens.lifetime === Number.POSITIVE_INFINITY ? null : tokens.lifetime,
      refreshLifetime: tokens.refreshLifetime,
      scope: tokens.scope,
      identity: tokens.identity,
      details: tokens.details,
    },
    times,
    intent,
    // Each field of a record is here: one that is added must be added here, too.
  } satisfies Record<keyof TokenRecord, unknown>
}

/**
 * @category encoding
 */
export const encode = (content: Content): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify(
      content._tag === "Record" ? { v: FORM, record: encoded(content.record) } : { v: FORM, signedOutAt: content.at },
    ),
  )

/** Making one costs as much as decoding a record. */
const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true })

/** Is thrown at what is no record, and caught in `decode`. It holds nothing. */
const WRONG = /* @__PURE__ */ Symbol("wrong")

const object = (u: unknown): Json => {
  if (typeof u !== "object" || u === null || Array.isArray(u)) throw WRONG
  return u as Json
}

const text = (u: unknown): string => {
  if (typeof u !== "string") throw WRONG
  return u
}

const number = (u: unknown): number => {
  if (typeof u !== "number") throw WRONG
  return u
}

const secret = (u: unknown): Redacted.Redacted<string> => {
  if (u === "") throw WRONG
  return Redacted.make(text(u))
}

/** In form 0, an absent field is `null`. */
const orUndefined = <A>(u: unknown, read: (u: unknown) => A): A | undefined =>
  u === undefined || u === null ? undefined : read(u)

const orNull = <A>(u: unknown, read: (u: unknown) => A): A | null => (u === null ? null : read(u))

const presentation = (u: unknown): "sign_in" | "renewal" => {
  if (u !== "sign_in" && u !== "renewal") throw WRONG
  return u
}

const identity = (u: unknown): Identity => {
  const given = object(u)
  Object.values(given).forEach(text)
  return given
}

const tokens = (u: unknown): Tokens => {
  const given = object(u)
  const lifetime = given.lifetime === null ? Number.POSITIVE_INFINITY : number(given.lifetime)
  if (lifetime < 0) throw WRONG
  return {
    accessToken: secret(given.accessToken),
    refreshToken: orUndefined(given.refreshToken, secret),
    tokenType: text(given.tokenType),
    lifetime,
    refreshLifetime: orUndefined(given.refreshLifetime, number),
    scope: orNull(given.scope, text),
    identity: identity(given.identity),
    details: object(given.details) as Tokens["details"],
  }
}

const times = (u: unknown): TokenTimes => {
  const { dueAt, expiresAt, issuedAt, usableUntil } = object(u)
  return {
    issuedAt: number(issuedAt),
    dueAt: orNull(dueAt, number),
    usableUntil: orNull(usableUntil, number),
    expiresAt: orNull(expiresAt, number),
  }
}

const intent = (u: unknown): Intent => {
  const { afterSignOut, holder, purpose, startedAt, until } = object(u)
  return {
    holder: text(holder),
    purpose: presentation(purpose),
    startedAt: number(startedAt),
    until: number(until),
    ...(afterSignOut === true && { afterSignOut }),
  }
}

const record = (u: unknown): TokenRecord => {
  const given = object(u)
  if (!Number.isSafeInteger(given.generation)) throw WRONG
  return {
    generation: number(given.generation),
    via: presentation(given.via),
    tokens: orUndefined(given.tokens, tokens),
    times: orUndefined(given.times, times),
    intent: orUndefined(given.intent, intent),
  }
}

/**
 * Fails as `StoreFailed` with the problem `newer`, or `unreadable` for anything else that is no record. It repeats nothing of it.
 *
 * @category decoding
 */
export const decode = (bytes: Uint8Array): Result.Result<Content, StoreFailed> => {
  try {
    let content = object(JSON.parse(utf8.decode(bytes)))
    const form = content.v === undefined ? 0 : number(content.v)
    if (!Number.isSafeInteger(form) || form < 0) throw WRONG
    if (form > FORM) return Result.fail(Failures.newer())
    for (const step of OLDER.slice(form)) content = step(content)
    return Result.succeed(
      content.signedOutAt === undefined
        ? { _tag: "Record", record: record(content.record) }
        : { _tag: "SignedOut", at: number(content.signedOutAt) },
    )
  } catch {
    return Result.fail(Failures.unreadable())
  }
}
