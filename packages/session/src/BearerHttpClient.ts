/**
 * An HTTP client that presents a session's bearer, and survives the one 401 that a rotation can cause.
 */

// A bundler writes modules in the order in which they are first imported. With XState, the chart and Effect's HTTP first, our other modules
// stand side by side, and gzip makes 0.6 kB less of them. These lines run nothing; `npm run sizes` shows what they are worth.
import "./engine/Chart.ts"
import "@pbx-auth/providers/HttpClientTransport"
import "@pbx-auth/providers/TokenEndpoint"
import "@pbx-auth/machine/SessionView"

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { BearerPlace } from "@pbx-auth/providers/Provider"
import * as Telemetry from "@pbx-auth/providers/Telemetry"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as HttpClient from "effect/http/HttpClient"
import { HttpClientError, type HttpClientErrorReason } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as UrlParams from "effect/http/UrlParams"
import * as Option from "effect/Option"
import { hasProperty, isFunction, isString } from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import type { Bearer } from "./Bearer.ts"
import * as BearerCall from "./call/BearerCall.ts"
import * as Destinations from "./call/Destinations.ts"
import * as Place from "./call/Place.ts"
import type { Driver } from "./engine/Driver.ts"
import { Face } from "./face/Face.ts"
import { patient } from "./face/PatientFace.ts"
import type { BearerSource } from "./Session.ts"

/**
 * Where the bearer may go.
 *
 * @category models
 */
export interface Options {
  /**
   * The origins that may see the bearer, such as `https://ipbxapi.voipex.io`. Plain `http://` is only for this machine, and for the
   * origin of the session's address if that has it (`plainHttp`). Default: that origin, which is also that of NetSapiens' API.
   */
  readonly origins?: ReadonlyArray<string> | undefined
  /**
   * How long a request waits for its bearer through an outage of the provider: see `Session.withPatience`. The API's own answers are
   * not repeated.
   */
  readonly patience?: Duration.Input | undefined
}

/**
 * Wraps the app's `HttpClient`: every request carries the bearer, as `Authorization: Bearer …` or as the provider says
 * (`Provider.bearer`).
 *
 * - A 401 names the generation that was used, so many late ones cause one renewal. The request is sent once more if its body can be,
 *   and the second answer is returned, whatever it is. A stream is gone once it was read: its 401 is returned, and the next request
 *   has the new token.
 * - What else says that the token has ended is as a 401, if the provider's value tells it (`BearerPlace.refused`). An answer that is a
 *   short JSON object is then read before you have it, and you can read it, too.
 * - If the new token is rejected as well, the session gets no other one for a minute, then two, and so on up to an hour. Meanwhile a
 *   401 is returned as it is. The session's view and its events say so (`NotAllowed` with `fresh`, `rejected` with `until`).
 * - A 403 means that the account lacks a right, or that a firewall bans you. It is returned as it is, and causes no sign-in.
 * - If the session's registry keeps a pace (see `Sessions`), a request waits for its turn, and can be interrupted meanwhile.
 * - A request to an origin that is not among `origins` fails as `Misconfigured`, before anything is sent.
 * - The bearer is in clear only on the wire: responses, errors and spans show the request without it. So the client's own spans,
 *   which keep the request as it was sent, are replaced by one without a query, and no trace header goes to the provider.
 *
 * Fails as the client does, or as an `AuthError` if there is no bearer.
 *
 * **Gotchas**
 *
 * If the client below this one follows redirects (fetch does by default), it decides which headers go along. Fetch and
 * `HttpClient.followRedirects` drop the bearer when the origin changes (WHATWG Fetch, HTTP-redirect fetch, step 13). A client around
 * this one that follows redirects asks this one again, which refuses another origin.
 *
 * At a provider with `BearerPlace.refused`, and over a client other than fetch, read a JSON answer of more than 16 kB, or one that is no
 * object, to its end, or interrupt the reading. Nothing lets its connection go otherwise.
 *
 * @category constructors
 */
export const make = (
  session: BearerSource,
  options?: Options,
): Effect.Effect<HttpClient.HttpClient.With<HttpClientError | AuthError>, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (client) => sending(sender(client, session, options)))

/**
 * Sends a request.
 *
 * @category models
 * @internal
 */
export type Send<E> = (
  request: HttpClientRequest.HttpClientRequest,
) => Effect.Effect<HttpClientResponse.HttpClientResponse, E>

/**
 * A client that sends its requests so.
 *
 * @category constructors
 * @internal
 */
export const sending = <E>(send: Send<E>): HttpClient.HttpClient.With<E> =>
  HttpClient.makeWith<never, never, E, never>((request) => Effect.flatMap(request, send), Effect.succeed)

/**
 * Sends requests with the bearer.
 *
 * @category constructors
 * @internal
 */
