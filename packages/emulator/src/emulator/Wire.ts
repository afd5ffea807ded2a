/**
 * What a request and its reply looked like, without a secret.
 *
 * Nothing is shown because it looks harmless. A name is shown if it is in a list of this file, and a value if its name is listed and,
 * in a request, if the world itself has that value: a client id, an account, a domain. All else is `<redacted>`.
 */

import type { Call } from "../exchange/Exchange.ts"
import type { Fields, WireReply, WireRequest } from "../exchange/Journal.ts"
import type { Outgoing, Silence } from "../fault/Damage.ts"
import type { FaultName } from "../fault/Fault.ts"
import { isPublic, redacted } from "./Shown.ts"

/** Stands for all names that are not listed. */
const other = "<other>"

/** The fields of requests whose value may be a word of the world. */
const askedFields = new Set(
  "grant_type client_id username domain mask_uid email scope mfa_type mfa-type mfa_vendor ns_id_type format object action".split(
    " ",
  ),
)
const secretNames = new Set("client_secret password passcode access_token refresh_token token refresh".split(" "))

/** The fields of replies that are no secret. */
const toldFields = new Set(
  `token_type expires_in refresh_expires_in scope mfa mfa_vendor mfa_type uid domain territory user username login client_id apiversion
legacy error error_description code message msg expires email resource displayName user_email total hostname current-time
not-before-policy department exp iat`.split(/\s/),
)

const askedHeaders = new Set("accept content-type user-agent origin cookie traceparent".split(" "))
const toldHeaders = new Set(
  "content-type content-length cache-control retry-after allow www-authenticate ratelimit ratelimit-policy".split(" "),
)
const mediaTypes = new Set("application/x-www-form-urlencoded application/json multipart/form-data */*".split(" "))

/** What these faults send was written by the user who armed them. */
const writtenByHand: ReadonlySet<FaultName> = new Set<FaultName>(["reply", "extra_fields", "token_type", "expires_in"])

const asked = (fields: Iterable<readonly [string, string]>, words: ReadonlySet<string>): Fields =>
  Object.fromEntries(
    [...fields].map(([name, value]) => {
      if (askedFields.has(name)) return [name, isPublic(words, value) ? value : redacted]
      return [secretNames.has(name) ? name : other, redacted]
    }),
  )

const askedHeader = ([name, value]: readonly [string, string]): readonly [string, string] => {
  if (name === "authorization") return [name, `${/^(?:basic|bearer)(?= )/i.exec(value)?.[0] ?? ""} ${redacted}`.trim()]
  if (!askedHeaders.has(name)) return [other, redacted]
  const type = value.split(";", 1)[0] ?? ""
  return [name, mediaTypes.has(type) ? type : redacted]
}

/** A request's lines. `call` is absent when its body was not read; `words` are public. */
export const requestOf = (
  request: Request,
  line: string,
  call: Call | undefined,
  words: ReadonlySet<string>,
): WireRequest => {
  return {
    line,
    headers: Object.fromEntries([...request.headers].map(askedHeader)),
    query: asked(new URL(request.url).searchParams, words),
    fields: asked(call?.fields ?? [], words),
  }
}

const textOf = (body: Outgoing["body"]): string | undefined => {
  if (typeof body === "string") return body
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : undefined
}

const jsonOf = (text: string): unknown => {
  try {
    const json: unknown = JSON.parse(text)
    return Array.isArray(json) && json.length === 1 ? json[0] : json
  } catch {
    return undefined
  }
}

/**
 * A reply's lines; undefined if none was sent. A witness that is `foreign` may print what it was sent, so its texts have to be public
 * words.
 */
export const replyOf = (
  outgoing: Outgoing | Silence,
  fault: FaultName | undefined,
  words: ReadonlySet<string>,
  foreign: boolean,
): WireReply | undefined => {
  if (typeof outgoing === "string") return undefined
  const byHand = foreign || (fault !== undefined && writtenByHand.has(fault))
  const shown = (value: unknown) => {
    if (value === null || typeof value === "boolean" || typeof value === "number") return value
    return typeof value === "string" && (!byHand || isPublic(words, value)) ? value : redacted
  }
  const told = (names: ReadonlySet<string>, entries: ReadonlyArray<readonly [string, unknown]>): Fields =>
    Object.fromEntries(
      entries
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => {
          if (names.has(name)) return [name, shown(value)]
          return [secretNames.has(name) ? name : other, redacted]
        }),
    )
  const { status, headers, body } = outgoing
  const text = textOf(body)
  const json = text === undefined ? undefined : jsonOf(text)
  const isObject = typeof json === "object" && json !== null
  return {
    status,
    headers: told(
      toldHeaders,
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    body: kindOf(text, isObject),
    fields: isObject ? told(toldFields, Object.entries(json)) : {},
  }
}

const kindOf = (text: string | undefined, isObject: boolean): WireReply["body"] => {
  if (text === undefined) return "stream"
  if (text === "") return "empty"
  if (isObject) return "json"
  return text.startsWith("<") ? "html" : "text"
}
