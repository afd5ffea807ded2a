/**
 * Watches all sessions of a runtime, for metrics, a log of events, a health check.
 */

import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import type { SessionView, ViewedSnapshot } from "@pbx-auth/machine/SessionView"
import type { Account } from "@pbx-auth/providers/Provider"
import * as Context from "effect/Context"

/**
 * A session as a watcher sees it: the same object as long as it is open. The only secrets that can be reached from it are those of
 * its account, which are `Redacted`.
 *
 * @category models
 */
export interface Watched {
  /** Who signs in, where, with which client. */
  readonly account: Account
  /** For a child: the subject that it acts for. */
  readonly subject: string | undefined
  /** For a child: the session whose bearer it presents. */
  readonly parent: Watched | undefined
  /** What a screen would show now. */
  readonly view: SessionView
  /** The chart's current snapshot; its times are epoch ms of `now`. */
  readonly snapshot: ViewedSnapshot
  /** Now, by the session's clock, epoch ms. */
  readonly now: number
}

/**
 * What a store failed to do. It is tried again until the store is back, and then told of as `StoreRecovered`.
 *
 * - `store`: write a token that was issued. The token stays in memory.
 * - `remove`: write the tombstone of a session that was signed out, in spite of several tries.
 *
 * @category models
 */
export type StoreFailure = "store" | "remove"

/**
 * One event of a session. `from` is the path of the chart's state before the step, such as `expiring.renewing`. `ActingUnlike`: the
 * token to act with names the subject differently than it was asked for. `IntentLeft`: another holder (a random name) began something
 * `age` ms ago, and died or failed before it could say what became of it.
 *
 * @category models
 */
export type SessionActivity =
  /** The session was opened. */
  | { readonly _tag: "Opened" }
  /** The chart took a step. */
  | {
      readonly _tag: "Stepped"
      /** What happened. */
      readonly event: SessionEvent
      /** The path of the state before, such as `expiring.renewing`. */
      readonly from: SessionView["path"]
    }
  /** The store did not take a change, or takes it again. */
  | {
      readonly _tag: "StoreFailed" | "StoreRecovered"
      /** Which change. */
      readonly what: StoreFailure
    }
  /** Another holder began something and could not say what became of it. */
  | {
      readonly _tag: "IntentLeft"
      /** Its random name. */
      readonly holder: string
      /** What it presented. */
      readonly purpose: "sign_in" | "renewal"
      /** How long ago it began, in ms. */
      readonly age: number
    }
  /** The token to act with names the subject differently than it was asked for. */
  | { readonly _tag: "ActingUnlike" }
  /** The session was closed. */
  | { readonly _tag: "Closed" }

/**
 * Gets the events of every session: first that it opened, then each of its steps and each failure of its store, at last that it
 * closed. A renewal that ends while the session closes is a step as well. It is called within the step, so it must be quick. What it
 * throws is not shown, and changes nothing.
 *
 * @category models
 */
export interface Watcher {
  (session: Watched, activity: SessionActivity): void
  /** Called when a runtime is made with it. A watcher without a runtime can see nothing. */
  readonly taken?: (() => void) | undefined
}

/**
 * The watcher of the sessions of the runtimes that are made while this is provided.
 *
 * @category services
 */
export const CurrentWatcher = Context.Reference<Watcher | undefined>("@pbx-auth/session/CurrentWatcher", {
  defaultValue: () => undefined,
})
