/**
 * What a session needs to run: the way to the provider, the store, the clock, the one timer. The service `SessionRuntime` provides
 * it.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Telemetry } from "@pbx-auth/providers/Telemetry"
import type { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { Pauses } from "../pace/Pauses.ts"
import type { SignInPacing } from "../pace/SignInPacing.ts"
import type { Brought, ClaimOptions } from "../record/ClaimOptions.ts"
import type { Records } from "../record/RecordKeeping.ts"
import type { TokenStore } from "../TokenStore.ts"
import type { Alarm } from "../time/Alarm.ts"
import type { SessionClock } from "../time/SessionClock.ts"
import type { Watcher } from "../Watcher.ts"

/**
 * Shared by all sessions of one layer, or of one registry.
 *
 * @category models
 */
export interface Runtime {
  readonly endpoint: TokenEndpoint["Service"]
  readonly store: TokenStore["Service"]
  /** How sessions agree which of them presents: `Claim.presentClaimed`, if several may share the store. */
  readonly claim: (options: ClaimOptions) => Effect.Effect<Brought, AuthError>
  /** How its sessions find and remove their records: `StoredRecords.records`, where there is a store. */
  readonly records: Records
  readonly clock: SessionClock
  readonly alarm: Alarm
  /** Pauses that providers asked for. All runtimes with one clock share them: usually all of a process. */
  readonly pauses: Pauses
  /** Sign-ins that an intermediary refused. Shared like the pauses. */
  readonly signIns: SignInPacing
  /** The services and the clock that the runtime was made with. */
  readonly services: Context.Context<never>
  /** Starts a fiber that belongs to no caller, with `services`. */
  readonly fork: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>
  /** A number from 0 to 1. */
  readonly random: () => number
  /** Where its spans and its warnings go. */
  readonly telemetry: Telemetry
  /** Gets reports of all sessions; see `Watcher`. */
  readonly watcher: Watcher | undefined
}
