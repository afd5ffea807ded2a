import * as Data from "effect/Data"

/**
 * A command was given something that it cannot do.
 *
 * @category errors
 */
export class Usage extends Data.TaggedError("Usage")<{ readonly problem: string }> {
  override get message(): string {
    return this.problem
  }
}
