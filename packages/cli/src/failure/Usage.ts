import * as Data from "effect/Data"

/**
 * A command got an argument that it cannot use.
 *
 * @category errors
 */
export class Usage extends Data.TaggedError("Usage")<{ readonly problem: string }> {
  override get message(): string {
    return this.problem
  }
}
