/**
 * A session as an app without Effect holds it: promises in, strings out.
 */

import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { CredentialsInput } from "@pbx-auth/providers/Configuration"
import type { Capability } from "@pbx-auth/providers/Provider"
import type { Inspection } from "@pbx-auth/providers/Token"
import type * as Duration from "effect/Duration"
import type { Bearer } from "../Bearer.ts"
import type { SessionActor } from "../SessionActor.ts"

/**
 * How long a caller waits.
 *
 * @category models
 */
export interface WaitOptions {
  /**
   * How long an outage is waited out, in ms, or as a span such as `"1 minute"`. The caller joins the tries that the session makes by its
   * own schedule, so it costs no request. It gets the token as soon as there is one; a reason that does not pass at once; and the last
   * reason as soon as the next try is known to lie after the patience. A timer runs meanwhile, so the process stays alive. Default: it
   * waits for the try under way alone.
   */
  readonly patience?: Duration.Input | undefined
  /** Ends the wait: the promise rejects with the signal's reason. What the session does goes on. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Something that hands out access tokens: a session, or a child that acts for somebody.
 *
 * @category models
 */
export interface PromiseBearerSource extends AsyncDisposable {
  /** An access token that may be used now. Rejects with the `AuthError` of the attempt that it joined. */
  readonly accessToken: (options?: WaitOptions) => Promise<string>
  /** The same with what is known of it; its token is `Redacted`. */
  readonly bearer: (options?: WaitOptions) => Promise<Bearer>
  /** An API answered 401 to the bearer of this generation. Throws an `AuthError` with `Misconfigured` when it is no number. */
  readonly reject: (generation: number) => void
  /**
   * An API took the bearer of this generation, after it had rejected the one before. So the next one that is rejected is replaced at
   * once again; without it a token that has just replaced another stays in place for a minute or more. Throws as `reject` does.
   */
  readonly confirm?: (generation: number) => void
  /** What a screen shows now. */
  readonly view: () => SessionView
  /** Calls the listener after every step, and when a session closes that was signed in, until the function that it returns is called. */
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
  readonly signIn: (credentials?: CredentialsInput) => Promise<SessionView>
  readonly cancel: () => void
  readonly signOut: () => Promise<void>
}

/**
 * A session that may act for others. Rejects with `NotAllowed` when the account may not.
 *
 * @category models
 */
export interface PromiseActing<C extends Capability> {
  /** A session of its own that acts for `subject`, until it is closed. With `patience` its own callers wait outages out as well. */
  readonly actAs: (subject: string, options?: WaitOptions) => Promise<PromiseActingSession<C>>
  /** In place: from now on this session hands out the subject's tokens. */
  readonly startActing: (subject: string) => Promise<SessionView>
  readonly stopActing: () => SessionView
}

/**
 * A session whose provider tells what it knows about a token; the token that the reply echoes is dropped.
 *
 * @category models
 */
export interface PromiseInspecting {
  readonly inspect: () => Promise<Inspection>
}

/**
 * A session whose provider describes a second factor. Rejects with `BadPasscode` (another may be given) or `ChallengeExpired`.
 *
 * @category models
 */
export interface PromisePasscodeAnswering {
  readonly submitPasscode: (passcode: string) => Promise<SessionView>
}

/**
 * A child that acts for `subject`, until it is closed; with its parent at the latest.
 *
 * @category models
 */
export type PromiseActingSession<C extends Capability> = PromiseBearerSource & {
  readonly subject: string
} & ("inspect" extends C ? PromiseInspecting : unknown)

/**
 * The session of a provider with the capabilities `C`.
 *
 * @category models
 */
export type PromiseSessionOf<C extends Capability> = PromiseSession &
  ("passcode" extends C ? PromisePasscodeAnswering : unknown) &
  ("inspect" extends C ? PromiseInspecting : unknown) &
  ("act_as" extends C ? PromiseActing<C> : unknown)
