/**
 * What the worlds of several vendors have: a text, a number of seconds, rotation, how a refusal looks, how Basic is written, limits.
 */
import * as Schema from "effect/Schema"

/** Not empty. */
export const Text = Schema.NonEmptyString

// 100 years. A date cannot show any time (ECMA-262 section 21.4.1.1), so an end that is printed must not be too far off.
const longest = 100 * 365 * 86_400

/** A life or a window. */
export const Seconds = Schema.Int.check(
  Schema.isBetween(
    { minimum: 1, maximum: longest },
    { expected: `a whole number of seconds above 0 and up to ${longest} (100 years)` },
  ),
)

/** The first of two with one name would answer for both. */
export const onceEach = <A>(what: string, nameOf: (one: A) => string, ...path: ReadonlyArray<string>) =>
  Schema.makeFilter((all: ReadonlyArray<A>) => {
    const seen = new Set<string>()
    return all.flatMap((one, index) => {
      const name = nameOf(one)
      const twice = seen.has(name)
      seen.add(name)
      return twice ? [{ path: [index, ...path], issue: `Expected ${what} used once` }] : []
    })
  })

/** What a refresh token can be spent on: for ever the same, once, or for so many seconds after its first use. */
export const Rotation = Schema.Union([
  Schema.Literal("none"),
  Schema.Literal("strict"),
  Schema.Struct({ grace: Seconds }),
]).annotate({
  expected: '"none", "strict" or {"grace": seconds}',
})
/**
 * `none`: a renewal leaves the refresh token as it is. `strict`: a renewal replaces it, and a client that presents the old one again
 * loses the whole family (RFC 9700 section 4.14.2). `{ grace }`: as strict, but within so many seconds the old one gets the pair that
 * replaced it once more.
 */
export type Rotation = typeof Rotation.Type

/** How a refusal looks on the wire. */
export const RefusalStyle = Schema.Union([
  Schema.Literal("inferred"),
  Schema.Struct({
    status: Schema.Literals([400, 401, 403]),
    body: Schema.Literals(["error", "code_message", "code_msg", "text", "html", "empty"]),
  }),
]).annotate({ expected: '"inferred" or {"status", "body"}' })
/**
 * No page shows a refusal. `inferred` is the likeliest answer of each vendor's software; a `{ status, body }` gives every
 * refusal of the token endpoint that status and one of the bodies that clients in the field know: `{error,
 * error_description}`, `{code, message}`, `{code, msg}`, the message as text, a web server's HTML page, nothing.
 */
export type RefusalStyle = typeof RefusalStyle.Type

/** How HTTP Basic has to write id and secret. */
export const BasicEncoding = Schema.Literals(["both", "raw", "form"])
/**
 * `raw`: joined as they are, as curl does (RFC 7617). `form`: form-encoded first (RFC 6749 section 2.3.1), so that `-` may come as
 * `%2D`. `both`: either is accepted.
 */
export type BasicEncoding = typeof BasicEncoding.Type

/** The rate limits that the platform enforces. */
export const RateLimits = Schema.Union([
  Schema.Literals(["off", "published"]),
  Schema.Array(
    Schema.Struct({
      /** As the `RateLimit` headers name it. */
      name: Text.check(Schema.isPattern(/^[\w-]+$/, { expected: "a name of letters, digits, _ and -" })),
      /** Whether to count the requests of one subscriber together, or those of all with one client id. */
      per: Schema.Literals(["subscriber", "client"]),
      /** Requests per window. */
      quota: Schema.Int.check(Schema.isGreaterThan(0, { expected: "a whole number above 0" })),
      /** s */
      window: Seconds,
    }),
  ),
]).annotate({ expected: '"off", "published" or [{"name", "per", "quota", "window"}]' })
/** `published`: the four of https://pbx.readme.io/reference/rate-limiting (`RateLimit.ts`). Or a list of others. */
export type RateLimits = typeof RateLimits.Type
