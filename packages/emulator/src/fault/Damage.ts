/**
 * What each fault makes of an answer: another answer, a body with a pace or an end of its own, or no answer at all.
 */
import type { Reply } from "../exchange/Exchange.ts"
import { html, json, text } from "../exchange/Exchange.ts"
import * as RateLimit from "../exchange/RateLimit.ts"
import { asctime, imfFixdate, rfc850 } from "../time/HttpDate.ts"
import type { Fault } from "./Fault.ts"
import type { Ending } from "./Line.ts"

/** A body in pieces, made as the client reads. */
export interface Pieces {
  readonly pieces: Iterable<Uint8Array<ArrayBuffer>>
  /** Pause between two of them, ms. */
  readonly pause: number
  /** Whether the connection is reset after the last one. */
  readonly thenReset: boolean
}

/** An answer as it goes out. */
export interface Outgoing extends Omit<Reply, "body"> {
  readonly body: string | Uint8Array<ArrayBuffer> | Pieces
}

/** No answer: it never comes, or the connection ends. */
export type Silence = "hang" | Ending

/** What a fault may know about the exchange, and do to its tokens. */
export interface Scene {
  /** Epoch ms by the server's clock, right or wrong. */
  readonly now: number
  /** The access token that the same holder was given before this one. */
  readonly previousToken: string | undefined
  /** Makes a token die earlier, at this time (epoch ms). */
  readonly shorten: (token: string, at: number) => void
}

/**
 * The answer under a fault. `reply` is the true answer, undefined if the server did not act. Returns undefined if the true answer has
 * nothing that this fault could spoil.
 */
export const damage = (fault: Fault, reply: Reply | undefined, scene: Scene): Outgoing | Silence | undefined => {
  switch (fault._tag) {
    case "reset_on_accept":
    case "reset_before_read":
    case "reset_after_read":
      return "reset"
    case "drop_reply":
      return fault.by ?? "close"
    case "hang":
      return "hang"
    case "delay":
    case "wrong_clock":
      return reply

    case "endless_body":
      return { ...json(200, {}), body: inPieces(padded(reply, Number.POSITIVE_INFINITY)) }
    case "huge_body": {
      const bytes = fault.bytes ?? 50_000_000
      const { status, headers } = reply ?? json(200, {})
      const length = { "content-length": String(bytesOf(padded(reply, 0)) + bytes) }
      return { status, headers: { ...headers, ...(fault.announced && length) }, body: inPieces(padded(reply, bytes)) }
    }

    case "server_error":
      return serverError(fault.status ?? 500, fault.body ?? "html")
    case "retry_after": {
      const { status = 429, seconds = 2, form = "seconds" } = fault
      // A date has whole seconds. It is rounded up, so that it is never earlier than the seconds say.
      const at = Math.ceil(scene.now / 1000 + seconds) * 1000
      return json(status, { code: status, message: titles[status] }, { "retry-after": retryAfter[form](seconds, at) })
    }
    case "rate_limit":
      return json(429, { code: 429, message: titles[429] }, RateLimit.headersOf(fault.policies ?? twoPolicies))
    case "firewall":
      return html(403, "Forbidden")
    case "redirect":
      return { status: fault.status ?? 307, headers: { location: fault.to }, body: "" }
    case "html_200":
      return html(200, "Welcome to the portal")
    case "empty_200":
      return { status: 200, headers: { "content-type": "application/json" }, body: "" }
    case "error_in_200":
      return json(200, errors[fault.form ?? "error"])
    case "reply": {
      const { status = 200, headers = {}, body = "", base64 } = fault
      // As bytes: the server would add a content type to a text.
      return { status, headers, body: base64 === undefined ? encode(body) : fromBase64(base64) }
    }
    default:
      return reply && spoilt(fault, reply, scene)
  }
}

type Spoiling = Extract<
  Fault,
  {
    readonly _tag:
      | "reset_in_body"
      | "trickle"
      | "cut_json"
      | "invalid_utf8"
      | "wrong_type"
      | "expires_in"
      | "token_type"
      | "no_refresh_token"
      | "extra_fields"
      | "same_token"
      | "early_death"
  }
>

const spoilt = (fault: Spoiling, reply: Reply, scene: Scene): Outgoing | undefined => {
  const bytes = encode(reply.body)
  switch (fault._tag) {
    case "reset_in_body": {
      const part = bytes.subarray(0, fault.bytes ?? bytes.length >> 1)
      const headers = { ...reply.headers, "content-length": String(bytes.length) }
      return { ...reply, headers, body: { pieces: [part], pause: 0, thenReset: true } }
    }
    case "trickle": {
      const length = { "content-length": String(bytes.length) }
      const pause = fault.millis ?? 1000
      const pieces = slices(bytes, fault.bytes ?? 1)
      return { ...reply, headers: { ...reply.headers, ...length }, body: { pieces, pause, thenReset: false } }
    }
    case "cut_json":
      return { ...reply, body: bytes.slice(0, fault.bytes ?? bytes.length >> 1) }
    case "invalid_utf8":
      return { ...reply, body: withoutUtf8(reply.body, fault.field ?? "access_token") }
    case "wrong_type": {
      const { "content-type": _, ...others } = reply.headers
      const type = fault.type === undefined ? "text/html" : fault.type
      return { ...reply, headers: type === null ? others : { ...others, "content-type": type }, body: bytes }
    }
    default: {
      const fields = tokenFieldsOf(reply)
      const changed = fields && changedFields(fault, fields, scene)
      return changed && { ...reply, body: JSON.stringify(changed) }
    }
  }
}

