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
  /** Why: stable, for programs and for a UI's own words. */
  readonly code: RefusalCode
  /** What to do about it. */
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
  /** The number under which the token was stored. */
  readonly generation: number
  /** How it was got: by a sign-in, by a renewal, or by acting for somebody. */
  readonly via: "sign_in" | "renewal" | "act_as"
}

/**
 * A sign-in that waits for a person at a browser. The address and the code that the person needs are secrets, and are not here.
 *
 * @category models
 */
export interface Prompted {
  /** `device`: the person enters a code at any browser (RFC 8628). `redirect`: this browser comes back by itself (RFC 6749 §4.1). */
  readonly kind: "device" | "redirect"
  /** How long the person has, epoch ms. */
  readonly until: number
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
  /** Sign in, with the credentials that the driver has. */
  | { readonly type: "SignIn" }
  /** A passcode was given to the driver: answer the challenge with it. */
  | { readonly type: "SubmitPasscode" }
  /** Give up the sign-in or the challenge under way. */
  | {
      readonly type: "Cancel"
      /** When, epoch ms. */
      readonly now: number
    }
  /** Act for a subject in place: the session hands out the subject's bearers. */
  | {
      readonly type: "ActAs"
      /** Whom, as the provider writes users: `222@abc-company.12345.service`, or an e-mail. */
      readonly subject: string
      /** When, epoch ms. With it, an own token that has lapsed is renewed first. */
      readonly now?: number
    }
  /** Hand out the account's own bearers again. */
  | {
      readonly type: "StopActing"
      /** When, epoch ms. */
      readonly now: number
    }
  /** Forget the tokens. It wins over every outcome under way. */
  | {
      readonly type: "SignOut"
      /** Another process signed this session out. The view shows it as a refusal. */
      readonly elsewhere?: true
    }

/**
 * What time tells, an API that answered 401, the store, or a sign-in at a browser (`Prompted`: its outcome follows later).
 *
 * `Due` and `Rejected` name a generation; about any other generation they change nothing. A `Rejected` with a `doubt` changes no
 * token: the rejected one has just replaced another, so the session gets none before `until`. `Restored` comes once, at the start.
 * Its `pending` is an intent without an outcome: a renewal was presented and its result is unknown. `retryAt` and `signInAt` mean the
 * same as in `OutcomeUnknown`.
 *
 * @category models
 */
export type SystemEvent =
  /** The wake-up that `wakeAt` asked for. */
  | {
      readonly type: "Due"
      /** The token that it is about. */
      readonly generation: number
      /** When it fired, epoch ms. */
      readonly now: number
    }
  /** An API answered 401 to a bearer. */
  | {
      readonly type: "Rejected"
      /** The generation of that bearer. */
      readonly generation: number
      /** When, epoch ms. */
      readonly now: number
      /** The rejected token had just replaced another one, so no other is asked for yet. */
      readonly doubt?: {
        /** What a screen shows meanwhile. */
        readonly refusal: Refusal
        /** Until when no token is asked for, epoch ms. */
        readonly until: number
      }
    }
  /** What the store knows, once, at the start. */
  | {
      readonly type: "Restored"
      /** The facts of the kept token; `null` when there is none. */
      readonly facts: KeptFacts | null
      /** An intent that has no outcome; `null` when nothing was under way. */
      readonly pending: {
        /** When to present the refresh token again, epoch ms; `null`: never by itself. */
        readonly retryAt: number | null
        /** When an unattended session signs in instead, epoch ms. */
        readonly signInAt?: number
      } | null
      /** When the refresh token ends, if a person must sign in then, epoch ms. */
      readonly personNeededAt?: number | null
      /** When, epoch ms. */
      readonly now: number
    }
  /** A person is asked at a browser. */
  | ({
      readonly type: "Prompted"
      /** The presentation that goes on. */
      readonly attempt: number
      /** When, epoch ms. */
      readonly now: number
    } & Prompted)

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
  /** The provider gave a token. */
  | {
      readonly type: "Issued"
      /** The presentation that it answers. */
      readonly attempt: number
      /** The edges of the token's life. */
      readonly times: TokenTimes
      /** Its number, if a store counts. Left out: the session counts on. */
      readonly generation?: number
      /** When the refresh token ends, if a person must sign in then, epoch ms. */
      readonly personNeededAt?: number | null
      /** When it came, epoch ms. */
      readonly now: number
    }
  /** Another process got a token first. */
  | {
      readonly type: "Adopted"
      /** The presentation that is not needed any more. */
      readonly attempt: number
      /** The edges of the token's life. */
      readonly times: TokenTimes
      /** Its number in the store. */
      readonly generation: number
      /** When the refresh token ends, if a person must sign in then, epoch ms. */
      readonly personNeededAt?: number | null
      /** When it was seen, epoch ms. */
      readonly now: number
    }
  /** The credentials were right, and the provider demands a second factor. */
  | {
      readonly type: "Challenged"
      /** The presentation that it answers. */
      readonly attempt: number
      /** Until when it may be answered, epoch ms. */
      readonly challengeUntil: number
      /** When it came, epoch ms. */
      readonly now: number
    }
  /** A final no. */
  | {
      readonly type: "Refused"
      /** The presentation that it answers. */
      readonly attempt: number
      /** Why, and what to do. */
      readonly refusal: Refusal
      /** The provider did not accept our own bearer, with which we asked to act. */
      readonly bearer?: "rejected"
      /** When it came, epoch ms. */
      readonly now: number
    }
  /** Not now. */
  | {
      readonly type: "Unavailable"
      /** The presentation that it answers. */
      readonly attempt: number
      /** Why, and what to do. */
      readonly refusal: Refusal
      /** When to try again, epoch ms; `null`: the session stops trying by itself. */
      readonly retryAt: number | null
      /** When it failed, epoch ms. */
      readonly now: number
    }
  /** The provider may have acted, and no reply says so. */
  | {
      readonly type: "OutcomeUnknown"
      /** The presentation that it answers. */
      readonly attempt: number
      /** Why, and what to do. */
      readonly refusal: Refusal
      /** When to present the same again, epoch ms; `null`: it must not be presented again. */
      readonly retryAt: number | null
      /** When an unattended session signs in instead, epoch ms. Set if the refresh token may be used up. */
      readonly signInAt?: number
      /** When that was known, epoch ms. */
      readonly now: number
    }

/**
 * Everything that a session's chart understands.
 *
 * @category models
 */
export type SessionEvent = UserEvent | SystemEvent | Outcome
