/**
 * The pace of a session's calls, in a registry that keeps one.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type * as Effect from "effect/Effect"

/**
 * How a call takes its turn.
 *
 * @category models
 */
export interface Pacing {
  /** Waits until one more call may go out, and counts it. Fails as `Throttled` when its patience is over. */
  readonly turn: Effect.Effect<void, AuthError>
  /** Waits for the moment that the provider, or the budget itself, named, and tries again: for an effect that presents something. */
  readonly patiently: <A>(effect: Effect.Effect<A, AuthError>) => Effect.Effect<A, AuthError>
  /**
   * A bearer, and a turn to use it in. A presentation for the bearer comes before the turn, because a turn is valid only now. After
   * the turn it asks for the bearer once more, because it may have died in the queue.
   */
  readonly inTurn: <A>(bearer: Effect.Effect<A, AuthError>) => Effect.Effect<A, AuthError>
  /**
   * Records what a reply's headers, by lower-case name, say about the next request. `Retry-After` counts only with the `status` of a
   * refusal. Without a status it holds API calls, but not requests for tokens.
   */
  readonly note: (
    headers: Readonly<Record<string, string | undefined>>,
    status: number | undefined,
  ) => Effect.Effect<void>
}
