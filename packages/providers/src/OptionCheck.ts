/** What the checks of options have in common. */
import * as Result from "effect/Result"
import { type AuthError, fromReason, Misconfigured } from "./AuthError.ts"
import type { Provider } from "./Provider.ts"

/** The result of a check. Fails as `Misconfigured`. */
export type Checked<A> = Result.Result<A, AuthError>

/** What a user wrote. */
export type Given = Readonly<Record<string, unknown>>

/** Refuses an option, and says what to write instead. */
export const refusal = (provider: Provider, field: string, fix: string): Checked<never> =>
  Result.fail(fromReason(new Misconfigured({ provider: provider.id, field, fix })))

export const isString = (u: unknown): u is string => typeof u === "string"

/** A name: not empty, no control characters, no blanks around it. */
export const isText = (u: unknown): u is string => isString(u) && u !== "" && u.trim() === u && !/\p{Cc}/u.test(u)

/** What to write instead of a wrong name. */
export const nameFix = (u: unknown, otherwise: string): string => {
  if (!isString(u) || u.trim() === "") return otherwise
  return /[\r\n]/.test(u)
    ? "There is a line end in it, as from a file. Write it without."
    : "There are blanks around it, or control characters in it. Write it without them."
}
