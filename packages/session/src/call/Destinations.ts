/**
 * Where a bearer may go: to the allowed origins, in whatever way a URL spells them.
 */

import { isLoopback } from "@pbx-auth/providers/Address"
import { type AuthError, fromReason, Misconfigured } from "@pbx-auth/providers/AuthError"

/**
 * @category models
 */
export interface Destinations {
  /** The origin of a URL, if it may see the bearer. */
  readonly permitted: (url: string) => string | undefined
  /** Why the bearer goes to no other URL. */
  readonly refusal: () => AuthError
}

/**
 * Makes them from what an app writes, or else of the account's own origin. If one of them is not an origin, all are refused. The own
 * origin was checked with the account, which may use plain http in a private network (`plainHttp`).
 *
 * @category constructors
 */
export const make = (origins: ReadonlyArray<string> | undefined, own: string | undefined): Destinations => {
  const parsed = (origins ?? (own === undefined ? [] : [own])).map((url) => originOf(url, own))
  const allowed = new Set(parsed.filter((origin) => origin !== undefined))
  const isWrong = parsed.includes(undefined)
  return {
    permitted: (url) => {
      if (isWrong) return undefined
      // A URL in full spelling needs no parser.
      for (const origin of allowed) if (url.startsWith(origin) && endsAt(url, origin.length)) return origin
      const origin = originOf(url, own)
      return origin !== undefined && allowed.has(origin) ? origin : undefined
    },
    refusal: () =>
      fromReason(
        new Misconfigured({
          field: "origins",
          fix: isWrong
            ? "Expected origins like https://api.example.com. Plain http:// is for this machine and the account's own address."
            : `The bearer goes to ${[...allowed].join(", ")} alone; name another origin here if it is the provider's API.`,
        }),
      ),
  }
}

/**
 * The origin of a URL that a bearer may go to; `undefined` for any other. `own` is the account's origin, which may use plain http in a
 * private network.
 *
 * @category getters
 */
export const originOf = (url: string, own?: string | undefined): string | undefined => {
  if (!URL.canParse(url)) return undefined
  const { hostname, origin, protocol } = new URL(url)
  return origin === own || protocol === "https:" || (protocol === "http:" && isLoopback(hostname)) ? origin : undefined
}

/** Whether the origin at the beginning of a URL ends there. `https://api.example.com.evil.example` begins with another one. */
const endsAt = (url: string, end: number): boolean => url.length === end || "/?#".includes(url.charAt(end))
