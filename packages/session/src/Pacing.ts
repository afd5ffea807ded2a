/**
 * The pace at which a session's calls may go out, where a registry keeps one for it.
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
  /** Waits out what the provider, or the budget itself, said about the next request, and tries again: for whatever presents something. */
  readonly patiently: <A>(effect: Effect.Effect<A, AuthError>) => Effect.Effect<A, AuthError>
  /**
   * A bearer, and a turn to use it in. Whatever has to be presented for the bearer comes before the turn, because a turn is good
   * for now; and the bearer is asked for once more after it, because it may have died in line.
   */
  readonly inTurn: <A>(bearer: Effect.Effect<A, AuthError>) => Effect.Effect<A, AuthError>
  /**
   * Takes note of what a reply's headers, by lower-case name, say about the next request. `Retry-After` counts with a `status` of
   * a refusal alone; without a status it holds API calls, and no token.
   */
  readonly note: (
    headers: Readonly<Record<string, string | undefined>>,
    status: number | undefined,
  ) => Effect.Effect<void>
}
