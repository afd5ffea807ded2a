/**
 * Who watches all sessions of a runtime, whatever they do: metrics, a log of events, a check of health.
 */

import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import type { SessionView, ViewedSnapshot } from "@pbx-auth/machine/SessionView"
import type { Account } from "@pbx-auth/providers/Provider"
import * as Context from "effect/Context"

/**
 * A session as who watches it sees it: the same object as long as it is open. No secret can be reached from it but those of its
 * account, which are `Redacted`.
 *
 * @category models
 */
export interface Watched {
  readonly account: Account
  /** For a child: whom it acts for. */
  readonly subject: string | undefined
  /** For a child: whose bearer it presents. */
  readonly parent: Watched | undefined
  readonly view: SessionView
  /** The chart as it stands; its times are epoch ms of `now`. */
  readonly snapshot: ViewedSnapshot
  /** Now, by the session's clock, epoch ms. */
  readonly now: number
}

/**
 * What a store did not do.
 *
 * - `store`: write a token that was issued. It is kept in memory, and the next one is stored again.
 * - `remove`: remove the tokens of a session that was signed out, though it was asked several times.
 *
 * @category models
 */
export type StoreFailure = "store" | "remove"

/**
 * One thing that became of a session. `from` is the path of the chart that the step left, such as `expiring.renewing`. `ActingUnlike`:
 * the provider gave a token to act with that names the subject otherwise than it was asked for.
 *
 * @category models
 */
export type SessionActivity =
  | { readonly _tag: "Opened" }
  | { readonly _tag: "Stepped"; readonly event: SessionEvent; readonly from: SessionView["path"] }
  | { readonly _tag: "StoreFailed"; readonly what: StoreFailure }
  | { readonly _tag: "ActingUnlike" }
  | { readonly _tag: "Closed" }

/**
 * Is told what becomes of every session: first that it opened, then each step that it made and what its store did not do, at last
 * that it closed. A renewal that ends while the session closes is a step as well. It is called in the step itself, so it must be
 * quick; what it throws is not shown, and changes nothing.
 *
 * @category models
 */
export interface Watcher {
  (session: Watched, activity: SessionActivity): void
  /** Is called when a runtime is made with it: one that nothing was made with can see nothing. */
  readonly taken?: (() => void) | undefined
}

/**
 * Who watches the sessions of the runtimes that are made while this is provided.
 *
 * @category services
 */
export const CurrentWatcher = Context.Reference<Watcher | undefined>("@pbx-auth/session/CurrentWatcher", {
  defaultValue: () => undefined,
})
