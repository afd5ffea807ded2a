/**
 * How a session keeps its record: in a store that others may share, or not at all.
 */

import type { SessionContext } from "@pbx-auth/machine/SessionContext"
import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { Account, Credentials } from "@pbx-auth/providers/Provider"
import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Redacted from "effect/Redacted"
import type { SessionClock } from "../time/SessionClock.ts"
import type { Watched, Watcher } from "../Watcher.ts"
import type { Found } from "./Adoption.ts"
import type { Access } from "./StoreAccess.ts"
import type { Held } from "./Succession.ts"

/**
 * The part of a session that keeps its record.
 *
 * @category models
 */
export interface Keeper extends Held {
  stored: number
  isStored: boolean
  readonly account: Account
  readonly kept: Credentials | undefined
  readonly key: string | undefined
  readonly number: number
  readonly context: Pick<SessionContext, "own" | "presenting">
  readonly holder: Watched & { readonly signOut: Effect.Effect<void> }
  readonly runtime: Access & {
    readonly clock: SessionClock
    readonly fork: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>
    readonly random: () => number
    readonly watcher: Watcher | undefined
  }
}

/**
 * @category models
 */
export interface Records {
  /**
   * What is stored under a key, or under a name that the record had in an earlier version of the provider's value, or else the refresh
   * token that was given. After a sign-out it is neither.
   */
  readonly find: (
    session: Keeper,
    key: string,
    refreshToken: Redacted.Redacted<string> | undefined,
  ) => Effect.Effect<Found | undefined, StoreFailed>
  /** A token has come. If the store could not take it, it is stored later. */
  readonly kept: (session: Keeper) => void
  /** The user signed out. If the store cannot be told at once, it is told later. */
  readonly remove: (session: Keeper, key: string) => Effect.Effect<void>
  /** The session closes: the last moment for what the store could not take. */
  readonly end: (session: Keeper) => Effect.Effect<void>
  /** The app gave the store, so what it keeps may be used when the session has closed. Left out: it ends with the sessions. */
  readonly isGiven?: boolean | undefined
}
