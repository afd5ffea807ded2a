/**
 * A provider as a value on orthogonal axes. The code that sends requests never asks which vendor it serves; it reads the value.
 *
 * A vendor's own file holds only data: its address, how its client authenticates, which grants it offers with exactly which
 * parameters, how long its tokens live, when and with what they are renewed. Beside the value are its quirks, each with the sentence
 * of the vendor's page that it answers. They are for people, so a session does not carry them (see `Catalog`).
 */
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { JsonObject } from "effect/Schema"
import { type AuthError, fromReason, Misconfigured, type ProviderId, type VendorCode } from "../error/AuthError.ts"
import type { RateLimit } from "../error/RateLimit.ts"
import type { Verdict } from "../refusal/Grammar.ts"
import type { RefusalRule } from "../refusal/RefusalRule.ts"
import type { Refusals, Refused } from "../refusal/Refused.ts"
import type * as Grant from "../token/Grant.ts"
import type { Capped } from "../token/LiveTokens.ts"
import type { Arrive } from "../token/RecordMove.ts"
import type * as Address from "../wire/Address.ts"
import type { Fields, TokenRequest } from "../wire/TokenRequest.ts"
import type { WireRequest } from "../wire/Wire.ts"
import type { Asked, Reply } from "./Asked.ts"
import type { heeding } from "./BearerRefusal.ts"
import type { Naming } from "./Naming.ts"
import type { OptionFields } from "./Options.ts"
import type { BearerPlace, ClientAuthentication, Presentation } from "./Presentation.ts"
import type { Renewal, Rotation } from "./Renewal.ts"
import type { ChallengeShape, InspectionShape, ReplyShape } from "./ReplyShape.ts"

export type { RateLimit } from "../error/RateLimit.ts"
export type { RefusalRule } from "../refusal/RefusalRule.ts"
export type { Mover } from "../token/RecordMove.ts"
export type { BearerPlace, BearerRefusal, ClientAuthentication, Presentation } from "./Presentation.ts"
export type { Renewal, Rotation } from "./Renewal.ts"
export type { ChallengeShape, InspectionShape, Life, ReplyShape } from "./ReplyShape.ts"

/** What a provider can do beyond signing in, renewing and signing out. `browser`: a person signs in at a browser. */
export type Capability = "passcode" | "act_as" | "inspect" | "revoke" | "browser"

/** A departure from the standard, named, with the vendor's sentence that shows it. */
export interface Quirk {
  /** A short name, like `mfa_type_twice`. */
  readonly name: string
  /** The page with the sentence. */
  readonly page: string
  /** The vendor's sentence, or line of a sample, word for word. */
  readonly sentence: string
  /** What we do about it. */
  readonly answer: string
}

/** Options of one account that change how its requests look. */
export interface Settings {
  /** `GET` puts the refresh token and the client secret into the URL, as the SkySwitch and Landstar pages print it. */
  readonly refreshMethod: "POST" | "GET"
  /** Whether username and password are sent again with a passcode. */
  readonly passcodeRepeatsCredentials: boolean
  /** How HTTP Basic is encoded. A real server accepts one or the other, not both. */
  readonly basicEncoding: "raw" | "form"
  /** How long a request may take at most, headers and body together, in ms. */
  readonly deadline: number
  /** Whether the token endpoint's path ends with a slash. Absent: as the provider's page prints it. */
  readonly trailingSlash?: boolean | undefined
}

/** How a request for something is written for an account. */
export type Presenting<A> = (what: A, account: Account) => Presentation

/** The grants that a provider offers, each with its exact parameters. */
export type Grants = {
  readonly [Tag in Grant.Grant["_tag"]]?: Presenting<Extract<Grant.Grant, { readonly _tag: Tag }>>
}

/**
 * The page where a person allows a sign-in, and a browser comes back from (RFC 6749 §4.1.1). Its request has the fields of RFC 6749 and
 * RFC 7636, and those given here.
 */
export interface AuthorizationPage {
  /** Below the address: `/oauth/authorize`. */
  readonly path: string
  /** Further fields, as the page prints them. They go into an address, so none is secret. */
  readonly fields?: ReadonlyArray<readonly [name: string, value: string]> | undefined
  /** Who the redirect must say it is from (`iss`, RFC 9207 §2.4). Write it if the provider sends one. */
  readonly issuer?: string | undefined
}

