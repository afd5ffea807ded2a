/**
 * The rules for the options of a wait.
 */

import * as Validation from "../face/Validation.ts"
import * as Span from "../time/Span.ts"
import type { WaitOptions } from "./PromiseSession.ts"

/** A number without an end is a mistake in arithmetic. */
const isSpan = (u: unknown): boolean => u !== Number.POSITIVE_INFINITY && Span.millis(u) !== undefined

/**
 * @category constants
 */
export const waitRules: Validation.Fields<WaitOptions> = {
  patience: [isSpan, Span.fix],
  // A signal of any realm.
  signal: [
    (u) => Validation.isObject(u) && "aborted" in u && "addEventListener" in u,
    "Expected the signal of an AbortController, or leave it out.",
  ],
}
