/**
 * What can go wrong with an exchange, as values: the faults, and the rules that say which exchanges they hit.
 *
 * A fault is plain JSON, so that a test arms it in process, a command line by its name, and anybody else over HTTP. Each
 * one states whether the server acted: whether the request was carried out (a token rotated, a challenge spent) though
 * its client may never hear of it. That is what a client cannot know, and what its recovery hangs on.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { grantNames, providerNames } from "./Journal.ts"
import { inWords } from "./Mistake.ts"

const count = (minimum: number) =>
  Schema.Int.check(Schema.isGreaterThanOrEqualTo(minimum, { expected: `a whole number, ${minimum} or more` }))

const optional = Schema.optionalKey

// No clock of this emulator can be asked to sleep longer, or be wrong by more: 31 years.
const maxSeconds = 1e9

const millis = Schema.Finite.check(
  Schema.isBetween({ minimum: 0, maximum: maxSeconds * 1000 }, { expected: "milliseconds, 0 or more" }),
)
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
const withoutBody = new Set([204, 205, 304])

const cases = Schema.TaggedUnion({
  // The connection.

  /** Resets a connection as soon as it is accepted, before a byte is read of it. Not acted. */
  reset_on_accept: {},
  /** Resets the connection after the head of the request is read, before its body. Not acted. */
  reset_before_read: {},
  /** Resets the connection after the whole request is read. Not acted. */
  reset_after_read: {},
  /** Ends the connection instead of sending the reply: closes it in order (the default), or resets it. Acted. */
  drop_reply: { by: optional(Schema.Literals(["close", "reset"])) },
  /** Resets the connection after so many bytes of the body (half of them by default) are sent. Acted. */
  reset_in_body: { bytes: optional(count(0)) },
  /** Never sends a byte of the answer. Not acted, unless told. */
  hang: { acts },

  // The pace.

  /** Sends the answer so much later (1000 ms). Ambient: other faults may hit the same exchange. */
  delay: { millis: optional(millis) },
  /** Sends the body in pieces of so many bytes (1), with a pause between them (1000 ms). Acted. */
  trickle: { bytes: optional(count(1)), millis: optional(millis) },
  /** A JSON body without end, as fast as it is read. Not acted, unless told. */
  endless_body: { acts },
  /**
   * A JSON body of so many bytes (50 000 000) more than it needs, its length announced or not (the default). When told to
   * act, the true reply's fields stand at its end. Not acted, unless told.
   */
  huge_body: { bytes: optional(count(1)), announced: optional(Schema.Boolean), acts },

  // Other answers than the true one.

  /** 500 (the default), 502, 503 or 504, with a body as it is seen in the field. Not acted, unless told. */
  server_error: {
    status: optional(Schema.Literals([500, 502, 503, 504])),
    body: optional(Schema.Literals(["html", "json", "text", "empty"])),
    acts,
  },
  /** 429 (the default) or 503 with `Retry-After` in seconds (2) or as a date in one of HTTP's three forms. Not acted. */
  retry_after: {
    status: optional(Schema.Literals([429, 503])),
    seconds: optional(count(0)),
    form: optional(Schema.Literals(["seconds", "imf_fixdate", "rfc850", "asctime"])),
  },
  /**
   * 429 with NetSapiens' `RateLimit` and `RateLimit-Policy` headers; by default of two policies, of which the spent one
   * ends sooner (24 s) than the other (324 s). Not acted.
   */
  rate_limit: {
    policies: optional(
      Schema.NonEmptyArray(
        Schema.Struct({
          name: Schema.String.check(Schema.isPattern(/^[\w-]+$/, { expected: "a name of letters, digits, _ and -" })),
          quota: count(0),
          window: count(0),
          remaining: count(0),
          reset: count(0),
          partition: optional(Schema.String),
        }),
      ),
    ),
  },
  /** 403 with a firewall's HTML page. Not acted. */
  firewall: {},
  /** A redirect (307 by default) to the address. Not acted. */
  redirect: { status: optional(Schema.Literals([301, 302, 303, 307, 308])), to: Address },
  /** 200 with an HTML page, as a portal in front of the API gives it. Not acted, unless told. */
  html_200: { acts },
  /** 200 with nothing in it. Not acted, unless told. */
  empty_200: { acts },
  /** An error object in a 200: `{error, error_description}` (the default), `{code, message}` or `{code, msg}`. Not acted, unless told. */
  error_in_200: { form: optional(Schema.Literals(["error", "code_message", "code_msg"])), acts },
  /**
   * Any answer: status (200), headers, and a body of text or of base64's bytes. Over a socket a false `Content-Length` ends the
   * connection with nothing sent. Not acted, unless told.
   */
  reply: {
    status: optional(
      Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 }, { expected: "a status from 200 to 599" })),
    ),
    headers: optional(HeaderFields),
    body: optional(Schema.String),
    base64: optional(
      Schema.String.check(
        Schema.isPattern(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, { expected: "base64" }),
      ),
    ),
    acts,
  },

  // The true answer, spoilt.

  /** Ends the JSON after so many bytes (half of them by default); the HTTP is complete. Acted. */
  cut_json: { bytes: optional(count(0)) },
  /** Puts bytes that are not UTF-8 into the text of a field (`access_token`). Acted. */
  invalid_utf8: { field: optional(Schema.NonEmptyString) },
  /** The true body with another content type (`text/html`), or with none: null. Acted. */
  wrong_type: { type: optional(Schema.NullOr(HeaderValue)) },
  /** Another `expires_in`: any JSON value; without one there is no such field. Acted. */
  expires_in: { value: optional(Schema.Json) },
  /** Another `token_type` (`BEARER`). Acted. */
  token_type: { value: optional(Schema.String) },
  /** Leaves `refresh_token` out. Acted. */
  no_refresh_token: {},
  /** More fields in the reply, or other values for fields of the same name. Acted. */
  extra_fields: { fields: optional(Schema.Record(Schema.String, Schema.Json)) },
  /** The access token that the same holder was given before, as if it were new; the rest of the reply is true. Acted. */
  same_token: {},
  /** The access token, the refresh token or both die so many seconds (0) after they are issued. Acted. */
  early_death: { which: optional(Schema.Literals(["access", "refresh", "both"])), seconds: optional(count(0)) },
  /**
   * The server's clock is so many seconds (3600) ahead, or behind if negative: in `Date` and `Retry-After`, in all that
   * replies print of time, and for the lives of its tokens. Ambient: other faults may hit the same exchange.
   */
  wrong_clock: {
    seconds: optional(
      Schema.Finite.check(
        Schema.isBetween({ minimum: -maxSeconds, maximum: maxSeconds }, { expected: "seconds, ahead or behind" }),
      ),
    ),
  },
})