/** The grammar of a wire, which several providers may share. */
export interface Dialect {
  /** The wire's name. */
  readonly id: string
  /**
   * Whether this grammar can answer a demand for a second factor as NetSapiens makes it: a success whose access token is the ticket. If
   * not, such a demand is a refusal. For another form write `challenge`.
   */
  readonly challenges: boolean
  /** How its replies demand a second factor, if not as NetSapiens' do. The value needs the capability `passcode` and the grant `Passcode`. */
  readonly challenge?: ChallengeShape | undefined
  /** How a refresh token may be sent. The first is the default. */
  readonly refreshMethods: ReadonlyArray<"POST" | "GET">
  /**
   * Which answers, besides `invalid_grant`, say that a refresh token is useless. Any other answer decides nothing about it. A code of
   * your own stands in `codes`, too.
   */
  readonly verdicts: ReadonlyArray<Verdict>
  /**
   * Error codes of its own, beside those of OAuth 2 (`VendorCode`). Each counts as the vendor's own decision about what was
   * presented, and an error may repeat it: up to 40 letters, digits, `_`, `.` and `-`.
   */
  readonly codes?: ReadonlyArray<VendorCode> | undefined
  /** Where a success has its parts. Default: where OAuth 2 has them. */
  readonly reply?: ReplyShape | undefined
  /** Its own refusals, which decide before the general grammar: rows, of which the first that matches decides, or a function. */
  readonly refusals?: Refusals | undefined
  /**
   * Whole texts of replies, without regard to case, that are the vendor's own words and no intermediary's: `Invalid User Login`. What
   * they mean depends on what was presented.
   */
  readonly sentences?: ReadonlyArray<string> | undefined
  /** The limits of all providers with this wire. A provider's own replace them. */
  readonly rateLimits?: ReadonlyArray<RateLimit> | undefined
  /** How each grant becomes a request. A grant that is absent is not offered. */
  readonly grants: Grants
  /** Where a browser is sent for a sign-in; absent if there is no such page. */
  readonly authorization?: AuthorizationPage | undefined
  /** How the users are named that an account may act for; absent if it may act for none. */
  readonly acting?: Naming | undefined
  /** Asks about a token. */
  readonly inspection?: Presenting<Redacted.Redacted<string>> | undefined
  /** Where the answer to `inspection` has its parts. Default: where RFC 7662 or NetSapiens has them. */
  readonly inspectionReply?: InspectionShape | undefined
  /** Revokes a token. */
  readonly revocation?: Presenting<Redacted.Redacted<string>> | undefined
}

/** Reads and writes what is data in a value and not every vendor needs. */
export interface OwnGrammar {
  /** A success with its parts where OAuth 2 has them: of a reply that has them where `Dialect.reply` says. */
  readonly standard: (object: JsonObject, provider: Provider, now: number) => JsonObject
  /**
   * What a reply means. `general` reads it, or what is made of it where the value describes its form (`Dialect.challenge`,
   * `Dialect.inspectionReply`). The error has a remark about how the request was written, if that may be why.
   */
  readonly read: <A>(
    general: (reply: Reply, asked: Asked<Provider>) => Result.Result<A, AuthError>,
    reply: Reply,
    asked: Asked<Provider>,
    request: TokenRequest,
  ) => Result.Result<A, AuthError>
  /** What the first row of `Dialect.refusals` that matches means. */
  readonly refusal: (refused: Refused, rows: ReadonlyArray<RefusalRule>) => AuthError | undefined
  /**
   * The request of a presentation with what the general grammar leaves out: HTTP Basic, headers, a JSON body. Fails as `Misconfigured`
   * if its path would lead elsewhere.
   */
  readonly completed: (
    account: Account,
    presentation: Presentation,
    request: TokenRequest,
  ) => Result.Result<TokenRequest, AuthError>
  /** Writes such a request. */
  readonly write: (address: Address.Address, request: TokenRequest) => WireRequest
  /** The options that are secrets and tell the account apart, in clear, for the fingerprint of a session's key. */
  readonly secrets: (account: Account) => ReadonlyArray<readonly [name: string, value: string]>
  /** Moves the account's record from the names that it had by `formerAccounts` to the name of today. */
  readonly arrive: Arrive
  /** Calls that heed `BearerPlace.refused`. Left out, or `undefined`: a 401 alone refuses a bearer. */
  readonly heeding?: typeof heeding
}

/**
 * A provider. `C` are its capabilities, in the types too: a session of a provider has exactly their operations.
 */
