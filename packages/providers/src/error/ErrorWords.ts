/**
 * The words that an `AuthError` may repeat. Most are closed lists. A provider of your own adds ids, codes and limits of its own: it
 * declares them in its value, and here only their form is checked. What reads a reply compares it with the declared words and keeps
 * the declared one. So no text of the wire, and no secret echoed in it, gets into an error.
 */
import * as ConnectionFailure from "./ConnectionFailure.ts"

/** A closed list of words. An error repeats nothing else of what came from outside. */
const closed = <const Word extends string>(...literals: ReadonlyArray<Word>) => ({
  literals,
  is: (u: unknown): u is Word => literals.includes(u as Word),
})

/**
 * What to do about a refusal.
 *
 * - `sign_in`: sign in, again or with other credentials
 * - `passcode`: a person must give a passcode
 * - `configure`: change the client, the address or another option
 * - `ask_administrator`: the account needs a right that it does not have
 * - `wait`: not before the reason's `retryAt`
 * - `retry`: ask again by the schedule (see `Retry`)
 * - `report`: neither party did what its page promises; tell the maintainers
 */
export const Remedy = /* @__PURE__ */ closed(
  "sign_in",
  "passcode",
  "configure",
  "ask_administrator",
  "wait",
  "retry",
  "report",
)
/** One word of the list of this name. */
export type Remedy = (typeof Remedy.literals)[number]

/**
 * The id of a provider: one of this package, or one of your own. A letter or a digit, then up to 39 letters, digits and hyphens; all
 * lower case.
 */
export const ProviderId = {
  /** Whether a value is an id in this form. */
  is: (u: unknown): u is ProviderId => isOf(/^[a-z\d][a-z\d-]{0,39}$/, u),
}
/** The id that a provider's value says, such as that of a value in `Catalog`. */
export type ProviderId = string

/** A text of this form. */
const isOf = (form: RegExp, u: unknown): boolean => typeof u === "string" && form.test(u)

/** Some words that every provider has, and those that a provider declares: up to 40 letters, digits, `_`, `.` and `-`. */
const declarable = <const Word extends string>(...literals: ReadonlyArray<Word>) => ({
  literals,
  is: (u: unknown): u is Word | (string & {}) => isOf(/^[\w.-]{1,40}$/, u),
})

/**
 * The error codes that an error may repeat for any provider. A provider declares further ones (`Dialect.codes`). Any other code of a
 * reply is dropped, so that no text of the wire, and no secret echoed in it, can get into an error.
 *
 * RFC 6749 §5.2 (token endpoint) and §4.1.2.1, RFC 6750 §3.1 (bearer), and RFC 8628 §3.5 (device).
 */
export const VendorCode = /* @__PURE__ */ declarable(
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
  "access_denied",
  "server_error",
  "temporarily_unavailable",
  "invalid_token",
  "insufficient_scope",
  "authorization_pending",
  "slow_down",
  "expired_token",
)
/** A word of the list of this name, or one that a provider declares. */
export type VendorCode = (typeof VendorCode.literals)[number] | (string & {})

/**
 * The rate limits that an error may name: those of SkySwitch's and Landstar's rate limiting page, a firewall's ban, and those that a
 * provider declares (`Provider.rateLimits`). Any other name of a `RateLimit` header is dropped, because it is text from the wire.
 */
export const LimitPolicy = /* @__PURE__ */ declarable(
  "subscriber_minute",
  "subscriber_hour",
  "client_minute",
  "client_hour",
  "firewall",
)
/** A word of the list of this name, or one that a provider declares. */
export type LimitPolicy = (typeof LimitPolicy.literals)[number] | (string & {})

/** The tags of `Grant`, which an error may name. */
export const GrantTag = /* @__PURE__ */ closed(
  "Password",
  "ClientCredentials",
  "RefreshToken",
  "Passcode",
  "ActAs",
  "DeviceAuthorization",
  "DeviceCode",
  "AuthorizationCode",
)
/** One word of the list of this name. */
export type GrantTag = (typeof GrantTag.literals)[number]

/** How HTTP Basic writes id and secret: as they are, or form-encoded first (RFC 6749 §2.3.1). */
export const BasicEncoding = /* @__PURE__ */ closed("raw", "form")
/** One word of the list of this name. */
export type BasicEncoding = (typeof BasicEncoding.literals)[number]

/** A host as an address has it, with a port if it is not the usual one. An error repeats nothing else of an address. */
export const Host = {
  is: (u: unknown): boolean => isOf(/^(?=.{1,261}$)(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i, u),
}

/** What came in answer to acting, instead of the subject's token. */
export const Stead = /* @__PURE__ */ closed("own_token", "account", "other_user")
/** One word of the list of this name. */
export type Stead = (typeof Stead.literals)[number]

/**
 * What is wrong with a token store, where it is known.
 *
 * - `unreachable`: its server or its file system did not answer
 * - `full`: there is no room left
 * - `forbidden`: this process may not read or write there
 * - `unknown_key`: a record was sealed with a key that this process does not have
 * - `altered`: a record does not match its seal
 * - `unreadable`: what is there is no record
 * - `newer`: a record was written by a later version of this library
 */
export const StoreProblem = /* @__PURE__ */ closed(
  "unreachable",
  "full",
  "forbidden",
  "unknown_key",
  "altered",
  "unreadable",
  "newer",
)
/** One word of the list of this name. */
export type StoreProblem = (typeof StoreProblem.literals)[number]

const wordsOf: Readonly<Record<string, { readonly is: (u: unknown) => boolean }>> = {
  provider: ProviderId,
  code: VendorCode,
  policy: LimitPolicy,
  grant: GrantTag,
  basicEncoding: BasicEncoding,
  // Not the whole module: a bundle would keep all of it.
  failed: { is: ConnectionFailure.is },
  host: Host,
  instead: Stead,
}

/**
 * The fields of a reason without those that hold no allowed word. The lists hold for callers from JavaScript, too. It never throws:
 * an error is made where something has failed already, and nobody is there to catch another one.
 */
export const checked = <Fields extends object>(fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => value !== undefined && wordsOf[name]?.is(value) !== false),
  ) as Fields
