/**
 * What a JWT says about itself. Its signature is not checked: the claims say how long a token lives, and nothing that must be
 * trusted. A library such as jose would add signatures, which nothing here needs, and a browser would have to load it.
 */
import { isObject } from "effect/Predicate"
import type { JsonObject } from "effect/Schema"

/** The claims of a JWT (RFC 7519 §4); `undefined` if a token has none. */
export const claimsOf = (token: string): JsonObject | undefined => {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1]
  if (payload === undefined) return undefined
  try {
    const binary = atob(payload.replace(/-/g, "+").replace(/_/g, "/"))
    const bytes = new Uint8Array(binary.length)
    for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at)
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return isObject(claims) ? (claims as JsonObject) : undefined
  } catch {
    // No base64, or no JSON: a token that only looks like a JWT.
    return undefined
  }
}
