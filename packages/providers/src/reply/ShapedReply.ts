/**
 * Reads a success whose parts stand elsewhere (`ReplyShape`): it makes of it the reply that OAuth 2 would have (RFC 6749 §5.1), which
 * `Reply` then reads as any other.
 */
import { isString } from "effect/Predicate"
import * as Result from "effect/Result"
import type { Json, JsonObject } from "effect/Schema"
import type { Provider } from "../description/Provider.ts"
import type { Claim, Life, ReplyShape } from "../description/ReplyShape.ts"
import { at } from "../json/DottedPath.ts"
import { claimsOf } from "../token/Claims.ts"
import { identityFields } from "../token/IdentityFields.ts"
import { lifeOfJwt, millis } from "../token/Lifetime.ts"
import type { Identity } from "../token/Token.ts"
import * as Address from "../wire/Address.ts"

const units = { s: 1_000, min: 60_000, ms: 1 }

/** The first life that is said, in seconds. One that a token says counts only if it is positive. */
export const secondsOf = (
  lives: ReadonlyArray<Life>,
  object: JsonObject,
  token: unknown,
  page: number | undefined,
  now: number,
) => {
  for (const life of lives) {
    const ms =
      life === "page" ? page : life === "jwt" ? lifeOfJwt(token, now) : millis(at(object, life.field), units[life.unit])
    if (ms !== undefined) return ms / 1_000
  }
  return page && page / 1_000
}

/** The vendor's own words for a bearer become the standard's. */
const tokenTypeOf = (u: Json | undefined, { bearerTypes = [] }: ReplyShape): Json | undefined =>
  isString(u) && bearerTypes.some((type) => type.toLowerCase() === u.trim().toLowerCase()) ? "Bearer" : u

/** The fields that a shape places, and so are no details. One below another field stays there, unless it is a secret. */
const placesIn = ({
  bearerTypes,
  identity,
  lifetime = [],
  origin,
  refreshLifetime = [],
  ...places
}: ReplyShape): ReadonlySet<string> =>
  new Set([
    ...[...lifetime, ...refreshLifetime].flatMap((life) => (isString(life) ? [] : life.field)),
    ...Object.values({ ...places, ...identity, origin: origin?.field }).filter(isString),
  ])

/** What a reply has at a place. A claim is not verified. */
const placed = (object: JsonObject, place: string | Claim, accessToken: Json | undefined): Json | undefined => {
  if (isString(place)) return at(object, place)
  const jwt = place.of === undefined ? accessToken : at(object, place.of)
  const claims = isString(jwt) ? claimsOf(jwt) : undefined
  // The public names of claims are URIs (RFC 7519 §4.2), which have dots themselves.
  return claims && (Object.hasOwn(claims, place.claim) ? claims[place.claim] : at(claims, place.claim))
}

/** An origin that the reply tells, if a token may go there. */
const originOf = (
  told: Json | undefined,
  { addresses, id }: Provider,
  { below }: NonNullable<ReplyShape["origin"]>,
): string | undefined => {
  if (!isString(told) || !/^https?:/i.test(told)) return undefined
  const { origin } = Result.getOrUndefined(Address.resolve(id, { ...addresses, prefix: "" }, told)) ?? {}
  const host = origin && new URL(origin).hostname
  return host && below.some((domain) => `.${host}`.endsWith(`.${domain.toLowerCase()}`)) ? origin : undefined
}

/** The same reply with its parts where OAuth 2 has them. */
export const standard = (object: JsonObject, provider: Provider, now: number): JsonObject => {
  const { defaultLifetime, dialect } = provider
  const shape = dialect.reply ?? {}
  const places = placesIn(shape)
  const others = Object.entries(object).filter(([name]) => !places.has(name))
  const accessToken = at(object, shape.accessToken ?? "access_token")
  const refreshToken = at(object, shape.refreshToken ?? "refresh_token")
  const parts: ReadonlyArray<readonly [name: string, part: Json | undefined]> = [
    ["access_token", accessToken],
    ["refresh_token", refreshToken],
    ["scope", at(object, shape.scope ?? "scope")],
    ["token_type", tokenTypeOf(at(object, shape.tokenType ?? "token_type"), shape)],
    ...(shape.lifetime === undefined
      ? []
      : [["expires_in", secondsOf(shape.lifetime, object, accessToken, defaultLifetime, now)] as const]),
    ...(shape.refreshLifetime === undefined
      ? []
      : [["refresh_expires_in", secondsOf(shape.refreshLifetime, object, refreshToken, undefined, now)] as const]),
    ...Object.entries(shape.identity ?? {}).map(
      ([own, place]) => [identityFields[own as keyof Identity], placed(object, place, accessToken)] as const,
    ),
    [
      identityFields.apiOrigin,
      shape.origin && originOf(placed(object, shape.origin.field, accessToken), provider, shape.origin),
    ],
  ]
  const told = new Map<string, Json | undefined>([...others, ...parts])
  return Object.fromEntries([...told].filter((part): part is [string, Json] => part[1] !== undefined))
}
