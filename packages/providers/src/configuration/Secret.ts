/** Secrets as a user passes them: a text, or one that is `Redacted` already. */
import * as Redacted from "effect/Redacted"

/** Wraps a user's value. `undefined` if it is no text, empty, wiped, or a `Redacted` of another copy of Effect. */
export const of = (u: unknown): Redacted.Redacted<string> | undefined => {
  if (typeof u === "string") return u === "" ? undefined : Redacted.make(u)
  if (!Redacted.isRedacted(u)) return undefined
  try {
    // A wiped one has no value any more.
    const value = Redacted.value(u)
    return typeof value === "string" && value !== "" ? (u as Redacted.Redacted<string>) : undefined
  } catch {
    return undefined
  }
}

/** A `Redacted` keeps its value in the copy of Effect that made it. Another copy can only see that it is one. */
const isForeign = (u: unknown): boolean =>
  Redacted.isRedacted(u) && Object.getPrototypeOf(u) !== Object.getPrototypeOf(Redacted.make(""))

/** What to write instead of a secret that `of` does not accept. */
export const fix = (u: unknown, otherwise: string): string =>
  isForeign(u)
    ? "This Redacted is of another copy of effect, which alone can open it. Install one copy (npm ls effect), or write the text."
    : otherwise