/** Names of all faults. */
export type FaultName = keyof typeof cases.cases
export const faultNames = Object.keys(cases.cases) as ReadonlyArray<FaultName>

/** The schema of a fault. */
export const Fault = cases.annotate({ expected: `{"_tag"} of ${faultNames.join(", ")}` })
/** One fault, with its parameters. */
export type Fault = typeof Fault.Type

/** Names of a fault's fields, apart from its tag. */
export const fieldsOf = (name: FaultName): ReadonlyArray<string> =>
  Object.keys(cases.cases[name].fields).filter((field) => field !== "_tag")

const never = new Set<FaultName>([
  "reset_on_accept",
  "reset_before_read",
  "reset_after_read",
  "retry_after",
  "rate_limit",
  "firewall",
  "redirect",
])

/** Whether a fault's server acts before it fails: `yes`, `no`, or `told` if the fault's `acts` says so. */
export const actingOf = (name: FaultName): "yes" | "no" | "told" => {
  if (never.has(name)) return "no"
  return fieldsOf(name).includes("acts") ? "told" : "yes"
}

/** Whether the server acts under this fault. */
export const doesAct = (fault: Fault): boolean => {
  const acting = actingOf(fault._tag)
  return acting === "told" ? "acts" in fault && fault.acts === true : acting === "yes"
}

/** Faults that only make sense if tokens are issued: they hit nothing else. */
export const ofTokens: ReadonlySet<FaultName> = new Set<FaultName>([
  "expires_in",
  "token_type",
  "no_refresh_token",
  "extra_fields",
  "same_token",
  "early_death",
])

/** Faults that hit an exchange beside others. */
export const ambient: ReadonlySet<FaultName> = new Set<FaultName>(["delay", "wrong_clock"])

