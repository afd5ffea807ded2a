/**
 * A provider as a caller gives it. Its `configure` may be written by hand, and then it may throw, or return anything.
 */

import { type AuthError, fromReason, isAuthError, Misconfigured } from "@pbx-auth/providers/AuthError"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import * as Result from "effect/Result"

/**
 * What a provider's `configure` returns. If that throws, or returns something else, it fails as `Misconfigured` with the field
 * `provider`. What was thrown may hold a secret, so it is not shown.
 *
 * @category constructors
 */
export const configured = <C extends Capability>(
  configure: () => Result.Result<Configured<C>, AuthError>,
): Result.Result<Configured<C>, AuthError> => {
  try {
    const made = configure()
    // Reading what is not there throws as well.
    if (Result.isSuccess(made) ? made.success.account : isAuthError(made.failure)) return made
  } catch {}
  const fix = "Its configure threw, or returned no Result."
  return Result.fail(fromReason(new Misconfigured({ field: "provider", fix })))
}
