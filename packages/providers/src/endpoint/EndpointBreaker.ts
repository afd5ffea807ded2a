/**
 * An optional circuit breaker before the token endpoint. With it, many sessions at a failing provider ask it once in a while
 * together, instead of each by its own schedule.
 *
 * It is Effect's own breaker, with one circuit per provider's address. An app that does not provide it does not pay for it:
 *
 * ```ts
 * const breaking = EndpointBreaker.layer.pipe(
 *   Layer.provide(TokenEndpoint.layer),
 *   Layer.provide(HttpClientTransport.layer),
 *   Layer.provide(CircuitBreaker.layer({ tripPolicy: CircuitBreaker.consecutive(5), openDuration: "30 seconds" })),
 *   Layer.provide(CircuitBreaker.layerStoreMemory()),
 * )
 * const Live = SkySwitch.layerRuntime(options).pipe(Layer.provide(SessionRuntime.layer), Layer.provide(breaking))
 * ```
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import type { Account } from "../description/Provider.ts"
import { type AuthError, fromReason, Throttled, Unavailable } from "../error/AuthError.ts"
import { TokenEndpoint } from "./TokenEndpoint.ts"

/** A refusal is a sign of life. A request that was not sent says nothing about the provider. */
const outcomeOf = <A>(exit: Exit.Exit<A, AuthError>): CircuitBreaker.Outcome => {
  if (Exit.isSuccess(exit)) return CircuitBreaker.success
  const reason = exit.cause.reasons.flatMap((one) => (one._tag === "Fail" ? [one.error.reason] : []))[0]
  switch (reason?._tag) {
    case undefined:
      return CircuitBreaker.ignored
    case "Unavailable":
      return reason.unreachable === true ? CircuitBreaker.ignored : CircuitBreaker.failure()
    case "OutcomeUnknown":
      return CircuitBreaker.failure()
    default:
      return CircuitBreaker.success
  }
}

/**
 * `TokenEndpoint` behind a breaker.
 *
 * **Details**
 *
 * - A server error, a deadline and a lost reply count as failures; a refusal does not.
 * - While the circuit is open nothing is sent: `Throttled`, with the moment of the next probe as its `retryAt` (epoch ms), so a
 *   session waits for it and shows until when.
 * - While another call's probe is under way: `Unavailable`.
 */
export const layer: Layer.Layer<TokenEndpoint, never, TokenEndpoint | CircuitBreaker.CircuitBreaker> = Layer.effect(
  TokenEndpoint,
  Effect.gen(function* () {
    const endpoint = yield* TokenEndpoint
    const breaker = yield* CircuitBreaker.CircuitBreaker
    const guarded = <A>(account: Account, effect: Effect.Effect<A, AuthError>): Effect.Effect<A, AuthError> =>
      effect.pipe(
        breaker.execute({ key: account.address.origin + account.address.prefix, classify: outcomeOf }),
        Effect.catchTag("CircuitBreakerError", ({ reason }) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            const provider = account.provider.id
            return reason._tag === "CircuitOpen"
              ? fromReason(new Throttled({ provider, retryAt: now + Duration.toMillis(reason.retryAfter) }))
              : fromReason(new Unavailable({ provider }))
          }),
        ),
      )
    return TokenEndpoint.of({
      present: (account, grant) => guarded(account, endpoint.present(account, grant)),
      inspect: (account, bearer) => guarded(account, endpoint.inspect(account, bearer)),
      revoke: (account, bearer) => guarded(account, endpoint.revoke(account, bearer)),
    })
  }),
).pipe(Layer.fresh)
