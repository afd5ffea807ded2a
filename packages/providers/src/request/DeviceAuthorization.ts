/**
 * The device authorization grant (RFC 8628): its two requests, and what its first reply says. The polling is the session's.
 *
 * A program that does not import this module does not load it.
 */
import * as Redacted from "effect/Redacted"
import type { JsonObject } from "effect/Schema"
import { form } from "../description/Presentation.ts"
import type { Grants } from "../description/Provider.ts"
import type * as Grant from "../token/Grant.ts"
import { millis } from "../token/Lifetime.ts"
import type { Challenge } from "../token/Token.ts"
import { isLoopback } from "../wire/Address.ts"

/** The answer to a device authorization request (RFC 8628 §3.2). Its `token` is the device code. */
export interface DeviceChallenge extends Challenge {
  /** What the person enters. */
  readonly userCode: Redacted.Redacted<string>
  /** Where the person enters it: `https`, `http` on this machine, or the account's own origin. */
  readonly url: Redacted.Redacted<string>
  /** The same address with the code in it, for a link or a picture; absent if the provider gives none. */
  readonly completeUrl: Redacted.Redacted<string> | undefined
  /** How long to wait between two polls, in ms. */
  readonly interval: number
}

/** The two grants at the provider's paths, with the fields of RFC 8628 §3.1 and §3.4: `grants: { ...deviceGrants({ … }), RefreshToken }`. */
export const deviceGrants = (paths: {
  /** Of the device authorization endpoint: `/oauth/device`. */
  readonly authorization: string
  /** Of the token endpoint: `/oauth/token`. */
  readonly token: string
}): Required<Pick<Grants, "DeviceAuthorization" | "DeviceCode">> => ({
  DeviceAuthorization: ({ scopes }) =>
    form(paths.authorization, scopes.length === 0 ? [] : [["scope", scopes.join(" ")]]),
  DeviceCode: ({ deviceCode }) =>
    form(paths.token, [
      ["grant_type", "urn:ietf:params:oauth:grant-type:device_code"],
      ["device_code", deviceCode],
    ]),
})

/**
 * Asks for a device code. Its reply is a `DeviceChallenge`. `own` is the origin of the account's address, which may use plain http in a
 * private network: the page may be there, too.
 */
export const deviceAuthorization = (
  scopes: ReadonlyArray<string>,
  own?: string | undefined,
): Grant.DeviceAuthorization => ({
  _tag: "DeviceAuthorization",
  scopes,
  read: (reply) => challengeOf(reply, own),
})

/** A day, in ms. No person is waited for any longer. */
const longestWait = 86_400_000

/** RFC 8628 §3.2: "If no value is provided, clients MUST use 5 as the default". In ms. */
const usualInterval = 5_000

/** The reply's meaning; `undefined` if it has no code, no address that a browser may open, or no life. */
export const challengeOf = (reply: JsonObject, own?: string | undefined): DeviceChallenge | undefined => {
  const { device_code, expires_in, interval, user_code, verification_uri, verification_uri_complete } = reply
  const lifetime = positive(expires_in)
  const url = pageOf(verification_uri, own)
  const completeUrl = verification_uri_complete === undefined ? undefined : pageOf(verification_uri_complete, own)
  if (lifetime === undefined || url === undefined) return undefined
  // Both go to a screen or a terminal: no control characters, and no long text.
  if (!isText(device_code, 4_096) || !isText(user_code, 64)) return undefined
  return {
    token: Redacted.make(device_code),
    vendor: "browser",
    type: "device_code",
    lifetime: Math.min(lifetime, longestWait),
    userCode: Redacted.make(user_code),
    url,
    completeUrl,
    // A provider that says 0 does not mean a request without a pause.
    interval: Math.max(1_000, positive(interval) ?? usualInterval),
  }
}

const isText = (u: unknown, longest: number): u is string =>
  typeof u === "string" && u.length <= longest && /^[\x20-\x7e]+$/.test(u) && u.trim() !== ""

const positive = (u: unknown): number | undefined => {
  const ms = millis(u)
  return ms !== undefined && ms > 0 && Number.isFinite(ms) ? ms : undefined
}

/** An address for a browser. Another scheme could start a program on the person's machine. */
const pageOf = (u: unknown, own: string | undefined): Redacted.Redacted<string> | undefined => {
  if (!isText(u, 2_048) || !URL.canParse(u)) return undefined
  const { hostname, origin, password, protocol, username } = new URL(u)
  const isSafe = origin === own || protocol === "https:" || (protocol === "http:" && isLoopback(hostname))
  return isSafe && username + password === "" ? Redacted.make(u) : undefined
}
