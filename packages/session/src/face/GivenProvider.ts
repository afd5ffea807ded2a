/**
 * A provider as a caller gives it. Its `configure` may be written by hand, and then it may throw, or return anything.
 */

import { type AuthError, isAuthError } from "@pbx-auth/providers/AuthError"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import * as Result from "effect/Result"
import { isObject, wrong } from "./Validation.ts"

const isConfigured = (u: unknown): boolean =>
  Result.isResult(u) && (Result.isSuccess(u) ? isObject(u.success) : isAuthError(u.failure))

/**
 * What a provider's `configure` returns. If that throws, or returns something else, it fails as `Misconfigured` with the field
 * `provider`. What was thrown may hold a secret, so it is not shown.
 *
 * @category constructors
 */
export const configured = <C extends Capability>(
  configure: () => Result.Result<Configured<C>, AuthError>,
): Result.Result<Configured<C>, AuthError> => {
  let fix = "Its configure must return a Result, as the configure of defineProvider does."
  try {
    const made = configure()
    if (isConfigured(made)) return made
  } catch {
    fix = "Its configure threw an error, which is not shown because it may hold a secret. Call configure to see it."
  }
  return Result.fail(wrong("provider", fix))
}
