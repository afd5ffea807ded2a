/**
 * An API call with a session's bearer: in its turn, and once more after the one 401 that a rotation can cause.
 *
 * Whatever sends it, an `HttpClient` or a `fetch`, keeps to these rules.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import type { Bearer } from "../Bearer.ts"
import type { Pacing } from "../Pacing.ts"

/**
 * As much of a session as a call needs.
 *
 * @category models
 */
export interface Caller {
  readonly bearer: Effect.Effect<Bearer, AuthError>
  readonly reject: (generation: number) => Effect.Effect<void>
  readonly confirm?: ((generation: number) => Effect.Effect<void>) | undefined
  readonly pacing?: Pacing | undefined
}

/**
 * A request, ready but for its bearer.
 *
 * @category models
 */
export interface Call<Answer, E> {
  readonly send: (bearer: Bearer) => Effect.Effect<Answer, E>
  /** Can its body be sent a second time? */
  readonly isRepeatable: boolean
  /** Lets go of an answer that nobody reads. */
  readonly discard: (answer: Answer) => Effect.Effect<void>
  /** Fails when somebody has signed out since the call began: the next bearer is somebody else's, or one that nobody asked for. */
  readonly stands: Effect.Effect<void, AuthError>
}

/**
 * Makes calls as a session.
 *
 * A 401 names the generation that was used, so that many late ones cause one renewal. The second answer is given back, whatever it is;
 * so is a 401 while the new token has just replaced a rejected one.
 *
 * @category combinators
 */
export const make = (caller: Caller) => {
  const { pacing } = caller
  const bearer = pacing?.inTurn(caller.bearer) ?? caller.bearer
  return <Answer extends { readonly status: number }, E>({
    discard,
    isRepeatable,
    send,
    stands,
  }: Call<Answer, E>): Effect.Effect<Answer, E | AuthError> =>
    Effect.flatMap(bearer, (first) =>
      Effect.flatMap(send(first), (answer) => {
        if (answer.status !== 401 || !isRepeatable) return Effect.succeed(answer)
        return Effect.gen(function* () {
          yield* caller.reject(first.generation)
          yield* stands
          // Another one is not got yet, where this one has just replaced a rejected one.
          if ((yield* caller.bearer).generation === first.generation) return answer
          const second = yield* bearer
          yield* discard(answer)
          const again = yield* send(second)
          const tell = again.status === 401 ? caller.reject : caller.confirm
          yield* tell?.(second.generation) ?? Effect.void
          return again
        })
      }),
    )
}
