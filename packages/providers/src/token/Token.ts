/**
 * What a token endpoint answers: tokens, or a challenge.
 *
 * Times here are durations in milliseconds, counted from the moment before the request was sent. No moment of the provider's own
 * clock is kept: clocks differ, and NetSapiens prints its moments without a time zone.
 */
import type { Redacted } from "effect/Redacted"
import type { Json } from "effect/Schema"

/** The user that a token speaks for, as far as the reply says so; every field may be missing. */
export interface Identity {
  /** `<extension>@<domain>`. */
  readonly uid?: string | undefined
  /** The extension. A string: extensions need not be numbers. */
  readonly user?: string | undefined
  /** The name that the person signs in with, as the reply prints it. */
  readonly login?: string | undefined
  /** The reply's own `username`. */
  readonly username?: string | undefined
  /** The full or the short domain. */
  readonly domain?: string | undefined
  /** NetSapiens' word for the reseller id. */
  readonly territory?: string | undefined
  /** NetSapiens' site of the user. */
  readonly site?: string | undefined
  /** NetSapiens' group of the user. */
  readonly group?: string | undefined
  /** NetSapiens' department of the user. */
  readonly department?: string | undefined
  /** The person's name, for people. */
  readonly displayName?: string | undefined
  /** The person's e-mail, as the reply prints it. */
  readonly email?: string | undefined
  /**
   * The origin of this account's API, such as `https://api-us.zoom.us`, if the reply tells one that the provider's value allows. Give it to
   * `bearerFetch` or `BearerHttpClient` in `origins`.
   */
  readonly apiOrigin?: string | undefined
}

/** A token pair. */
export interface Tokens {
  /** Opaque; goes into `Authorization: Bearer …`. */
  readonly accessToken: Redacted<string>
  /** Absent if the provider gives none; then an older one may still work (RFC 6749 §6). */
  readonly refreshToken: Redacted<string> | undefined
  /** Always `Bearer`, in whatever case the reply spells it (RFC 6749 §5.1: case insensitive). */
  readonly tokenType: string
  /** Life of the access token in ms, from before the request; infinite for one that does not expire. */
  readonly lifetime: number
  /** Life of the refresh token in ms, if the reply states one (`refresh_expires_in`, IPEX). */
  readonly refreshLifetime: number | undefined
  /** The access level or the scopes, as printed; `null` if the account has none. An open set. */
  readonly scope: string | null
  /** Whose token it is, as far as the reply says so. */
  readonly identity: Identity
  /** Every other field of the reply, except those that hold or echo a token, a secret or a password. */
  readonly details: Readonly<Record<string, Json>>
}

/**
 * The demand for a second factor. It looks like a success, with HTTP 200 and an access token. But that token only serves to answer
 * it, and the refresh token beside it is not even read.
 */
export interface Challenge {
  /** The partial token that goes back with the passcode. Never a bearer. */
  readonly token: Redacted<string>
  /** `mfa_vendor`, like `google`. Empty if a value's `Dialect.challenge` names no place for it. */
  readonly vendor: string
  /** `mfa_type`, like `authenticator`. Empty, likewise. */
  readonly type: string
  /** How long the challenge may be answered, in ms from before the request. */
  readonly lifetime: number
}

/** The answer to a grant. */
export type TokenReply = Issued | Challenged

/** The grant was accepted. */
export interface Issued {
  readonly _tag: "Issued"
  /** What was issued. */
  readonly tokens: Tokens
}

/** The grant was right, and a second factor is demanded. */
export interface Challenged {
  readonly _tag: "Challenged"
  /** What was demanded. */
  readonly challenge: Challenge
}

/** Makes an `Issued`. */
export const issued = (tokens: Tokens): Issued => ({ _tag: "Issued", tokens })

/** Makes a `Challenged`. */
export const challenged = (challenge: Challenge): Challenged => ({ _tag: "Challenged", challenge })

/** What the provider knows about a token. The token that the reply echoes is dropped. */
export interface Inspection {
  /** The client that the token was issued to. */
  readonly clientId: string | undefined
  /** NetSapiens' word for the reseller id. */
  readonly territory: string | undefined
  /** The user's domain. */
  readonly domain: string | undefined
  /** The user: `<extension>@<domain>` at NetSapiens, `username` in RFC 7662. */
  readonly uid: string | undefined
  /** The access level, as printed: `Office Manager`; `null` if the reply has none. */
  readonly scope: string | null
  /**
   * As printed: `2020-06-11 21:04:14` at NetSapiens, without a time zone; epoch seconds where RFC 7662's `exp` is. Show it, but never
   * schedule by it.
   */
  readonly expires: string | undefined
  /** The version of the platform's API, as printed. */
  readonly apiversion: string | undefined
  /** Every other field of the reply, except those that hold or echo a token, a secret or a password. */
  readonly details: Readonly<Record<string, Json>>
}
