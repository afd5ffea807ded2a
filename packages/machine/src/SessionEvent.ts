/**
 * What may happen to a session. No event holds a secret. A password or a passcode goes to the driver that runs the chart; the event
 * says only that it was given.
 *
 * All times are epoch milliseconds.
 */
import type { TokenTimes } from "./Renewal.ts"

/**
 * What to do about a refusal. The words are those of `@pbx-auth/providers/AuthError`; to a chart they are only labels.
 *
 * @category models
 */
export type Remedy = "sign_in" | "passcode" | "configure" | "ask_administrator" | "wait" | "retry" | "report"

/**
 * Why a presentation did not lead to a token: the tag of an `AuthError` reason. The list is closed, because the chart decides by some
 * of them (another passcode may follow a `BadPasscode`), and because a UI translates them.
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
  /** With `Throttled`: until when the provider asked to wait, if that is too long for the session to wait. */
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
 * What a person or an app asks for.
 *
 * `ActAs` while the session already acts changes the subject. Pass `now` (epoch ms): then the session renews an own token that has
 * lapsed meanwhile before it presents it. `elsewhere` says that another process signed this session out: the view shows that as a
 * refusal. A sign-out that was asked for here is not shown as one.
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
 * What time tells, an API that answered 401, or the store.
 *
 * `Due` and `Rejected` name a generation; about any other generation they change nothing. A `Rejected` with a `doubt` changes no
 * token: the rejected one has just replaced another, so the session gets none before `until`. `Restored` comes once, at the start.
 * Its `pending` is an intent without an outcome: a renewal was presented and its result is unknown. `retryAt` and `signInAt` mean the
 * same as in `OutcomeUnknown`.
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
 * The outcome of a presentation. Each echoes the `attempt` of the `requestToken` command that it answers. A late one, after another
 * presentation or a sign-out, changes nothing.
 *
 * - `Issued`: a token. `generation` is given when others share the count (a store), else the session counts on.
 * - `Adopted`: another process got it first, under its own `generation`.
 * - `Challenged`: the provider demands a second factor, until `challengeUntil`.
 * - `Refused`: a final no. `bearer: "rejected"` says that the provider did not accept our own bearer.
 * - `Unavailable`: not now. `retryAt` is when to try again, `null` when the session stops trying by itself.
 * - `OutcomeUnknown`: the provider may have acted, and no reply says so. `retryAt` is when to present it again, `null` when it must
 *   not be. `signInAt` is set when a refresh token may be used up: a session that may sign in by itself then does so, instead of the
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
