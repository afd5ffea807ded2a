/**
 * The rules for the options of a registry. Otherwise a misspelt field or a wrong span would change the pace, and nobody would see it.
 */

import { LimitPolicy } from "@pbx-auth/providers/AuthError"
import * as Validation from "../options/Validation.ts"
import * as Span from "../time/Span.ts"
import type * as ActingPool from "./ActingPool.ts"
import type * as RateBudget from "./RateBudget.ts"

/**
 * How a registry keeps children and paces its calls.
 *
 * @category models
 */
export interface Options extends ActingPool.Options, RateBudget.Options {
  /** Whether to respect the provider's published rate limits. Default true. */
  readonly respectRateLimits?: boolean | undefined
}

const isLimit = (u: unknown): boolean => {
  if (!Validation.isObject(u)) return false
  const { per, policy, quota, window } = u as { readonly [field: string]: unknown }
  const isPer = per === "subscriber" || per === "client"
  return LimitPolicy.is(policy) && isPer && Validation.isWhole(0)(quota) && Validation.isMillis(window)
}

/**
 * @category constants
 */
export const optionRules: Validation.Fields<Options> = {
  respectRateLimits: [(u) => typeof u === "boolean", "Expected true or false."],
  idle: Span.rule,
  capacity: [Validation.isWhole(0), "Expected how many children are kept, a whole number."],
  patience: Span.rule,
  limits: [
    (u) => Array.isArray(u) && u.every(isLimit),
    "Expected a list of { policy, per, quota, window }, or leave it out for those that the provider publishes.",
  ],
}
