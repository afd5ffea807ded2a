/**
 * The rules for the options of a wait.
 */

import * as Duration from "effect/Duration"
import * as Validation from "../face/Validation.ts"
import type { WaitOptions } from "./PromiseSession.ts"

/** What throws is no span (see `Validation`). */
const isSpan = (u: unknown): boolean =>
  typeof u === "number" ? Validation.isMillis(u) : Duration.toMillis(Duration.fromInputUnsafe(u as Duration.Input)) >= 0

/**
 * @category constants
 */
export const waitRules: Validation.Fields<WaitOptions> = {
  patience: [isSpan, 'Expected milliseconds, or a span such as "1 minute".'],
  // A signal of any realm.
  signal: [
    (u) => Validation.isObject(u) && "aborted" in u && "addEventListener" in u,
    "Expected the signal of an AbortController, or leave it out.",
  ],
}
