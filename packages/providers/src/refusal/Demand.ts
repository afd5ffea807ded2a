/**
 * Recognises the demand for a second factor, in whatever words a reply makes it. It comes as HTTP 200 with an access token beside it.
 * A client that takes that token for a success has one that works for nothing.
 *
 * The words are those of the SkySwitch page (`mfa`, `mfa_type`, `mfa_vendor`), of NetSapiens' own OpenAPI (`user_scope` in a JWT), of
 * OneCloud's page (`scope: "MFA"`) and of other token endpoints in the field. Each check is one pass over the reply.
 */
import { isObject, isString } from "effect/Predicate"
import type { Json, JsonObject } from "effect/Schema"

/** A word in any spelling: `mfa-type`, `mfa_type` and `mfaType` are the same. No part can match in two ways, so it takes one pass. */
const spelt = (word: string): string => [...word].map((letter) => `${letter}[-_]*`).join("")

const anyOf = (...words: ReadonlyArray<string>): string => words.map(spelt).join("|")

const named = new RegExp(
  `^[-_]*(?:${spelt("requires")})?(?:${anyOf("mfa", "otp", "2fa", "twofactor")})` +
    `(?:${anyOf("required", "challenge", "pending", "token")}|(?<echoed>${anyOf("type", "vendor")}))?$`,
  "i",
)

/** The values of such a field if nothing is demanded, or not any more. */
const no = /^(?:0|false|no|none|off|disabled|not[-_]?required|passed|verified)?$/i

const isNo = (value: Json | undefined): boolean =>
  value === undefined || value === null || value === false || value === 0 || (isString(value) && no.test(value.trim()))

/** The first matching field, at the top or in an object one level below. It allocates nothing on the way. */
const find = (
  object: JsonObject,
  names: ReadonlyArray<string>,
  is: (name: string, value: Json) => boolean,
): Json | undefined => {
  for (const name of names) {
    const value = object[name] as Json
    if (is(name, value)) return value
    if (!isObject(value)) continue
    for (const inner in value) if (is(inner, value[inner] as Json)) return value[inner] as Json
  }
  return undefined
}

/** The whole word, among others in a sentence. */
const said = /\b(?:mfa|(?:mfa|otp)[-_ ]?required)\b/i

const spoken = ["error", "error_description", "code", "status", "message"] as const

/** The whole word, among others in a scope. `mfa.read` is a different one. */
const scoped = /(?:^|\s)(?:mfa|(?:mfa|otp)[-_]?required)(?=\s|$)/i

const scopeOf = (scope: unknown): string =>
  isString(scope) ? scope : Array.isArray(scope) ? scope.filter(isString).join(" ") : ""

/**
 * Whether a reply demands a second factor.
 *
 * It does by a field whose name says so (`mfa`, `otp`, `2fa` or `twofactor`, after `requires`, before `required`, `type`, `vendor`,
 * `challenge`, `pending` or `token`) and whose value does not mean "no". Or it does by the word `mfa`, `mfa_required` or
 * `otp_required` in its scope, in the token's own scope (`userScope`), or in its message. Names and values of other fields
 * (`displayName`, `amr`, `mfa_enabled`) do not count.
 *
 * `names` are those of all its fields. With `answers` the reply answers a passcode. One with a scope is then a success, even if it
 * repeats the challenge's type and vendor.
 */
export const isDemand = (
  object: JsonObject,
  names: ReadonlyArray<string>,
  userScope: unknown,
  answers: boolean,
): boolean => {
  const scope = scopeOf(object.scope)
  const mayEcho = answers && scope.trim() !== ""
  return (
    scoped.test(scope) ||
    scoped.test(scopeOf(userScope)) ||
    spoken.some((field) => isString(object[field]) && said.test(object[field])) ||
    find(object, names, (name, value) => {
      const match = named.exec(name)
      return match !== null && !isNo(value) && !(mayEcho && match.groups?.echoed !== undefined)
    }) !== undefined
  )
}

const factor = {
  type: new RegExp(`^[-_]*${spelt("mfatype")}$`, "i"),
  vendor: new RegExp(`^[-_]*${spelt("mfavendor")}$`, "i"),
}

/** What a demand says about the factor's `type` or `vendor`, in any spelling of the field's name; `undefined` if it says nothing. */
export const factorOf = (object: JsonObject, what: "type" | "vendor"): Json | undefined =>
  find(object, Object.keys(object), (name) => factor[what].test(name))
