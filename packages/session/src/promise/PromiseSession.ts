/**
 * A session as an app without Effect holds it: promises in, strings out.
 */

import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { CredentialsInput } from "@pbx-auth/providers/Configuration"
import type { Capability } from "@pbx-auth/providers/Provider"
import type { Inspection } from "@pbx-auth/providers/Token"
import type * as Duration from "effect/Duration"
import type { Bearer } from "../Bearer.ts"
import type { BrowserWay, Prompt } from "../browser/BrowserWay.ts"
import type { SessionActor } from "../SessionActor.ts"

/**
 * How long a caller waits.
 *
 * @category models
 */
export interface WaitOptions {
  /**
   * How long to wait for the end of an outage, in ms, or as a span such as `"1 minute"`. The caller joins the tries that the session
   * makes by its own schedule, so it costs no request. It gets the token as soon as there is one, a reason that does not pass at
   * once, and the last reason as soon as it is known that the next try comes after the patience. When the patience is over before the
   * first try has an answer, it gets `Unavailable` without a status. A timer runs meanwhile, so the
   * process stays alive. Default: it waits only for the try under way.
   */
  readonly patience?: Duration.Input | undefined
  /** Ends the wait: the promise rejects with the signal's reason. What the session does goes on. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Something that hands out access tokens: a session, or a child.
 *
 * @category models
 */
export interface PromiseBearerSource extends AsyncDisposable {
  /** An access token that may be used now. Rejects with the `AuthError` of the attempt that it joined. */
  readonly accessToken: (options?: WaitOptions) => Promise<string>
  /** The same, with the facts about it; its token is `Redacted`. */
  readonly bearer: (options?: WaitOptions) => Promise<Bearer>
  /**
   * Tells the session that an API answered 401 to the bearer of this generation. Throws an `AuthError` with `Misconfigured` if it is
   * no number.
   */
  readonly reject: (generation: number) => void
  /**
   * Tells the session that an API accepted the bearer of this generation after it had rejected the one before. Then the next one that
   * is rejected is again replaced at once. Without this, a token that has just replaced another stays for a minute or more. Throws as
   * `reject` does.
   */
  readonly confirm?: (generation: number) => void
  /** What a screen shows now. */
  readonly view: () => SessionView
  /** Calls the listener after every step, and when a signed-in session closes. The returned function ends that. */
  readonly subscribe: (listener: (view: SessionView) => void) => () => void
  /** The session as an XState actor: `useSelector(session.actor, SessionView.of)`. */
  readonly actor: SessionActor
  /** Closes the session in this process. */
  readonly close: () => Promise<void>
}

/**
 * One account's session. Every promise rejects with an `AuthError` and nothing else.
 *
 * @category models
 */
export interface PromiseSession extends PromiseBearerSource {
  /** Resolves when a token is there, or with the state `mfa_required` when a passcode is asked for. */
  readonly signIn: (given?: CredentialsInput | BrowserWay) => Promise<SessionView>
  /** Gives up the sign-in or the challenge under way. */
  readonly cancel: () => void
  /** Forgets the tokens, here and in the store, and revokes them if the provider can. Wins over a late reply. */
  readonly signOut: () => Promise<void>
}

/**
 * A session that may act for others. Rejects with `NotAllowed` if the account may not.
 *
 * @category models
 */
export interface PromiseActing<C extends Capability> {
  /**
   * A session of its own that acts for `subject`, until you close it. With `patience` its own callers wait for the end of an outage
   * as well.
   */
  readonly actAs: (subject: string, options?: WaitOptions) => Promise<PromiseActingSession<C>>
  /** In place: from now on this session hands out the subject's tokens. */
  readonly startActing: (subject: string) => Promise<SessionView>
  /** This session hands out its own tokens again. It does not wait for one. */
  readonly stopActing: () => SessionView
}

/**
 * A session whose provider reports on a token. The token that the reply echoes is dropped.
 *
 * @category models
 */
export interface PromiseInspecting {
  /** Asks the provider about the token that is handed out now. Sends one request. */
  readonly inspect: () => Promise<Inspection>
}

/**
 * A session whose provider describes a second factor. Rejects with `BadPasscode` (another may be given) or `ChallengeExpired`.
 *
 * @category models
 */
export interface PromisePasscodeAnswering {
  /** Answers the challenge. It is never repeated by itself. */
  readonly submitPasscode: (passcode: string) => Promise<SessionView>
}

/**
 * A session that a person signs in to at a browser.
 *
 * @category models
 */
export interface PromisePrompting {
  /**
   * What the person needs: an address, and perhaps a code; each is `Redacted`. Resolves when there is something, and rejects with the
   * reason if the sign-in ends before, or if there is none.
   */
  readonly prompt: () => Promise<Prompt>
}

/**
 * A child that acts for `subject`, until you close it, and at the latest until its parent closes.
 *
 * @category models
 */
export type PromiseActingSession<C extends Capability> = PromiseBearerSource & {
  /** The user that it acts for. */
  readonly subject: string
} & ("inspect" extends C ? PromiseInspecting : unknown)

/**
 * The session of a provider with the capabilities `C`.
 *
 * @category models
 */
export type PromiseSessionOf<C extends Capability> = PromiseSession &
  ("passcode" extends C ? PromisePasscodeAnswering : unknown) &
  ("browser" extends C ? PromisePrompting : unknown) &
  ("inspect" extends C ? PromiseInspecting : unknown) &
  ("act_as" extends C ? PromiseActing<C> : unknown)
