/**
 * The faults, each with its parameters. A number in brackets is the default. "Acted" says that the server carries the request out, though
 * its client may never hear of it.
 */
import * as Schema from "effect/Schema"

/** A whole number, this or more. */
export const count = (minimum: number) =>
  Schema.Int.check(Schema.isGreaterThanOrEqualTo(minimum, { expected: `a whole number, ${minimum} or more` }))

/** A field that may be left out. */
export const optional = <S extends Schema.Constraint>(schema: S): Schema.optionalKey<S> => Schema.optionalKey(schema)

// No clock of this emulator can be asked to sleep longer, or be wrong by more: 31 years.
const maxSeconds = 1e9

const millis = Schema.Finite.check(
  Schema.isBetween({ minimum: 0, maximum: maxSeconds * 1000 }, { expected: "milliseconds, 0 or more" }),
)
/** Whether the request is carried out. Default: false. */
const acts = optional(Schema.Boolean)

const isHeader = (name: string, value: string) => {
  try {
    return new Headers([[name, value]]) !== undefined
  } catch {
    return false
  }
}
const HeaderValue = Schema.String.check(
  Schema.makeFilter((value: string) => isHeader("x", value), { expected: "the value of an HTTP header" }),
)
const HeaderFields = Schema.Record(Schema.String, Schema.String).check(
  Schema.makeFilter((fields) => Object.entries(fields).every(([name, value]) => isHeader(name, value)), {
    expected: "HTTP header fields",
  }),
)
const Address = Schema.String.check(
  Schema.makeFilter((text: string) => URL.canParse(text) && /^https?:/.test(text), {
    expected: "an address, http:// or https://",
  }),
)

