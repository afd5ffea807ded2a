/**
 * An API call with a session's bearer: in its turn, and once more after the one 401 that a rotation can cause.
 *
 * The calls of an `HttpClient` and of a `fetch` follow the same rules, which are here.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import type { Bearer } from "../Bearer.ts"
import type { Pacing } from "../Pacing.ts"

/**
 * The part of a session that a call needs.
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
 * A request, complete except for its bearer.
 *
 * @category models
 */
export interface Call<Answer, E> {
  readonly send: (bearer: Bearer) => Effect.Effect<Answer, E>
  /** Whether its body can be sent a second time. */
  readonly isRepeatable: boolean
  /** Discards an answer that will not be read. */
  readonly discard: (answer: Answer) => Effect.Effect<void>
  /** Fails if a sign-out has come since the call began: the next bearer belongs to another user, or the caller did not ask for it. */
  readonly stands: Effect.Effect<void, AuthError>
}

/**
 * Makes calls as a session.
 *
 * A 401 names the generation that was used, so many late ones cause one renewal. The second answer is returned, whatever it is. So is
 * a 401 while the new token has just replaced a rejected one, and the 401 to a request that cannot be sent again: then the next call
 * has the new token.
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
        if (answer.status !== 401) return Effect.succeed(answer)
        const rejected = caller.reject(first.generation)
        if (!isRepeatable) return Effect.as(rejected, answer)
        return Effect.gen(function* () {
          yield* rejected
          yield* stands
          // There is no other token yet, because this one has just replaced a rejected one.
          if ((yield* caller.bearer).generation === first.generation) return answer
          const second = yield* bearer
          yield* discard(answer)
          const again = yield* send(second)
          const tell = again.status === 401 ? caller.reject : caller.confirm
          yield* tell?.(second.generation) ?? Effect.void
          return again
        }).pipe(Effect.onError(() => discard(answer)))
      }),
    )
}