export interface Provider<out C extends Capability = Capability> {
  /**
   * For programs, metrics and files: `skyswitch`. A provider of your own has an id of its own: a letter or a digit, then up to 39
   * letters, digits and hyphens, all lower case.
   */
  readonly id: ProviderId
  /** For people: `SkySwitch`. */
  readonly name: string
  /** The vendor's page. */
  readonly page: string
  /** How requests are written and replies are read. */
  readonly dialect: Dialect
  /**
   * Reads `options`, rows of `dialect.refusals`, and the dialect's `reply`, `challenge` and `inspectionReply`; writes HTTP Basic, headers
   * and JSON; and moves records (`formerAccounts`). `defineProvider` puts it here. A value that needs none of this may leave it out, and
   * then its clients do not load it. One that needs it and has it not is refused as `Misconfigured`.
   */
  readonly ownGrammar?: OwnGrammar | undefined
  /** Which addresses it accepts, and which one is the default. */
  readonly addresses: Address.Rules
  /** How the client proves itself to the token endpoint. */
  readonly clientAuthentication: ClientAuthentication
  /** Whether a client has a secret. */
  readonly clientSecret: "required" | "optional" | "none"
  /** The client that all users share, if there is one (`api`, IPEX). */
  readonly clientId?: string | undefined
  /**
   * What signs in: a person's username and password, the client itself, or a person at a browser, who gives this program no password
   * (with the capability `browser`).
   */
  readonly signsInWith: "password" | "client" | "browser"
  /**
   * Whether scopes are asked for: never, always by name (`required`), only if you configure them (`optional`), or these unless you
   * configure others.
   */
  readonly scopes: "none" | "required" | "optional" | ReadonlyArray<string>
  /** The vendor's own options, by name, beside those that every provider has. The account has their checked values. */
  readonly options?: OptionFields | undefined
  /**
   * How earlier versions of this value named an account's record, the oldest first. Write one if you change what a record is named by,
   * such as an option that begins to identify. Each function makes of an account the one of that version: the record is then found under
   * its old name and moved, so nobody signs in again. It returns `undefined` if the old record may be another account's.
   */
  readonly formerAccounts?: ReadonlyArray<(account: Account) => Account | undefined> | undefined
  /** Life of an access token in ms, if neither the reply nor the token says it. */
  readonly defaultLifetime: number
  /** When an access token is renewed. */
  readonly renewal: Renewal
  /** What brings the next token: a refresh token, or another sign-in. */
  readonly renewsWith: "refresh_token" | "sign_in"
  /** What becomes of a refresh token that was used. */
  readonly rotation: Rotation
  /** What it can do beyond signing in, renewing and signing out. */
  readonly capabilities: ReadonlySet<C>
  /**
   * The limits that it publishes, which a registry keeps to. An error may name them. Absent: those of its dialect.
   */
  readonly rateLimits?: ReadonlyArray<RateLimit> | undefined
  /**
   * Who issues client ids, so that two equal ones are the same client: the vendor for all its hosts (the default), or each host its
   * own (`address`). It decides which requests share a limit of the client.
   */
  readonly clientIdsBy?: "vendor" | "address" | undefined
  /** How many access tokens of one client may live at once, if the vendor caps them. */
  readonly liveTokens?:
    | {
        /** So many. */
        readonly cap: number
        /**
         * Lets the sessions of a process keep below the cap: write `liveTokens: keptBelow(8)`, with `keptBelow` of `LiveTokens`, if the
         * vendor can revoke a token. Without it the cap informs people.
         */
        readonly keep?: (<R extends Capped>(runtime: R) => R) | undefined
      }
    | undefined
  /** How its APIs take an access token, and refuse it. Default: the header `Authorization: Bearer`, and a 401. */
  readonly bearer?: BearerPlace | undefined
  /** The access levels or scopes that the page names. An open list: operators add their own. */
  readonly accessLevels: ReadonlyArray<string>
}

/** The client that the provider issued. */
export interface Client {
  /** It is no secret. */
  readonly id: string
  /** Absent for a client without a secret. */
  readonly secret: Redacted.Redacted<string> | undefined
}

/** Who signs in, at which provider and address, with which client. Holds no password. */
export interface Account<out C extends Capability = Capability> {
  /** At which provider. */
  readonly provider: Provider<C>
  /** Where its endpoints are. */
  readonly address: Address.Address
  /** With which client. */
  readonly client: Client
  /** The checked values of the options that the provider declares, defaults among them. Absent if it declares none. */
  readonly options?: Readonly<Record<string, string | Redacted.Redacted<string>>> | undefined
  /**
   * What else tells this account from another one, by name, such as the tenant that a vendor wants beside address and client:
   * `{ tenant: "acme" }`. `configure` makes it of the options that identify. It holds no secret, and it is part of the session's key:
   * two accounts that differ in it never share a token, a record or a pause.
   */
  readonly identity?: Readonly<Record<string, string>> | undefined
  /** The scopes that a sign-in asks for; empty where there are none. */
  readonly scopes: ReadonlyArray<string>
  /** How its requests look. */
  readonly settings: Settings
}

