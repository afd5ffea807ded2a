/**
 * What is presented to a token endpoint. How each grant becomes a request is the provider's (see `Provider`).
 *
 * Grants hold secrets, each as `Redacted`. They go from the caller to the wire and are never stored.
 */
import type { Redacted } from "effect/Redacted"
import type { JsonObject } from "effect/Schema"
import type { Challenge } from "./Token.ts"

/** Username and password of a subscriber (RFC 6749 §4.3). */
export interface Password {
  readonly _tag: "Password"
  /** As the vendor writes it: `222@abc-company` on NetSapiens, an e-mail at IPEX. */
  readonly username: string
  /** Goes into the request's body, never into its URL. */
  readonly password: Redacted<string>
}

/** The client itself is the account (RFC 6749 §4.4; Sangoma CX). */
export interface ClientCredentials {
  readonly _tag: "ClientCredentials"
  /** What is asked for, in this order, separated by blanks on the wire. Empty for a provider without scopes. */
  readonly scopes: ReadonlyArray<string>
}

/** A refresh token (RFC 6749 §6). */
export interface RefreshToken {
  readonly _tag: "RefreshToken"
  /** The latest one. Presented twice, it may end the whole session (RFC 6749 §10.4). */
  readonly refreshToken: Redacted<string>
}

/**
 * The answer to a challenge. `username` and `password` are given only for operators that want them again; the page
 * says "You do not need to send the username or password again." (SkySwitch page).
 */
export interface Passcode {
  readonly _tag: "Passcode"
  /** The demand that it answers. */
  readonly challenge: Challenge
  /** What the person read from the authenticator. */
  readonly passcode: Redacted<string>
  /** The username again, for operators that want it. */
  readonly username?: string | undefined
  /** The password again, for operators that want it. */
  readonly password?: Redacted<string> | undefined
}

/**
 * Acting for another user with one's own access token: masquerading (NetSapiens, `subject` is `<extension number>@<full domain
 * string>`) or impersonation (IPEX, `subject` is the user's e-mail).
 */
export interface ActAs {
  readonly _tag: "ActAs"
  /** Whom to act for. */
  readonly subject: string
  /** The account's own access token. */
  readonly bearer: Redacted<string>
}

/**
 * Asks for a device code (RFC 8628 §3.1). The answer is no token but a challenge for a person at a browser. `DeviceAuthorization.ts`
 * makes it.
 */
export interface DeviceAuthorization {
  readonly _tag: "DeviceAuthorization"
  /** What is asked for. */
  readonly scopes: ReadonlyArray<string>
  /** Reads the reply's object; `undefined` if it is none. */
  readonly read: (reply: JsonObject) => Challenge | undefined
}

/** The device code, presented again and again until the person has decided (RFC 8628 §3.4). */
export interface DeviceCode {
  readonly _tag: "DeviceCode"
  /** From the answer to `DeviceAuthorization`. */
  readonly deviceCode: Redacted<string>
}

/** The code that a browser brought back, with the proof that this program asked for it (RFC 6749 §4.1.3, RFC 7636 §4.5). */
export interface AuthorizationCode {
  readonly _tag: "AuthorizationCode"
  /** From the redirect. It serves once. */
  readonly code: Redacted<string>
  /** The secret behind the challenge of the authorization request. */
  readonly codeVerifier: Redacted<string>
  /** The same as in the authorization request. */
  readonly redirectUri: string
}

/** Any grant. */
export type Grant =
  | Password
  | ClientCredentials
  | RefreshToken
  | Passcode
  | ActAs
  | DeviceAuthorization
  | DeviceCode
  | AuthorizationCode

/** Makes a `Password`. */
export const password = (username: string, password: Redacted<string>): Password => ({
  _tag: "Password",
  username,
  password,
})

/** Makes a `ClientCredentials`; its scopes are sent blank-separated, in this order. */
export const clientCredentials = (scopes: ReadonlyArray<string>): ClientCredentials => ({
  _tag: "ClientCredentials",
  scopes,
})

/** Makes a `RefreshToken`. */
export const refreshToken = (refreshToken: Redacted<string>): RefreshToken => ({ _tag: "RefreshToken", refreshToken })

/**
 * Makes a `Passcode`. `again` is only sent if the account says so (`passcodeRepeatsCredentials`).
 */
export const passcode = (
  challenge: Challenge,
  passcode: Redacted<string>,
  again?: { readonly username: string; readonly password: Redacted<string> } | undefined,
): Passcode => ({ _tag: "Passcode", challenge, passcode, username: again?.username, password: again?.password })

/** Makes an `ActAs`. */
export const actAs = (subject: string, bearer: Redacted<string>): ActAs => ({ _tag: "ActAs", subject, bearer })

/** Makes a `DeviceCode`. */
export const deviceCode = (deviceCode: Redacted<string>): DeviceCode => ({ _tag: "DeviceCode", deviceCode })

/** Makes an `AuthorizationCode`. */
export const authorizationCode = (
  code: Redacted<string>,
  codeVerifier: Redacted<string>,
  redirectUri: string,
): AuthorizationCode => ({ _tag: "AuthorizationCode", code, codeVerifier, redirectUri })
