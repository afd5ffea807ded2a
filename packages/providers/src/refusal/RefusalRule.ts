/**
 * A vendor's own refusals, as rows of a table. The first row that matches decides, before the general grammar (see `Refusal`).
 */
import type { GrantTag, VendorCode } from "../error/ErrorWords.ts"
import type { RateLimit } from "../error/RateLimit.ts"

/** What was asked: a grant, or a question about a token. */
export type Purpose = GrantTag | "inspect" | "revoke"

/** What a row looks for: a word or a number, compared as text without regard to case, or a pattern. */
export type RuleValue = string | number | RegExp

/** Which reply is meant. All that it names must match. It never means a page (HTML), as that comes from an intermediary. */
export interface Condition {
  /**
   * What was asked. Absent: anything. A row for `AuthorizationCode` is also about an error that the browser brings back: it has the fields
   * of the query, and the status 302.
   */
  readonly on?: Purpose | ReadonlyArray<Purpose> | undefined
  /** The HTTP status; also 200, for a vendor that reports its errors in a success. Absent: any. */
  readonly status?: number | ReadonlyArray<number> | undefined
  /**
   * The dotted path of a field: `error.code`. Absent, with a `value`: any of the fields in which replies usually speak (`error`,
   * `error_description`, `code`, `errcode`, `message`, `msg`), or a whole text that is no JSON.
   */
  readonly field?: string | undefined
  /** What the field says. Absent: that it is there, and neither `null`, `false` nor empty. Take only a pattern that runs in linear time: the wire chooses the text. */
  readonly value?: RuleValue | ReadonlyArray<RuleValue> | undefined
}

/** One row: which reply it is about, and what that reply means. */
export interface RefusalRule extends Condition {
  /** What it means. `PasscodeRequired`: there is a second factor that this value cannot answer (`Dialect.challenge`). */
  readonly reason:
    | "BadCredentials"
    | "ClientRefused"
    | "RenewalRefused"
    | "BadPasscode"
    | "ChallengeExpired"
    | "PasscodeRequired"
    | "NotAllowed"
    | "Throttled"
    | "Unavailable"
    | "Misconfigured"
  /** The word that the error repeats. It counts as declared. */
  readonly code?: VendorCode | undefined
  /** For `Misconfigured`: the option that is wrong. Default `provider`. */
  readonly option?: string | undefined
  /**
   * What happened and what to do, in words for the person who reads the error: "This PBX does not let the application use its API. Switch
   * the API on." It stands instead of this library's sentence about the reason. For `Misconfigured`: what to write instead. It is your
   * sentence, and never the reply's.
   */
  readonly fix?: string | undefined
  /** For `NotAllowed`: whether the presented token is dead, and not too weak. */
  readonly tokenRejected?: boolean | undefined
  /**
   * For `Throttled`: whom the pause holds. `subscriber`: the one user whose request it was, as for a lock after wrong passwords.
   * `client`: all users of the client id. Absent: as the limit that the reply names is declared, and else `client`.
   */
  readonly per?: RateLimit["per"] | undefined
  /**
   * For `Throttled` and `Unavailable`: a header of the vendor's own that names the pause, in seconds or as a moment, as `Retry-After`
   * does: `X-Locked-For`. If the reply also has `Retry-After` or `RateLimit`, the later moment counts.
   */
  readonly header?: string | undefined
  /** For `Throttled` and `Unavailable`: the pause in ms, if no header of the reply names a moment. */
  readonly retryAfter?: number | undefined
}
