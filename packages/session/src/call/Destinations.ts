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
 * Makes them from what an app writes. If one of them is not an origin, all are refused.
 *
 * @category constructors
 */
export const make = (origins: ReadonlyArray<string>): Destinations => {
  const parsed = origins.map(originOf)
  const allowed = new Set(parsed.filter((origin) => origin !== undefined))
  const isWrong = parsed.includes(undefined)
  return {
    permitted: (url) => {
      if (isWrong) return undefined
      // A URL in full spelling needs no parser.
      for (const origin of allowed) if (url.startsWith(origin) && endsAt(url, origin.length)) return origin
      const origin = originOf(url)
      return origin !== undefined && allowed.has(origin) ? origin : undefined
    },
    refusal: () =>
      fromReason(
        new Misconfigured({
          field: "origins",
          fix: isWrong
            ? "Expected origins like https://api.example.com. Plain http:// is for this machine alone."
            : `The bearer goes to ${[...allowed].join(", ")} alone; name another origin here if it is the provider's API.`,
        }),
      ),
  }
}

/**
 * The origin of a URL that a bearer may go to; `undefined` for any other.
 *
 * @category getters
 */
export const originOf = (url: string): string | undefined => {
  if (!URL.canParse(url)) return undefined
  const { hostname, origin, protocol } = new URL(url)
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname)) ? origin : undefined
}

/** Whether the origin at the beginning of a URL ends there. `https://api.example.com.evil.example` begins with another one. */
const endsAt = (url: string, end: number): boolean => url.length === end || "/?#".includes(url.charAt(end))
