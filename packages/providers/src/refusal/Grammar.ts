/**
 * Whether a refusal is the provider's own. A firewall, a proxy or a gateway on the way may answer as well. What it says is about the
 * request, and never about a password or a refresh token.
 *
 * The grammar is what public sources show of these endpoints: an error code of OAuth 2 (RFC 6749 §5.2), or NetSapiens' object of a
 * number and a sentence, `{ code: 403, message: "Invalid User Login" }`.
 */
import { isNumber, isString } from "effect/Predicate"
import type { JsonObject } from "effect/Schema"
import { VendorCode } from "../error/AuthError.ts"

/** The body of a reply, recognised only by its text: content types are not reliable here. */
export type Body =
  | { readonly _tag: "Json"; readonly object: JsonObject }
  | { readonly _tag: "Html" }
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Empty" }

/** Which answers, besides `invalid_grant`, say that a refresh token is useless: a code, or NetSapiens' numbered object. */
export type Verdict = VendorCode | "numbered"

/** No code is longer. This bounds the work that a long word of a reply can cause. */
const longestCode = 64

/** The first known code among words, or of a dialect's `own`, in any case. Returns the word of the list, and never the reply's. */
export const knownCode = (
  words: ReadonlyArray<unknown>,
  own: ReadonlyArray<VendorCode> = [],
): VendorCode | undefined => {
  const known = [...VendorCode.literals, ...own]
  const codeOf = (word: string) => known.find((literal) => literal.toLowerCase() === word.trim().toLowerCase())
  return words
    .map((word) => (isString(word) && word.length <= longestCode ? codeOf(word) : undefined))
    .find((code) => code !== undefined)
}

/** `{ code, message }` or `{ code, msg }`, with the status of a refusal as its number (NetSapiens' OpenAPI, v2, version 45). */
export const isNumbered = (body: Body): boolean => {
  if (body._tag !== "Json") return false
  const { code, message, msg } = body.object
  const number = isString(code) || isNumber(code) ? Number(code) : 0
  return number >= 400 && number < 500 && (isString(message) || isString(msg))
}

/** An unknown code in the form of RFC 6749. Gateways say `Forbidden` or `unauthorized`. */
const coined = /^(invalid|unauthori[sz]ed|unsupported)_[a-z_]+$/

/** A refused client in words, as a whole text. */
const refusedClient = /^(invalid|unknown|unauthori[sz]ed) client\.?$/i

/** The words of a dialect's own. */
export interface Speech {
  readonly codes?: ReadonlyArray<VendorCode> | undefined
  readonly sentences?: ReadonlyArray<string> | undefined
}

/** Whether the provider itself refuses in this way. */
export const speaks = (body: Body, { codes: own, sentences = [] }: Speech = {}): boolean => {
  switch (body._tag) {
    case "Json": {
      const { code, error, error_description } = body.object
      if (isNumbered(body) || knownCode([code, error], own) !== undefined) return true
      return isString(error) && error.length <= longestCode && (isString(error_description) || coined.test(error))
    }
    case "Text":
      if (knownCode([body.text], own) !== undefined) return true
      if (body.text.length > longestCode) return false
      return (
        refusedClient.test(body.text) ||
        sentences.some((one) => one.toLowerCase() === body.text.toLowerCase().replace(/\.$/, ""))
      )
    default:
      return false
  }
}

/** Codes for "not now", or for a request that was not understood: nothing was decided about what was presented. */
const undecided: ReadonlySet<VendorCode> = new Set([
  "server_error",
  "temporarily_unavailable",
  "invalid_request",
  "authorization_pending",
  "slow_down",
] as const)

/** The first known code of a body, in any of its fields for codes. */
const codeIn = (body: Body, own?: ReadonlyArray<VendorCode>): VendorCode | undefined => {
  if (body._tag === "Text") return knownCode([body.text], own)
  if (body._tag !== "Json") return undefined
  const { code, errcode, error, message, msg } = body.object
  return knownCode([error, code, errcode, message, msg], own)
}

/** The code by which the provider decided about what was presented. It counts with any status: a 500 may carry it. */
export const decision = (body: Body, own?: ReadonlyArray<VendorCode>): VendorCode | undefined => {
  const code = codeIn(body, own)
  return code === undefined || undecided.has(code) ? undefined : code
}
