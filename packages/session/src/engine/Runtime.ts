/**
 * What a session lives by: the way to the provider, the store, the clock, the one timer. `SessionRuntime` is the service that brings it.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Telemetry } from "@pbx-auth/providers/Telemetry"
import type { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { TokenStore } from "../TokenStore.ts"
import type { Alarm } from "../time/Alarm.ts"
import type { SessionClock } from "../time/SessionClock.ts"
import type { Watcher } from "../Watcher.ts"
import type { Brought, ClaimOptions } from "./Claim.ts"
import type { Pauses } from "./Pauses.ts"
import type { SignInPacing } from "./SignInPacing.ts"

/**
 * Shared by all sessions of one layer, or of one registry.
 *
 * @category models
 */
export interface Runtime {
  readonly endpoint: TokenEndpoint["Service"]
  readonly store: TokenStore["Service"]
  /** How it is agreed who presents: `Claim.presentClaimed`, where several may share the store. */
  readonly claim: (options: ClaimOptions) => Effect.Effect<Brought, AuthError>
  readonly clock: SessionClock
  readonly alarm: Alarm
  /** What providers said about the next request. All runtimes that live by one clock share it: as a rule, those of a process. */
  readonly pauses: Pauses
  /** What is remembered of sign-ins that something in between refused; shared as the pauses are. */
  readonly signIns: SignInPacing
  /** Starts a fiber that no caller owns, with the services and the clock that the runtime was made with. */
  readonly fork: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>
  /** From 0 to 1. */
  readonly random: () => number
  /** Where its spans and its warnings go. */
  readonly telemetry: Telemetry
  /** Is told of all sessions; see `Watcher`. */
  readonly watcher: Watcher | undefined
}