export const sender = (
  client: HttpClient.HttpClient,
  session: BearerSource,
  options: Options | undefined,
): Send<HttpClientError | AuthError> => {
  // `Layer.mock` makes a function for each member that it was not given.
  const destinations = Destinations.make(options?.origins, isString(session.origin) ? session.origin : undefined)
  const driver = Face.of(session) as Driver | undefined
  const provider = driver?.account.provider
  const place = provider?.bearer
  const patience = options?.patience
  const { bearer, confirm, pacing: given, reject } = patience === undefined ? session : patient(session, patience)
  const pacing = typeof given === "object" ? given : undefined
  const calls = BearerCall.make({ bearer, reject, confirm, pacing })
  const call = provider?.ownGrammar?.heeding?.(calls, provider, HttpClientResponse.toWeb, ofStream) ?? calls

  // What a span tells about an origin is the same at each call, so it is found once.
  const servers: Record<string, ReturnType<typeof Telemetry.serverOf>> = {}
  const serverOf = (origin: string) => (servers[origin] ??= Telemetry.serverOf(origin))

  const attempt = (request: HttpClientRequest.HttpClientRequest, span: Tracer.Span, { token }: Bearer) =>
    client.execute(carrying(request, place, token)).pipe(
      Effect.provideService(HttpClient.TracerDisabledWhen, constTrue),
      Effect.map((response) => {
        span.attribute("http.response.status_code", response.status)
        if (response.status >= 400) span.attribute("error.type", `${response.status}`)
        return conceal(response, place)
      }),
      Effect.mapError((error) => concealIn(error, place)),
      Effect.tap(({ headers, status }) => pacing?.note(headers, status) ?? Effect.void),
    )

  return (request) => {
    const origin = destinations.permitted(request.url)
    const refused = origin === undefined ? Destinations.originOf(request.url) : undefined
    const server = origin === undefined ? refused && Telemetry.serverOf(refused) : serverOf(origin)
    const attributes = { "http.request.method": request.method, ...server }
    // Without a stack trace, like the client's own span: it would cost more than all the rest of this.
    return Effect.useSpan("BearerHttpClient.execute", { kind: "client", attributes }, (span) => {
      if (origin === undefined) return Effect.fail(destinations.refusal())
      const calling = call({
        send: (bearer) => attempt(request, span, bearer),
        isRepeatable: isRepeatable(request),
        discard,
        stands: driver?.stands ?? Effect.void,
      })
      return Effect.withParentSpan(calling, span, { captureStackTrace: false })
    })
  }
}

/** Whether the body can be sent a second time. A stream, or a raw body of unknown kind, cannot. */
const isRepeatable = ({ body }: HttpClientRequest.HttpClientRequest): boolean =>
  body._tag === "Empty" || body._tag === "Uint8Array" || body._tag === "FormData"

/**
 * The same answer with a body that can be copied. An error in reading it names its status and headers. They are no options of `Response`,
 * because that throws for a status without a body, such as 204.
 */
const ofStream = ({ headers, request, status, stream }: HttpClientResponse.HttpClientResponse) =>
  HttpClientResponse.fromWeb(
    request,
    Object.defineProperties(new Response(Stream.toReadableStream(stream)), {
      headers: { value: headers },
      status: { value: status },
    }),
  )

/** Discards an answer that will not be read. It does not wait: the app's `fetch` may have kept a copy of it. */
const discard = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<void> =>
  Effect.sync(() => {
    const web = HttpClientResponse.toWeb(response)
    // Another client lets the connection go when the stream of the body ends.
    const body = Option.isSome(web) ? web.value.body : Stream.toReadableStream(response.stream)
    body?.cancel().catch(() => {})
  })

/** A request with the bearer. */
const carrying = (
  request: HttpClientRequest.HttpClientRequest,
  place: BearerPlace | undefined,
  token: Bearer["token"],
): HttpClientRequest.HttpClientRequest =>
  place?.in === "query"
    ? HttpClientRequest.setUrlParams(request, { [place.name]: Redacted.value(token) })
    : HttpClientRequest.setHeader(request, ...Place.headerOf(place, token))

/** A request without the bearer. */
const bare = (
  request: HttpClientRequest.HttpClientRequest,
  place: BearerPlace | undefined,
): HttpClientRequest.HttpClientRequest => {
  if (place?.in !== "query") return HttpClientRequest.removeHeader(request, place?.name ?? "authorization")
  const { body, hash, headers, method, url, urlParams } = request
  return HttpClientRequest.makeWith(
    method,
    url,
    UrlParams.make(urlParams.params.filter(([name]) => name !== place.name)),
    hash,
    headers,
    body,
  )
}

/**
 * Replaces the request that an answer carries by one without the bearer, in everything with which the client wraps an answer: other
 * answers, a chain of prototypes. An answer of `fetch` has the request's URL. One of Node's clients has it as a text, and makes the errors
 * of its body from the request as it was sent (`onError`, in @effect/platform-node 4.1).
 */
const conceal = <A extends object>(carrier: A, place: BearerPlace | undefined): A => {
  for (let holder: object | null = carrier; holder !== null; holder = Object.getPrototypeOf(holder)) {
    // A class has no answers of its own.
    if (holder !== carrier && Object.hasOwn(holder, "constructor")) continue
    for (const key of Reflect.ownKeys(holder)) {
      const held: unknown = Object.getOwnPropertyDescriptor(holder, key)?.value
      if (HttpClientRequest.isHttpClientRequest(held)) Reflect.set(holder, key, bare(held, place))
      if (place?.in === "query") {
        if (held instanceof Response) Reflect.set(holder, key, Place.withoutToken(held, place.name))
        if (key === "url" && isString(held)) Reflect.set(holder, key, Place.urlWithoutToken(held, place.name))
      }
      if (key === "onError" && isFunction(held)) {
        Reflect.set(holder, key, (cause: unknown) => {
          const error: unknown = held(cause)
          return error instanceof HttpClientError ? concealIn(error, place) : error
        })
      }
      if (hasProperty(held, HttpClientResponse.TypeId)) conceal(held, place)
    }
  }
  return carrier
}

/** An error keeps its parts in hidden fields too, so it is made again. Its cause may repeat a URL. */
const concealIn = ({ reason }: HttpClientError, place: BearerPlace | undefined): HttpClientError => {
  const Reason = reason.constructor as new (fields: object) => HttpClientErrorReason
  const request = bare(reason.request, place)
  if ("response" in reason) conceal(reason.response, place)
  const silent = place?.in === "query" && { cause: undefined, description: undefined }
  return new HttpClientError({ reason: new Reason({ ...reason, request, ...silent }) })
}