type TokenFields = Readonly<Record<string, unknown>> & { readonly access_token: string }

/** The fields of a reply that gives tokens. */
export const tokenFieldsOf = (reply: Reply): TokenFields | undefined => {
  if (reply.status !== 200) return undefined
  try {
    const fields = JSON.parse(reply.body)
    return typeof fields?.access_token === "string" ? fields : undefined
  } catch {
    return undefined
  }
}

const changedFields = (
  fault: Exclude<Spoiling, { readonly _tag: "reset_in_body" | "trickle" | "cut_json" | "invalid_utf8" | "wrong_type" }>,
  fields: TokenFields,
  scene: Scene,
): Readonly<Record<string, unknown>> | undefined => {
  switch (fault._tag) {
    case "expires_in":
      return { ...fields, expires_in: fault.value }
    case "token_type":
      return { ...fields, token_type: fault.value ?? "BEARER" }
    case "no_refresh_token":
      return { ...fields, refresh_token: undefined }
    case "extra_fields":
      return { ...fields, ...(fault.fields ?? extraFields) }
    case "same_token":
      return scene.previousToken === undefined ? undefined : { ...fields, access_token: scene.previousToken }
    case "early_death": {
      const { which = "access", seconds = 0 } = fault
      const doomed = [which !== "refresh" && fields.access_token, which !== "access" && fields.refresh_token]
      for (const token of doomed) if (typeof token === "string") scene.shorten(token, scene.now + seconds * 1000)
      return fields
    }
  }
}

// Names that a careless client could stumble over, and values of every kind.
const extraFields = {
  extra: { nested: [1, "two", null, { three: true }] },
  constructor: "text",
  toString: null,
  id_token: "",
  expires: "2038-01-19 03:14:07",
  error: null,
  code: 0,
}

const twoPolicies: ReadonlyArray<RateLimit.State> = [
  {
    name: "subscriber_minute",
    quota: 60,
    window: 60,
    remaining: 0,
    reset: 24,
    partition: "111@abc-company.12345.service",
  },
  { name: "client_hour", quota: 2700, window: 3600, remaining: 31, reset: 324, partition: "your-client-id" },
]

const titles = {
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
} as const

const serverError = (status: 500 | 502 | 503 | 504, body: "html" | "json" | "text" | "empty"): Reply => {
  switch (body) {
    case "html":
      return html(status, titles[status])
    case "json":
      return json(status, { code: status, message: titles[status] })
    case "text":
      return text(status, titles[status])
    case "empty":
      return { status, headers: {}, body: "" }
  }
}

const retryAfter = {
  seconds: (seconds: number, _: number) => String(seconds),
  imf_fixdate: (_: number, at: number) => imfFixdate(at),
  rfc850: (_: number, at: number) => rfc850(at),
  asctime: (_: number, at: number) => asctime(at),
}

const errors = {
  error: { error: "server_error", error_description: "Something went wrong" },
  code_message: { code: 500, message: "Something went wrong" },
  code_msg: { code: 500, msg: "Something went wrong" },
}

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

const fromBase64 = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

function* slices(bytes: Uint8Array<ArrayBuffer>, length: number): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.slice(at, at + length)
}

const inPieces = (pieces: Iterable<Uint8Array<ArrayBuffer>>): Pieces => ({ pieces, pause: 0, thenReset: false })

const padding = encode("x".repeat(65_536))

/** A JSON object with so many bytes of padding before the fields of the reply. Only one block of it is in memory at a time. */
function* padded(reply: Reply | undefined, bytes: number): Generator<Uint8Array<ArrayBuffer>> {
  yield encode('{"padding":"')
  for (let left = bytes; left > 0; left -= padding.length) {
    yield left < padding.length ? padding.subarray(0, left) : padding
  }
  const isObject = reply !== undefined && /^\{.*[^{]\}$/s.test(reply.body)
  yield encode(isObject ? `",${reply.body.slice(1)}` : '"}')
}

const bytesOf = (pieces: Iterable<Uint8Array>) => {
  let bytes = 0
  for (const piece of pieces) bytes += piece.length
  return bytes
}

// The place for the bytes: a private-use character, which no reply has.
const mark = "\u{E000}"
// A byte of a two-byte sequence without the other, and one that never occurs in UTF-8.
const noUtf8 = Uint8Array.of(0xc3, 0x28, 0xff)

const withoutUtf8 = (body: string, field: string): Uint8Array<ArrayBuffer> => {
  const value = new RegExp(`("${field.replace(/\W/g, "\\$&")}":")([^"]*)`)
  const marked = value.test(body)
    ? body.replace(value, (_, before: string, text: string) => {
        const half = text.length >> 1
        return before + text.slice(0, half) + mark + text.slice(half)
      })
    : body.slice(0, body.length >> 1) + mark + body.slice(body.length >> 1)
  const [before = "", after = ""] = marked.split(mark)
  return Uint8Array.of(...encode(before), ...noUtf8, ...encode(after))
}
