/**
 * What a screen holds of a session, wherever the session lives: in the same tab, on a server, or as a plain XState actor.
 *
 * It has as much of an XState actor as XState's own bindings for screens need, so you write `useSelector(session.actor,
 * SessionView.of)` once.
 */
import type { ViewedSnapshot } from "./SessionView.ts"

/**
 * What a screen may send without a secret. Credentials and a passcode are not events: they have methods of their own
 * (`signIn(credentials)`, `submitPasscode(passcode)`). A `SignIn` uses the credentials that the session has at hand; without any it
 * changes nothing.
 *
 * @category models
 */
export type ScreenEvent =
  /** Sign in with the credentials that the session has at hand. */
  | { readonly type: "SignIn" }
  /** Give up the sign-in or the challenge. */
  | { readonly type: "Cancel" }
  /** Act for somebody, in place. */
  | {
      readonly type: "ActAs"
      /** Whom, as the provider writes users. */
      readonly subject: string
    }
  /** Be the account itself again. */
  | { readonly type: "StopActing" }
  /** Sign out. */
  | { readonly type: "SignOut" }

/**
 * Gets each snapshot, and once the session's end.
 *
 * @category models
 */
export interface SnapshotObserver<S> {
  /** Gets each snapshot. */
  readonly next?: (snapshot: S) => void
  /** Called if the XState actor itself fails. A session's never does: a refusal is a snapshot too. */
  readonly error?: (error: unknown) => void
  /** Called once, when the session is closed. */
  readonly complete?: () => void
}

/**
 * The current snapshot, the snapshots to come, and a way to send events. `getSnapshot` returns the same object until the next one.
 *
 * @category models
 */
export interface SessionRef<S extends ViewedSnapshot = ViewedSnapshot> {
  /** The snapshot of now. */
  getSnapshot(): S
  /** Calls `observer.next` with each later snapshot, and `complete` at the session's end. */
  subscribe(observer: SnapshotObserver<S>): Subscription
  /** Calls `next` with each later snapshot. */
  subscribe(next: (snapshot: S) => void): Subscription
  /** Sends an event. What is not possible now changes nothing. */
  send(event: ScreenEvent): void
}

/**
 * What `subscribe` returns.
 *
 * @category models
 */
export interface Subscription {
  /** Ends the subscription. You may call it twice. */
  unsubscribe(): void
}

/**
 * A session as a screen holds it. One in the tab (`openSkySwitch` of `@pbx-auth/session/Promises`) and one on a server (`openRemote`
 * of `@pbx-auth/machine/RemoteSession`) both fit. The snapshots show the result of a method; a promise that rejects says no more.
 *
 * @category models
 */
export interface ScreenSession {
  /** For XState's bindings: `useSelector(session.actor, SessionView.of)`. */
  readonly actor: SessionRef
  /** Signs in with these credentials. They are not kept in a snapshot. */
  readonly signIn: (credentials: { readonly username: string; readonly password: string }) => Promise<unknown>
  /** Answers the challenge to a second factor. */
  readonly submitPasscode: (passcode: string) => Promise<unknown>
}
