import type { Reason } from "@pbx-auth/providers/AuthError"
import * as Data from "effect/Data"

/**
 * A profile cannot go on without a person.
 *
 * @category errors
 */
export class LoginNeeded extends Data.TaggedError("LoginNeeded")<{
  readonly profile: string
  /** The first sentence. */
  readonly because: string
  /** What the provider said, if it said something. */
  readonly reason?: Reason | undefined
}> {
  override get message(): string {
    return `${this.because} A person is needed: pbx-auth login --profile ${this.profile}.`
  }
}