const Match = Schema.Struct({
  provider: optional(Schema.Literals(providerNames)),
  /** As it is called, with or without a slash at its end; `/*` at the end stands for anything below. */
  path: optional(Schema.String.check(Schema.isStartingWith("/", { expected: "a path, from its first slash" }))),
  grant: optional(Schema.Literals(grantNames)),
})

/** The schema of a rule. */
export const Rule = Schema.Struct({
  fault: Fault,
  match: optional(Match),
  times: optional(
    Schema.Union([count(1), Schema.Literal("always")]).annotate({ expected: 'a whole number above 0, or "always"' }),
  ),
  skip: optional(count(0)),
}).check(
  Schema.makeFilter(({ fault, match = {}, times }) => {
    const wrong = (path: ReadonlyArray<string>, issue: string) => ({ path, issue })
    switch (fault._tag) {
      case "reset_on_accept":
        return [
          ...(Object.keys(match).length > 0
            ? [wrong(["match"], "Expected nothing: a connection has no path yet when it is accepted")]
            : []),
          ...(times === "always"
            ? [wrong(["times"], "Expected a number: if no connection is accepted, no client can clear it")]
            : []),
        ]
      case "reset_before_read":
        return match.grant === undefined
          ? []
          : [wrong(["match", "grant"], "Expected nothing: a grant stands in the body, which is not read")]
      case "reply":
        return [
          ...(fault.body !== undefined && fault.base64 !== undefined
            ? [wrong(["fault", "base64"], "Expected body or base64, not both")]
            : []),
          ...((fault.body || fault.base64) && withoutBody.has(fault.status ?? 200)
            ? [wrong(["fault", "status"], "Expected a status that has a body")]
            : []),
        ]
      default:
        return []
    }
  }),
)
/**
 * Which exchanges a fault hits: those that `match`, after the first `skip` (0) of them, so many `times` (1; `wrong_clock`
 * is always so unless told otherwise). Requests to the emulator's own endpoints are never hit.
 */
export type Rule = typeof Rule.Type

/** The error for a wrong rule. The message names the path of each wrong field. */
export class FaultError extends Schema.TaggedError<FaultError>()("FaultError", { message: Schema.String }) {}

const decoding =
  <S extends Schema.ConstraintDecoder<unknown>>(schema: S, root: string) =>
  (json: unknown): Effect.Effect<S["Type"], FaultError> =>
    Schema.decodeUnknownEffect(schema)(json, { errors: "all", onExcessProperty: "error" }).pipe(
      Effect.mapError((error) => new FaultError({ message: inWords(error.issue, root) })),
    )

const decodeOne = decoding(Rule, "rule")
const decodeMany = decoding(Schema.Array(Rule), "rules")

/** Reads one rule, or a list of them, from JSON. */
export const decodeRules = (json: unknown): Effect.Effect<ReadonlyArray<Rule>, FaultError> =>
  Array.isArray(json) ? decodeMany(json) : Effect.map(decodeOne(json), (rule) => [rule])

/**
 * Reads a rule from a command line: `NAME` or `NAME:key=value,…`. The keys `provider`, `path`, `grant`, `times` and
 * `skip` are the rule's, any other the fault's; a value is JSON where it can be read as JSON, and text elsewhere. A value
 * with a comma in it is written as JSON whole: `NAME:{"key":value,…}`.
 */
export const decodeNotation = (notation: string): Effect.Effect<Rule, FaultError> => {
  const [name = "", args = ""] = splitAt(notation, ":")
  const flat = args.startsWith("{")
    ? jsonOf(args)
    : Object.fromEntries(
        args === ""
          ? []
          : args.split(",").map((pair) => {
              const [key, value] = splitAt(pair, "=")
              return [key, value === undefined ? true : (jsonOf(value) ?? value)]
            }),
      )
  if (typeof flat !== "object" || flat === null) {
    return Effect.fail(new FaultError({ message: `${name}: what follows the colon is not JSON` }))
  }
  const { provider, path, grant, times, skip, ...fields } = flat as Record<string, unknown>
  const given = (record: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
  const match = given({ provider, path, grant })
  return decodeOne({
    fault: { ...fields, _tag: name },
    ...(Object.keys(match).length > 0 && { match }),
    ...given({ times, skip }),
  })
}

const splitAt = (text: string, separator: string): [string, string?] => {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}

/** Undefined for a text that is not JSON. */
const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
