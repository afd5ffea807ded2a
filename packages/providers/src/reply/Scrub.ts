/**
 * What may be kept of a reply beside its tokens: nothing that has a secret's name, looks like a JWT, or repeats a secret.
 *
 * The other side chooses a reply's size and shape. So the work grows only with the size: each character is read once, and what is
 * kept is bounded.
 */
import { isString } from "effect/Predicate"
import type { Json, JsonObject } from "effect/Schema"

/** The longest text that is kept, in UTF-16 units. A longer one is dropped. */
export const longestText = 2_048

/** How many values of a reply are kept. No vendor's page shows more than thirty. */
const mostValues = 256

/** A reply has three or four secrets. If one has more than this, none of its texts are kept, because it cannot be trusted. */
const mostSecrets = 64

/** No reply nests deeper than this, and a body of a million brackets must not exhaust the stack. */
const deepest = 8

/** Names of fields that hold secrets. `token_type` is handled on its own. */
const secretName =
  /token(?!_type)|secret|passw|passcode|passphrase|jwt|assertion|authori[sz]ation|cookie|credential|api_?key/i

/** The beginning of a JWT is `{"` in base64url. Its length is fixed, because a search that runs on from each match is quadratic. */
const jwt = /\beyJ[\w-]{5}/

/** A shorter secret inside a longer text is no echo: an extension `1000` may well have the password `1000`. */
const shortest = 8

/**
 * How many failed comparisons there may be, in characters, before every text counts as an echo. An honest reply needs less than a
 * hundredth.
 */
const mostCompared = 8_192

/** Each step shifts the sum by four of its 32 bits, so it depends on the last eight characters only. */
const next = (sum: number, text: string, at: number): number => ((sum << 4) + text.charCodeAt(at)) | 0

/**
 * Tells whether a text repeats any of many secrets, by the Rabin–Karp method: a hash of the last eight characters, updated along the
 * text, finds the places where a secret may begin.
 */
export const echoesOf = (secrets: Iterable<string>): ((text: string) => boolean) => {
  const beginnings = new Map<number, Array<string>>()
  let left = mostCompared
  for (const secret of secrets) {
    if (secret.length < shortest) continue
    let sum = 0
    for (let at = 0; at < shortest; at++) sum = next(sum, secret, at)
    const alike = beginnings.get(sum) ?? []
    beginnings.set(sum, alike)
    alike.push(secret)
  }
  return (text) => {
    let sum = 0
    for (let at = 0, from = 1 - shortest; at < text.length; at++, from++) {
      sum = next(sum, text, at)
      const alike = from < 0 ? undefined : beginnings.get(sum)
      if (alike === undefined) continue
      for (const secret of alike) {
        let same = 0
        while (same < secret.length && text.charCodeAt(from + same) === secret.charCodeAt(same)) same++
        left -= same < secret.length ? same + 1 : 0
        if (same === secret.length || left < 0) return true
      }
    }
    return false
  }
}

/** A reply without its secrets. */
export interface Scrubbed {
  /** Of all fields, as they came: finding them takes as long as reading them. */
  readonly names: ReadonlyArray<string>
  /** A field, or `undefined` if there is none that may be kept. */
  readonly field: (name: string) => Json | undefined
  /** All fields but these. */
  readonly without: (but: ReadonlySet<string>) => JsonObject
}

/** Takes the secrets out of a reply: those of the request and of the session (`known`), and its own. */
export const scrub = (object: JsonObject, known: ReadonlyArray<string>): Scrubbed => {
  const own = new Set<string>()
  const names = Object.keys(object)
  for (const name of names) collect(object[name] as Json, own, name, deepest)
  const isEcho = echoesOf(new Set([...own, ...known]))
  const isSafe = (text: string) =>
    text.length <= longestText && own.size <= mostSecrets && !own.has(text) && !jwt.test(text) && !isEcho(text)
  // `__proto__` is an ordinary key in JSON, but a trap for code that copies the result by assignment.
  const isKept = (name: string) => name !== "__proto__" && !secretName.test(name) && isSafe(name)
  let left = mostValues

  const copy = (value: Json, depth: number): Json | undefined => {
    if (isString(value)) return isSafe(value) ? value : undefined
    if (typeof value !== "object" || value === null) return value
    if (depth === 0) return undefined
    if (Array.isArray(value)) return items(value, depth - 1)
    return fields(value as JsonObject, Object.keys(value), depth - 1)
  }
  const items = (values: ReadonlyArray<Json>, depth: number): ReadonlyArray<Json> => {
    const kept: Array<Json> = []
    for (const value of values) {
      if (left-- <= 0) break
      const one = copy(value, depth)
      if (one !== undefined) kept.push(one)
    }
    return kept
  }
  const fields = (
    from: JsonObject,
    names: ReadonlyArray<string>,
    depth: number,
    but?: ReadonlySet<string>,
  ): JsonObject => {
    const kept: Record<string, Json> = {}
    for (const name of names) {
      if (but?.has(name)) continue
      if (left-- <= 0) break
      const one = isKept(name) ? copy(from[name] as Json, depth) : undefined
      if (one !== undefined) kept[name] = one
    }
    return kept
  }
  return {
    names,
    field: (name) => {
      const value = object[name]
      return value === undefined ? undefined : copy(value, deepest)
    },
    without: (but) => fields(object, names, deepest, but),
  }
}

/** Gathers the values that a reply holds under the names of secrets. `Object.entries` would take as long as all the rest of this. */
const collect = (value: Json, own: Set<string>, name: string, depth: number): void => {
  if (own.size > mostSecrets) return
  if (isString(value)) {
    if (value !== "" && secretName.test(name)) own.add(value)
  } else if (typeof value === "object" && value !== null && depth > 0) {
    if (Array.isArray(value)) for (const one of value) collect(one, own, name, depth - 1)
    else for (const inner in value) collect((value as JsonObject)[inner] as Json, own, inner, depth - 1)
  }
}
