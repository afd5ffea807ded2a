// What says nothing of itself: the test of the reference finds each of it. This comment is no docstring.
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"

export const limit = 3

/** What a user writes. */
export interface Options {
  /** The client. */
  readonly client: {
    readonly id: string
    /** Its secret. */
    readonly secret: string
  }
}

/** What came of it. */
export type Outcome =
  /** A token. */
  { readonly _tag: "Issued" } | { readonly _tag: "Lost"; readonly at: number }

/** A rule. */
export const Rule = Schema.Struct({
  times: Schema.optionalKey(Schema.Int),
  /** How many to pass. */
  skip: Schema.optionalKey(Schema.Int),
})

interface Hidden {
  readonly lives: boolean
}

/** It has the members of one that cannot be imported. */
export interface Kept extends Hidden {
  /** Its name. */
  readonly name: string
}

/** An error. */
export class Told extends Schema.TaggedError<Told>()("Told", { message: Schema.String }) {}

export class Silent extends Data.TaggedError("Silent")<{ readonly own: string }> {
  static readonly layer = limit
  override get message(): string {
    return this.hidden
  }
  private get hidden(): string {
    return this.own
  }
}
