/**
 * Where a provider's endpoints are for one customer.
 *
 * What a user writes (`Address.Input`) is resolved once, on entry, by the provider's `Rules`; everything later works with the
 * resolved value. A secret is only ever sent to this origin.
 */
import * as Result from "effect/Result"
import { type AuthError, fromReason, Misconfigured, type ProviderId } from "../error/AuthError.ts"

/** A resolved address. */
export interface Address {
  /** Scheme, host and port: `https://pbx.skyswitch.com`. */
  readonly origin: string
  /** The part between the origin and an endpoint's path: `/ns-api`, or `""` at the root. */
  readonly prefix: string
}

/**
 * A reseller's own node: "If your Reseller ID is 12345, your API base URL will be
 * https://12345-hpbx.dashmanager.com/ns-api/." (SkySwitch page).
 */
export interface Reseller {
  readonly _tag: "Reseller"
  /** The reseller's number, as text: `12345`. */
  readonly id: string
}

/**
 * What a user writes: a bare host (taken as https, and never this machine), an origin, an origin with the provider's prefix
 * (with or without closing slashes), or a reseller's id.
 */
export type Input = string | Reseller

/** The address of a reseller's node, for SkySwitch. */
export const reseller = (id: string): Reseller => ({ _tag: "Reseller", id })

/** A host name has 253 characters at most (RFC 1035 §2.3.4). With scheme, port and prefix an address is little longer. */
const LONGEST_ADDRESS = 512

/** How a provider reads addresses. */
export interface Rules {
  /** The address when none is given; absent when there is no common one. */
  readonly standard?: Input | undefined
  /** The standard prefix: `/ns-api` for NetSapiens, `""` elsewhere. */
  readonly prefix: string
  /** Whether another prefix may be configured. */
  readonly prefixOption: boolean
  /**
   * Whether a user may ask for plain http in a private network (`plainHttp`), because the vendor's product is often installed there
   * without a certificate. Default false. Only `defineProvider` reads it.
   */
  readonly plainHttpOption?: boolean | undefined
  /** The part after the id in the host name of a reseller's node; absent if there are none. */
  readonly resellerSuffix?: string | undefined
}

/**
 * Resolves what a user wrote.
 *
 * Refused as `Misconfigured`, with the field and what to write instead: credentials, a query or a fragment in the address, any other
 * path (such as `/ns-api/v2`), `http://` to anything but this machine (127.0.0.0/8, `[::1]`, `localhost`), this machine without a
 * scheme, other schemes, a reseller id that is not a DNS label.
 */
export const resolve = (
  provider: ProviderId,
  rules: Rules,
  input: Input | undefined,
  prefix?: string | undefined,
): Result.Result<Address, AuthError> => {
  const wrong = (field: string, fix: string) => Result.fail(fromReason(new Misconfigured({ provider, field, fix })))
  const host = typeof rules.standard === "string" ? rules.standard : "https://portal.example.com"
  const example = `Expected a host or an origin, like ${host}.`

  const chosen = prefix === undefined ? undefined : withoutClosingSlashes(prefix)
  if (chosen !== undefined) {
    if (!rules.prefixOption)
      return wrong("prefix", "This provider's endpoints have a fixed place; leave the prefix out.")
    if (chosen.length > LONGEST_ADDRESS || !/^(\/[A-Za-z0-9._~-]+)*$/.test(chosen) || /\/\.\.?(\/|$)/.test(chosen)) {
      return wrong("prefix", 'Expected a path like "/ns-api", or "/" for endpoints at the root.')
    }
  }

  if (input === undefined) {
    return rules.standard === undefined
      ? wrong("address", `This provider has no common address. ${example}`)
      : resolve(provider, rules, rules.standard, prefix)
  }

  if (typeof input !== "string") {
    if (rules.resellerSuffix === undefined) return wrong("address", `This provider has no reseller nodes. ${example}`)
    // The id is only a part of its label, which may have 63 characters in all (RFC 1035 §2.3.4).
    const suffix = rules.resellerSuffix
    const room = 63 - suffix.split(".", 1).join("").length
    if (typeof input.id !== "string" || input.id.length > room || !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(input.id)) {
      return wrong("address", "A reseller id is one DNS label: letters, digits and inner hyphens, like 12345.")
    }
    return Result.succeed({ origin: `https://${input.id.toLowerCase()}${suffix}`, prefix: chosen ?? rules.prefix })
  }

  // `URL` silently drops or normalises what is refused here, so the raw text is checked first.
  if (input === "" || /[\s\\\p{Cc}]/u.test(input)) return wrong("address", example)
  if (input.includes("@")) return wrong("address", `Leave user and password out of the address. ${example}`)
  if (/[?#]/.test(input)) return wrong("address", `Leave query and fragment out of the address. ${example}`)
  if (/(^|[/])(\.|%2e){1,2}([/]|$)/i.test(input))
    return wrong("address", `Leave dot segments out of the address. ${example}`)
  if (input.length > LONGEST_ADDRESS) return wrong("address", example)
  const absolute = /^[a-z][a-z0-9+.-]*:\/\//i.test(input)
  if (!absolute && input.includes("/"))
    return wrong("address", `An address with a path begins with https://. ${example}`)

  let url: URL
  try {
    url = new URL(absolute ? input : `https://${input}`)
  } catch {
    return wrong("address", example)
  }
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    return wrong("address", "Use https://. Plain http:// is for this machine alone (127.0.0.1, [::1], localhost).")
  }
  if (!absolute && isLoopback(url.hostname)) {
    // A bare host is taken as https, which servers on this machine rarely speak.
    return wrong("address", `Add the scheme for this machine: http://${url.host}, or https:// if it speaks TLS.`)
  }
  const path = withoutClosingSlashes(url.pathname)
  const expected = chosen ?? rules.prefix
  if (path !== "" && path !== expected) {
    const place = expected === "" ? "at the root" : `under ${expected}`
    return wrong("address", `The endpoints are looked for ${place}; leave other paths out. ${example}`)
  }
  return Result.succeed({ origin: url.origin, prefix: expected })
}

/** A path with one closing slash, with several or with none is the same. */
const withoutClosingSlashes = (path: string): string => {
  let end = path.length
  while (path[end - 1] === "/") end--
  return path.slice(0, end)
}

/**
 * Whether a host name, as `URL` prints it, is this machine.
 *
 * @category guards
 */
export const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
