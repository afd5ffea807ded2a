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
  | { readonly type: "SignIn" }
  | { readonly type: "Cancel" }
  | { readonly type: "ActAs"; readonly subject: string }
  | { readonly type: "StopActing" }
  | { readonly type: "SignOut" }

/**
 * Gets each snapshot, and once the session's end.
 *
 * @category models
 */
export interface SnapshotObserver<S> {
  readonly next?: (snapshot: S) => void
  readonly error?: (error: unknown) => void
  readonly complete?: () => void
}

/**
 * The current snapshot, the snapshots to come, and a way to send events. `getSnapshot` returns the same object until the next one.
 *
 * @category models
 */
export interface SessionRef<S extends ViewedSnapshot = ViewedSnapshot> {
  getSnapshot(): S
  subscribe(observer: SnapshotObserver<S>): Subscription
  subscribe(next: (snapshot: S) => void): Subscription
  send(event: ScreenEvent): void
}

/**
 * @category models
 */
export interface Subscription {
  unsubscribe(): void
}

/**
 * A session as a screen holds it. One in the tab (`openSkySwitch` of `@pbx-auth/session/Promises`) and one on a server (`openRemote`
 * of `@pbx-auth/machine/RemoteSession`) both fit. The snapshots show the result of a method; a promise that rejects says no more.
 *
 * @category models
 */
export interface ScreenSession {
  readonly actor: SessionRef
  readonly signIn: (credentials: { readonly username: string; readonly password: string }) => Promise<unknown>
  readonly submitPasscode: (passcode: string) => Promise<unknown>
}
