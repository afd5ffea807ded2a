/** How long a token lives, as a reply or the token itself says it. */
import { isNumber, isString } from "effect/Predicate"
import { claimsOf } from "./Claims.ts"

/** A number of seconds, or of another unit of so many ms, also as a text, in ms; `undefined` for anything else. */
export const millis = (u: unknown, unit = 1_000): number | undefined => {
  const number = isString(u) && /^[+-]?\d+(\.\d+)?$/.test(u.trim()) ? Number(u) : u
  return isNumber(number) && !Number.isNaN(number) ? Math.round(number * unit) : undefined
}

/** A JWT's `exp` less its `iat`, else less our clock (`now`), in ms; `undefined` for a token that does not say it, or not a positive one. */
export const lifeOfJwt = (token: unknown, now: number): number | undefined => {
  const claims = isString(token) ? claimsOf(token) : undefined
  const expires = millis(claims?.exp)
  const ms = expires === undefined ? 0 : expires - (millis(claims?.iat) ?? now)
  return ms > 0 ? ms : undefined
}
