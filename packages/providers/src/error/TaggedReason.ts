/**
 * What all reasons of an `AuthError` have in common.
 */
import type { YieldableError } from "effect/Cause"
import * as Data from "effect/Data"
import { checked, type ProviderId, type VendorCode } from "./ErrorWords.ts"

/** The fields that every reason may have. */
export interface Common {
  /** The provider that refused; absent if no provider was involved. */
  readonly provider?: ProviderId | undefined
  /** The HTTP status of the reply. */
  readonly status?: number | undefined
  /** The reply's own code, if it is one of `VendorCode`. */
  readonly code?: VendorCode | undefined
  /**
   * Epoch ms: ask again from then on, and not before. It is set if the session knows its own next try, or if the provider named a
   * moment (`Retry-After`, `RateLimit`). Without it nothing follows by itself: do what the remedy says.
   */
  readonly retryAt?: number | undefined
  /**
   * What happened and what to do, in the words of the provider's value or of a store: a sentence of its author, and never the wire's. It
   * stands in the message instead of this library's sentence.
   */
  readonly fix?: string | undefined
}

/**
 * Makes the sentence a property of the error's own, because `structuredClone`, a worker's message and a child process's drop a
 * getter. Its stack is only the sentence. The frames are those of this library and of Effect, and would fill a screen twice, for an
 * error and for its reason.
 */
export const settle = (error: Error): void => {
  const { field, fix, message, name } = error as Error & { readonly field?: string; readonly fix?: string }
  // A wrong option's sentence has both.
  const said = field ? message : fix || message
  const value = (text: string) => ({ value: text, enumerable: false, writable: true, configurable: true })
  Object.defineProperties(error, { message: value(said), stack: value(`${name}: ${said}`) })
}

/** The base of a reason: a tagged error with the common fields and its own. */
export const tagged = <Tag extends string>(tag: Tag) => {
  const Base = Data.TaggedError(tag)<Common>
  class Reason extends Base {
    constructor(fields: Common) {
      super(checked(fields))
      settle(this)
    }
  }
  return Reason as unknown as new <Own extends object = object>(
    fields: Common & Own,
  ) => YieldableError & { readonly _tag: Tag } & Readonly<Common & Own>
}