/** A person's username and password. A provider whose client signs in has none. */
export interface Credentials {
  /** As the vendor writes it: `222@abc-company` on NetSapiens, an e-mail at IPEX. */
  readonly username: string
  /** Stays wrapped until the request is written. */
  readonly password: Redacted.Redacted<string>
}

/** The result of a provider's `configure`. */
export interface Configured<out C extends Capability = Capability> {
  /** What was checked. */
  readonly account: Account<C>
  /** The person's username and password, if the options have them. */
  readonly credentials: Credentials | undefined
  /** A refresh token from elsewhere, with which the session begins. */
  readonly refreshToken?: Redacted.Redacted<string> | undefined
}

/** The provider's id for an error, which must not throw again: `undefined` if reading it throws. */
export const idOf = (provider: Pick<Provider, "id">): ProviderId | undefined => {
  try {
    return provider.id
  } catch {
    return undefined
  }
}

/** The limits that a registry keeps to: the provider's own, or its dialect's. */
export const rateLimitsOf = ({ dialect, rateLimits }: Provider): ReadonlyArray<RateLimit> | undefined =>
  rateLimits ?? dialect.rateLimits

/** The capability that a grant needs, beyond signing in and renewing. */
const needs: { readonly [Tag in Grant.Grant["_tag"]]?: Capability } = { Passcode: "passcode", ActAs: "act_as" }

/**
 * The request that presents a grant. Fails as `Misconfigured` if the provider does not offer it.
 */
export const grantRequest = (account: Account, grant: Grant.Grant): Result.Result<TokenRequest, AuthError> => {
  const { capabilities, dialect } = account.provider
  const need = needs[grant._tag]
  // The table is keyed by the grant's own tag, a correlation that the compiler cannot follow through an index.
  const present = dialect.grants[grant._tag] as Presenting<Grant.Grant> | undefined
  return present === undefined || (need !== undefined && !capabilities.has(need))
    ? notOffered(account)
    : authenticate(account, slashed(present(grant, account), account.settings.trailingSlash))
}

const slashed = (presentation: Presentation, trailingSlash: boolean | undefined): Presentation =>
  trailingSlash === undefined
    ? presentation
    : { ...presentation, path: presentation.path.replace(/\/?$/, trailingSlash ? "/" : "") }

/** The request that asks about a token. Fails as `Misconfigured` if the provider does not offer it. */
export const inspectionRequest = (
  account: Account,
  bearer: Redacted.Redacted<string>,
): Result.Result<TokenRequest, AuthError> => {
  const { capabilities, dialect } = account.provider
  return dialect.inspection === undefined || !capabilities.has("inspect")
    ? notOffered(account)
    : authenticate(account, dialect.inspection(bearer, account))
}

/** The request that revokes a token. Fails as `Misconfigured` if the provider does not offer it. */
export const revocationRequest = (
  account: Account,
  bearer: Redacted.Redacted<string>,
): Result.Result<TokenRequest, AuthError> => {
  const { capabilities, dialect } = account.provider
  return dialect.revocation === undefined || !capabilities.has("revoke")
    ? notOffered(account)
    : authenticate(account, dialect.revocation(bearer, account))
}

const notOffered = ({ provider }: Account) =>
  refusal(provider, "provider", `${provider.name} does not describe this. Use a provider that offers it.`)

/** Refuses an option, or the provider itself, and says what to write instead. */
export const refusal = (provider: Provider, field: string, fix: string): Result.Result<never, AuthError> =>
  Result.fail(fromReason(new Misconfigured({ provider: idOf(provider), field, fix })))

const authenticate = (account: Account, presentation: Presentation): Result.Result<TokenRequest, AuthError> => {
  const { client, provider } = account
  const { bearer, body, encoding, fields = [], headers, method, path } = presentation
  const how = presentation.client ?? (bearer === undefined ? provider.clientAuthentication : "absent")
  const { refusals, reply } = provider.dialect
  const beyond = body ?? headers ?? reply ?? provider.options ?? provider.formerAccounts
  const needsOwnGrammar = how === "basic" || encoding === "json" || beyond !== undefined || Array.isArray(refusals)
  if (needsOwnGrammar && provider.ownGrammar === undefined) return notOffered(account)
  const own: Fields = how === "form" || how === "none" ? [["client_id", client.id]] : []
  const secret: Fields = how === "form" && client.secret !== undefined ? [["client_secret", client.secret]] : []
  const request: TokenRequest = {
    method,
    path,
    authorization: bearer === undefined ? undefined : { _tag: "Bearer", token: bearer },
    encoding,
    fields: [...own, ...secret, ...fields],
  }
  return provider.ownGrammar?.completed(account, presentation, request) ?? Result.succeed(request)
}
