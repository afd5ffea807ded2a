/** What the checks of options have in common. */
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { type Provider, refusal } from "../description/Provider.ts"
import type { AuthError } from "../error/AuthError.ts"
import * as Secret from "./Secret.ts"

export { refusal }

/** The result of a check. Fails as `Misconfigured`. */
export type Checked<A> = Result.Result<A, AuthError>

/** What a user wrote. */
export type Given = Readonly<Record<string, unknown>>

export const isString = (u: unknown): u is string => typeof u === "string"

/** A name: not empty, no control characters, no blanks around it. */
export const isText = (u: unknown): u is string => isString(u) && u !== "" && u.trim() === u && !/\p{Cc}/u.test(u)

/** Whether the whole of a text has this form. A search that remembers its place would accept a text every other time. */
export const isWhole = (pattern: RegExp | undefined, text: string): boolean =>
  pattern === undefined || new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gmy]/g, "")).test(text)

/** RFC 6749 §3.3: printable ASCII without blank, quote and backslash. */
export const isScope = (u: unknown): u is string => isString(u) && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(u)

/** What to write instead of a wrong name. */
const nameFix = (u: unknown, otherwise: string): string => {
  if (!isString(u) || u.trim() === "") return otherwise
  return /[\r\n]/.test(u)
    ? "There is a line end in it, as from a file. Write it without."
    : "There are blanks around it, or control characters in it. Write it without them."
}

/** Checks an option that is a name. */
export const nameOf = (provider: Provider, field: string, u: unknown, otherwise: string): Checked<string> =>
  isText(u) ? Result.succeed(u) : refusal(provider, field, nameFix(u, otherwise))

/** Checks an option that is a secret, and wraps it. */
export const secretOf = (
  provider: Provider,
  field: string,
  u: unknown,
  otherwise: string,
): Checked<Redacted.Redacted<string>> => {
  const secret = Secret.of(u)
  return secret === undefined ? refusal(provider, field, Secret.fix(u, otherwise)) : Result.succeed(secret)
}
