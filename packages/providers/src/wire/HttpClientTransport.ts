/**
 * The transport of an Effect app: its own `HttpClient`.
 *
 * **Gotchas**
 *
 * - If the app's client follows redirects, retries or logs bodies, it does so with credentials as well. Use a plain client for token
 *   calls.
 * - With the fetch client, `FetchHttpClient.RequestInit` is set for each call. Options of the app (a `dispatcher`) are kept if you
 *   provide them to this layer or around the call, not if you gave them to `FetchHttpClient.layer`.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as UrlParams from "effect/http/UrlParams"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { interim, type Phase } from "./Phase.ts"
import { fetchOptions, Transport } from "./Transport.ts"
import { BodyText, type Fault, isInterim, isRedirect, type WireReply, type WireRequest } from "./Wire.ts"

/**
 * Sends requests with the app's `HttpClient`. Built again for each layer that it is provided to, because they may have different
 * clients.
 */
export const layer: Layer.Layer<Transport, never, HttpClient.HttpClient> = Layer.effect(
  Transport,
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const given = Effect.contextWith((services: Context.Context<never>) =>
      Effect.succeed(Context.getOrUndefined(services, FetchHttpClient.RequestInit)),
    )
    const ours = yield* given
    return Transport.of({
      client: "HttpClient",
      ends: false,
      send: (request, phase) =>
        Effect.flatMap(given, (around) =>
          exchange(client, request, phase).pipe(
            Effect.provideService(FetchHttpClient.RequestInit, {
              ...ours,
              ...around,
              ...fetchOptions(),
            }),
            Effect.provideService(HttpClient.TracerDisabledWhen, constTrue),
            Effect.provideService(HttpClient.TracerPropagationEnabled, false),
            Effect.provideService(UrlParams.CurrentRedactedNames, secretParameters),
          ),
        ),
    })
  }),
).pipe(Layer.fresh)

/** For an app's own middleware that prints URLs by `UrlParams.redactUrl`. */
const secretParameters = ["client_secret", "refresh_token", "access_token", "password", "passcode", "token"]

const exchange = (client: HttpClient.HttpClient, request: WireRequest, phase: Phase): Effect.Effect<WireReply, Fault> =>
  Effect.gen(function* () {
    // The connection ends with this scope, even if its body was not read to the end.
    const response = yield* HttpClient.withScope(client)
      .execute(toHttp(request))
      .pipe(
        // An app's client may fail on a status. The reply is there all the same.
        Effect.catch(({ reason }) =>
          reason._tag === "StatusCodeError" ? Effect.succeed(reason.response) : Effect.fail(faultOf(reason, phase)),
        ),
        // What a client throws may hold the request, and with it the form.
        Effect.catchDefect((thrown) => Effect.fail(phase.failed(thrown))),
      )
    const { headers, status } = response
    if (isInterim(status)) return yield* Effect.fail(interim)
    const text = isRedirect(status) ? "" : yield* textOf(response, phase)
    return { status, headers, text }
  }).pipe(Effect.scoped)

const faultOf = (reason: HttpClientError["reason"], phase: Phase): Fault => {
  switch (reason._tag) {
    case "EncodeError":
    case "InvalidUrlError":
      return { _tag: "NotSent" }
    default:
      // A client that gives no cause says nothing about a mistake.
      return phase.failed(reason.cause ?? {})
  }
}

/** The body as text, as far as it is read. */
const textOf = (response: HttpClientResponse, phase: Phase): Effect.Effect<string, Fault> =>
  Effect.suspend(() => {
    const body = new BodyText()
    return response.stream.pipe(
      Stream.runForEach((chunk) => (body.add(chunk) ? Effect.void : Effect.fail("enough" as const))),
      Effect.catch((error) =>
        error === "enough" || error.reason._tag === "EmptyBodyError"
          ? Effect.void
          : Effect.fail(phase.broken(error.reason.cause ?? error)),
      ),
      Effect.map(() => body.end()),
      Effect.catchDefect((thrown) => Effect.fail(phase.broken(thrown))),
    )
  })

const toHttp = ({ body, headers, method, url }: WireRequest): HttpClientRequest.HttpClientRequest =>
  HttpClientRequest.make(method)(url, {
    headers,
    ...(body !== undefined && { body: HttpBody.text(body, headers["content-type"]) }),
  })