/** Each fault by its name, with its parameters. */
export const cases = Schema.TaggedUnion({
  // The connection.

  /** Resets a connection as soon as it is accepted, before a byte is read of it. Not acted. */
  reset_on_accept: {},
  /** Resets the connection after the head of the request is read, before its body. Not acted. */
  reset_before_read: {},
  /** Resets the connection after the whole request is read. Not acted. */
  reset_after_read: {},
  /** Ends the connection instead of sending the reply: closes it in order (the default), or resets it. Acted. */
  drop_reply: {
    /** How the connection ends. Default: `close`. */
    by: optional(Schema.Literals(["close", "reset"])),
  },
  /** Resets the connection after so many bytes of the body (half of them by default) are sent. Acted. */
  reset_in_body: {
    /** How many bytes of the body are sent first. */
    bytes: optional(count(0)),
  },
  /** Never sends a byte of the answer. Not acted, unless told. */
  hang: { acts },

  // The pace.

  /** Sends the answer so much later (1000 ms). Ambient: other faults may hit the same exchange. */
  delay: {
    /** How much later, in ms. */
    millis: optional(millis),
  },
  /** Sends the body in pieces of so many bytes (1), with a pause between them (1000 ms). Acted. */
  trickle: {
    /** Bytes of each piece. */
    bytes: optional(count(1)),
    /** The pause between two pieces, in ms. */
    millis: optional(millis),
  },
  /** A JSON body without end, as fast as it is read. Not acted, unless told. */
  endless_body: { acts },
  /**
   * A JSON body of so many bytes (50 000 000) more than it needs, its length announced or not (the default). When told to
   * act, the true reply's fields stand at its end. Not acted, unless told.
   */
  huge_body: {
    /** How many bytes more. */
    bytes: optional(count(1)),
    /** Whether `Content-Length` says so. Default: false. */
    announced: optional(Schema.Boolean),
    acts,
  },

  // Other answers than the true one.

  /** 500 (the default), 502, 503 or 504, with a body as it is seen in the field. Not acted, unless told. */
  server_error: {
    /** The HTTP status. */
    status: optional(Schema.Literals([500, 502, 503, 504])),
    /** What stands in the body. */
    body: optional(Schema.Literals(["html", "json", "text", "empty"])),
    acts,
  },
  /** 429 (the default) or 503 with `Retry-After` in seconds (2) or as a date in one of HTTP's three forms. Not acted. */
  retry_after: {
    /** The HTTP status. */
    status: optional(Schema.Literals([429, 503])),
    /** How long to wait, in seconds. */
    seconds: optional(count(0)),
    /** How the header says it (RFC 9110 §5.6.7 and §10.2.3). */
    form: optional(Schema.Literals(["seconds", "imf_fixdate", "rfc850", "asctime"])),
  },
  /**
   * 429 with NetSapiens' `RateLimit` and `RateLimit-Policy` headers; by default of two policies, of which the spent one
   * ends sooner (24 s) than the other (324 s). Not acted.
   */
  rate_limit: {
    /** The policies of the headers. */
    policies: optional(
      Schema.NonEmptyArray(
        Schema.Struct({
          /** As the headers name it. */
          name: Schema.String.check(Schema.isPattern(/^[\w-]+$/, { expected: "a name of letters, digits, _ and -" })),
          /** Requests per window. */
          quota: count(0),
          /** The window, in seconds. */
          window: count(0),
          /** Requests that are left. */
          remaining: count(0),
          /** Until the window ends, in seconds. */
          reset: count(0),
          /** Whose requests are counted together. */
          partition: optional(Schema.String),
        }),
      ),
    ),
  },
  /** 403 with a firewall's HTML page. Not acted. */
  firewall: {},
  /** A redirect (307 by default) to the address. Not acted. */
  redirect: {
    /** The HTTP status. */
    status: optional(Schema.Literals([301, 302, 303, 307, 308])),
    /** The address in `Location`. */
    to: Address,
  },
  /** 200 with an HTML page, as a portal in front of the API gives it. Not acted, unless told. */
  html_200: { acts },
  /** 200 with nothing in it. Not acted, unless told. */
  empty_200: { acts },
  /** An error object in a 200: `{error, error_description}` (the default), `{code, message}` or `{code, msg}`. Not acted, unless told. */
  error_in_200: {
    /** Which fields the object has. */
    form: optional(Schema.Literals(["error", "code_message", "code_msg"])),
    acts,
  },
  /**
   * Any answer: status (200), headers, and a body of text or of base64's bytes. Over a socket a false `Content-Length` ends the
   * connection with nothing sent. Not acted, unless told.
   */
  reply: {
    /** The HTTP status. */
    status: optional(
      Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 }, { expected: "a status from 200 to 599" })),
    ),
    /** Header fields, by name. */
    headers: optional(HeaderFields),
    /** The body as text. */
    body: optional(Schema.String),
    /** The body as bytes, in base64 (RFC 4648 §4). Not together with `body`. */
    base64: optional(
      Schema.String.check(
        Schema.isPattern(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, { expected: "base64" }),
      ),
    ),
    acts,
  },

  // The true answer, spoilt.

  /** Ends the JSON after so many bytes (half of them by default); the HTTP is complete. Acted. */
  cut_json: {
    /** How many bytes of the JSON are sent. */
    bytes: optional(count(0)),
  },
  /** Puts bytes that are not UTF-8 into the text of a field (`access_token`). Acted. */
  invalid_utf8: {
    /** The name of the field. */
    field: optional(Schema.NonEmptyString),
  },
  /** The true body with another content type (`text/html`), or with none: null. Acted. */
  wrong_type: {
    /** The value of `Content-Type`; null: no such header. */
    type: optional(Schema.NullOr(HeaderValue)),
  },
  /** Another `expires_in`: any JSON value; without one there is no such field. Acted. */
  expires_in: {
    /** The value, of whatever type. */
    value: optional(Schema.Json),
  },
  /** Another `token_type` (`BEARER`). Acted. */
  token_type: {
    /** The value. */
    value: optional(Schema.String),
  },
  /** Leaves `refresh_token` out. Acted. */
  no_refresh_token: {},
  /** More fields in the reply, or other values for fields of the same name. Acted. */
  extra_fields: {
    /** Names and values. */
    fields: optional(Schema.Record(Schema.String, Schema.Json)),
  },
  /** The access token that the same holder was given before, as if it were new; the rest of the reply is true. Acted. */
  same_token: {},
  /** The access token, the refresh token or both die so many seconds (0) after they are issued. Acted. */
  early_death: {
    /** Which of the two. Default: `access`. */
    which: optional(Schema.Literals(["access", "refresh", "both"])),
    /** After how many seconds. */
    seconds: optional(count(0)),
  },
  /**
   * The server's clock is so many seconds (3600) ahead, or behind if negative: in `Date` and `Retry-After`, in all that
   * replies print of time, and for the lives of its tokens. Ambient: other faults may hit the same exchange.
   */
  wrong_clock: {
    /** How far ahead, in seconds; below 0: behind. */
    seconds: optional(
      Schema.Finite.check(
        Schema.isBetween({ minimum: -maxSeconds, maximum: maxSeconds }, { expected: "seconds, ahead or behind" }),
      ),
    ),
  },
})
