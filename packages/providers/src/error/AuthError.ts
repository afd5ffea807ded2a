/**
 * The one error of this library: why a provider or the library refused, and what to do next.
 *
 * An `AuthError` carries a `reason`, one of a closed union of tagged errors (`Reason.ts`). Each reason has its `remedy`, a word for
 * programs, and its `message`, a sentence for people. Nothing in a reason is free text from the wire, and there is no `cause`: the
 * HTTP client's error objects hold the form body in clear, and with it the password.
 *
 * **Example** (Recovering from one reason)
 *
 * ```ts
 * endpoint.present(account, grant).pipe(
 *   Effect.catchReason("AuthError", "BadCredentials", () => askAgain),
 * )
 * ```
 */
import * as Data from "effect/Data"
import { hasProperty } from "effect/Predicate"
import type { Remedy } from "./ErrorWords.ts"
import type { Reason } from "./Reason.ts"
import { type Common, settle } from "./TaggedReason.ts"

// biome-ignore-start lint/performance/noBarrelFile: whoever reads an error needs its reasons and its words, and finds them beside it.
export { GrantTag, LimitPolicy, ProviderId, Remedy, Stead, VendorCode } from "./ErrorWords.ts"
export {
  BadCredentials,
  BadPasscode,
  ChallengeExpired,
  ClientRefused,
  Misconfigured,
  NotAllowed,
  OutcomeUnknown,
  PasscodeRequired,
  type Reason,
  RenewalRefused,
  SignedOut,
  StoreFailed,
  Throttled,
  Unavailable,
  Unreadable,
} from "./Reason.ts"

// biome-ignore-end lint/performance/noBarrelFile: see above

/** The mark of an `AuthError`: the same in each copy of this package. */
const brand: unique symbol = Symbol.for("@pbx-auth/AuthError") as never

/**
 * The page about a reason: `pageOf("BadPasscode")` is `errors/bad-passcode`. That address is stable: it is `docs/errors/bad-passcode.md`
 * in the repository, and `/errors/bad-passcode/` on the site that is built from it. This library knows no host, so put yours in front.
 */
export const pageOf = (tag: Reason["_tag"]): string =>
  `errors${tag.replace(/[A-Z]/g, "-$&").toLowerCase().replace("-", "/")}`

/**
 * The public error. Catch one reason with `Effect.catchReason("AuthError", "BadCredentials", …)`, several with
 * `Effect.catchReasons`, or flatten with `Effect.unwrapReason("AuthError")`.
 */
export class AuthError extends Data.TaggedError("AuthError")<{
  /** Why, as one of the tagged errors of this module. */
  readonly reason: Reason
}> {
  constructor(fields: { readonly reason: Reason }) {
    super(fields)
    settle(this)
  }
  /** The reason's sentence. */
  override get message(): string {
    return this.reason.message
  }
  /** The reason's remedy. */
  get remedy(): Remedy {
    return this.reason.remedy
  }
  /** The reason's `retryAt`, in epoch ms: ask again from then on. */
  get retryAt(): number | undefined {
    return this.reason.retryAt
  }
  /** The page about the reason, as `pageOf` names it: `errors/bad-passcode`. */
  get page(): string {
    return pageOf(this.reason._tag)
  }
  get [brand](): true {
    return true
  }
  /** With its sentence, for logs and for other processes. */
  override toJSON(): object {
    return { _tag: this._tag, message: this.message, reason: this.reason }
  }
}

/** Wraps a reason: `fromReason(new SignedOut({}))`. */
export const fromReason = (reason: Reason): AuthError => new AuthError({ reason })

/** The same error, with other common fields: `amend(error, { retryAt })`. */
export const amend = ({ reason }: AuthError, fields: Common): AuthError => {
  const Amended = reason.constructor as new (fields: object) => Reason
  return fromReason(new Amended({ ...reason, ...fields }))
}

/** Whether a value is an `AuthError`, also one of another copy of this package in the same process. */
export const isAuthError = (u: unknown): u is AuthError => hasProperty(u, brand)
