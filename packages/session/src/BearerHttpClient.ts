/**
 * An HTTP client that presents a session's bearer, and survives the one 401 that a rotation can cause.
 */

import { type AuthError, Misconfigured, refuse } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type { BearerSource } from "./Session.ts"

/**
 * @category models
 */
export interface Options {
  /**
   * The origins that may see the bearer, such as `https://ipbxapi.voipex.io`. Default: the origin of the session's address, under
   * which NetSapiens' API lies.
   */
  readonly origins?: ReadonlyArray<string> | undefined
}

const originOf = (url: string): string | undefined => {
  try {
    return new URL(url).origin
  } catch {
    return undefined
  }
}

/**
 * Wraps the app's `HttpClient`: every request carries `Authorization: Bearer …`.
 *
 * - A 401 names the generation that was used, so that many late ones cause one renewal; the request is sent once more, if its body
 *   can be: a stream is gone once it was read.
 * - A 403 means that the account may not, or a firewall's ban: it is given back as it is, never answered with a sign-in.
 * - A request to an origin that is not among `origins` fails as `Misconfigured`; the bearer goes nowhere else.
 *
 * Fails as the client does, or as an `AuthError` when there is no bearer.
 *
 * @category constructors
 */
export const make = (
  session: BearerSource,
  options?: Options,
): Effect.Effect<HttpClient.HttpClient.With<HttpClientError | AuthError>, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (client) => {
    const origins = new Set((options?.origins ?? [session.origin]).map((origin) => originOf(origin) ?? origin))
    const send = (
      request: HttpClientRequest.HttpClientRequest,
    ): Effect.Effect<HttpClientResponse, HttpClientError | AuthError> => {
      if (!origins.has(originOf(request.url) ?? "")) {
        const fix = `The bearer goes to ${[...origins].join(", ")} alone; name another origin here if it is the provider's API.`
        return refuse(new Misconfigured({ field: "origins", fix }))
      }
      return Effect.flatMap(session.bearer, (first) =>
        Effect.flatMap(client.execute(HttpClientRequest.bearerToken(request, first.token)), (response) => {
          if (response.status !== 401 || request.body._tag === "Stream") return Effect.succeed(response)
          return session.reject(first.generation).pipe(
            Effect.andThen(session.bearer),
            Effect.flatMap((second) =>
              second.generation === first.generation
                ? Effect.succeed(response)
                : client.execute(HttpClientRequest.bearerToken(request, second.token)),
            ),
          )
        }),
      )
    }
    return HttpClient.makeWith<never, never, HttpClientError | AuthError, never>(
      (request) => Effect.flatMap(request, send),
      Effect.succeed,
    )
  })
