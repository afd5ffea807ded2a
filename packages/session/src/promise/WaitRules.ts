/**
 * The rules for the options of a wait.
 */

import * as Validation from "../options/Validation.ts"
import * as Span from "../time/Span.ts"
import type { WaitOptions } from "./PromiseSession.ts"

/**
 * @category constants
 */
export const waitRules: Validation.Fields<WaitOptions> = {
  patience: Span.rule,
  // A signal of any realm.
  signal: [
    (u) => Validation.isObject(u) && "aborted" in u && "addEventListener" in u,
    "Expected the signal of an AbortController, or leave it out.",
  ],
}
