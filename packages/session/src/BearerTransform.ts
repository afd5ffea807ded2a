/**
 * A session's bearer for whatever takes an `HttpClient`: a client of an `HttpApi`, a generated client, a service of your app.
 *
 * The rules of `BearerHttpClient.make` hold here too: which origins see the bearer, what a 401 does, what is shown.
 *
 * @since 0.1.0
 */

import { type AuthError, isAuthError } from "@pbx-auth/providers/AuthError"
import * as Retry from "@pbx-auth/providers/Retry"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import { EncodeError, HttpClientError, TransportError } from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import { type Options, sender, sending } from "./BearerHttpClient.ts"
import type { BearerSource } from "./Session.ts"

/**
 * A function from an `HttpClient` to an `HttpClient`, for whatever takes one: `HttpApiClient`, a generated client,
 * `Effect.updateService`.
 *
 * An `AuthError` is the `cause` of the client's own error; {@link authErrorOf} finds it. It is a `TransportError` when the session
 * tries again by itself, and an `EncodeError` when something has to be done first: so `HttpClient.retryTransient` around this client
 * does not present a refused password again.
 *
 * **Example** (A client of an `HttpApi` with the bearer)
 *
 * ```ts
 * const client = yield* HttpApiClient.make(Api, { baseUrl, transformClient: withBearer(pbx) })
 * ```
 *
 * @category combinators
 */
export const withBearer =
  (session: BearerSource, options?: Options) =>
  (client: HttpClient.HttpClient): HttpClient.HttpClient => {
    const send = sender(client, session, options)
    return sending((request) =>
      Effect.mapError(send(request), (error) => (isAuthError(error) ? carry(request, error) : error)),
    )
  }

/**
 * An `HttpClient` with the bearer of a provider's service, over the app's `HttpClient`.
 *
 * **Example** (An app whose `HttpClient` calls SkySwitch)
 *
 * ```ts
 * const Live = BearerTransform.layer(SkySwitch).pipe(Layer.provide([SkySwitchLive, FetchHttpClient.layer]))
 * ```
 *
 * @category layers
 */
export const layer = <I, S extends BearerSource>(
  service: Context.Key<I, S>,
  options?: Options,
): Layer.Layer<HttpClient.HttpClient, never, I | HttpClient.HttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function* () {
      return withBearer(yield* service, options)(yield* HttpClient.HttpClient)
    }),
  )

/**
 * The `AuthError` that an error of a client `withBearer` carries; `undefined` where the call itself failed.
 *
 * @category getters
 */
export const authErrorOf = ({ reason }: HttpClientError): AuthError | undefined =>
  isAuthError(reason.cause) ? reason.cause : undefined

/** An `AuthError` as an error of the client. */
const carry = (request: HttpClientRequest.HttpClientRequest, cause: AuthError): HttpClientError => {
  const Reason = Retry.passesAt(cause) === undefined ? EncodeError : TransportError
  return new HttpClientError({ reason: new Reason({ request, cause, description: cause.message }) })
}
