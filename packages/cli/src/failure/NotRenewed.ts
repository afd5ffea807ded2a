import type { Remedy } from "@pbx-auth/providers/AuthError"
import * as Data from "effect/Data"

/**
 * A renewal was due and did not succeed. The token lives on meanwhile.
 *
 * @category errors
 */
export class NotRenewed extends Data.TaggedError("NotRenewed")<{
  readonly remedy: Remedy
  readonly code: string
  readonly message: string
  readonly retryAt: number | null
}> {}
