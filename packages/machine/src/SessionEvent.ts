/**
 * What may happen to a session. No event holds a secret: a person's password or passcode goes to whoever runs the chart,
 * and only the fact that it was given comes here.
 *
 * All times are epoch milliseconds.
 */
import type { TokenTimes } from "./Renewal.ts"

/**
 * What to do about a refusal. The words are those of `@pbx-auth/providers/AuthError`; a chart knows them only as labels.
 *
 * @category models
 */
export type Remedy = "sign_in" | "passcode" | "configure" | "ask_administrator" | "wait" | "retry" | "report"

/**
 * Why a presentation did not lead to a token: the tag of an `AuthError` reason. The list is closed, because the chart goes by
 * some of them (a `BadPasscode` may be followed by another passcode), and because a UI translates them.
 *
 * @category models
 */
export type RefusalCode =
  | "BadCredentials"
  | "BadPasscode"
  | "ChallengeExpired"
  | "PasscodeRequired"
  | "ClientRefused"
  | "Misconfigured"
  | "RenewalRefused"
  | "SignedOut"
  | "NotAllowed"
  | "Throttled"
  | "Unavailable"
  | "Unreadable"
  | "OutcomeUnknown"
  | "StoreFailed"

/**
 * A refusal: its stable code, and its remedy.
 *
 * @category models
 */
export interface Refusal {
  readonly code: RefusalCode
  readonly remedy: Remedy
  /** With `Throttled`: until when the provider asked to wait, where that is too long to be kept to. */
  readonly toldUntil?: number
}

/**
 * Facts of a token that was kept from an earlier run, and how it was got.
 *
 * @category models
 */
export interface KeptFacts extends TokenTimes {
  readonly generation: number
  readonly via: "sign_in" | "renewal" | "act_as"
}

/**
 * Asked for by a person or an app.
 *
 * `ActAs` while the session acts for somebody else changes the subject. Give `now` along: then an own token that has lapsed
 * meanwhile is renewed first, and not presented. `elsewhere` says that another process signed this session out: that is shown as
 * a refusal, and a sign-out that was asked for here is not.
 *
 * @category models
 */
export type UserEvent =
  | { readonly type: "SignIn" }
  | { readonly type: "SubmitPasscode" }
  | { readonly type: "Cancel"; readonly now: number }
  | { readonly type: "ActAs"; readonly subject: string; readonly now?: number }
  | { readonly type: "StopActing"; readonly now: number }
  | { readonly type: "SignOut"; readonly elsewhere?: true }

/**
 * Told by time, by an API that answered 401, or by what was stored.
 *
 * `Due` and `Rejected` name the generation that they speak of; about any other generation they change nothing. A `Rejected` with a
 * `doubt` changes no token: the rejected one has just replaced another, so none is got before `until`. `Restored` comes once, at the
 * start. Its `pending` is an intent that nobody has settled: a renewal was presented and its outcome is unknown. `retryAt` and
 * `signInAt` are those of `OutcomeUnknown`.
 *
 * @category models
 */
export type SystemEvent =
  | { readonly type: "Due"; readonly generation: number; readonly now: number }
  | {
      readonly type: "Rejected"
      readonly generation: number
      readonly now: number
      readonly doubt?: { readonly refusal: Refusal; readonly until: number }
    }
  | {
      readonly type: "Restored"
      readonly facts: KeptFacts | null
      readonly pending: { readonly retryAt: number | null; readonly signInAt?: number } | null
      readonly now: number
    }

/**
 * What came of a presentation. Each echoes the `attempt` of the `requestToken` command that it answers; one that is late, because
 * another presentation or a sign-out came between, changes nothing.
 *
 * - `Issued`: a token; `generation` is given when others share the count (a store), else the session counts on.
 * - `Adopted`: another process got it first, under its own `generation`.
 * - `Challenged`: the provider demands a second factor, until `challengeUntil`.
 * - `Refused`: a final no. `bearer: "rejected"` says that it was our own bearer that the provider did not take.
 * - `Unavailable`: not now; `retryAt` is when to try again, `null` when trying by itself is over.
 * - `OutcomeUnknown`: the provider may have acted, and no reply says so. `retryAt` is when it may be repeated, `null` when it must not
 *   be. `signInAt` is there when a refresh token may be used up: a session that may sign in by itself does so then, in place of the
 *   repetition.
 *
 * @category models
 */
export type Outcome =
  | {
      readonly type: "Issued"
      readonly attempt: number
      readonly times: TokenTimes
      readonly generation?: number
      readonly now: number
    }
  | {
      readonly type: "Adopted"
      readonly attempt: number
      readonly times: TokenTimes
      readonly generation: number
      readonly now: number
    }
  | {
      readonly type: "Challenged"
      readonly attempt: number
      readonly challengeUntil: number
      readonly now: number
    }
  | {
      readonly type: "Refused"
      readonly attempt: number
      readonly refusal: Refusal
      readonly bearer?: "rejected"
      readonly now: number
    }
  | {
      readonly type: "Unavailable"
      readonly attempt: number
      readonly refusal: Refusal
      readonly retryAt: number | null
      readonly now: number
    }
  | {
      readonly type: "OutcomeUnknown"
      readonly attempt: number
      readonly refusal: Refusal
      readonly retryAt: number | null
      readonly signInAt?: number
      readonly now: number
    }

/**
 * Everything that a session's chart understands.
 *
 * @category models
 */
export type SessionEvent = UserEvent | SystemEvent | Outcome
