/** What the parts of a tour check to verify what they were told. */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { BearerSource } from "@pbx-auth/session/Session"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

type Bearer = Effect.Success<BearerSource["bearer"]>
type Api = HttpClient.HttpClient.With<HttpClientError | AuthError>

/** Whether two bearers are the same token. */
export const isSame = (a: Bearer, b: Bearer): boolean => Redacted.value(a.token) === Redacted.value(b.token)

/** Whether a bearer that was just issued lives for so many seconds, give or take the time since then. */
export const isLifetime = ({ expiresAt }: Bearer, seconds: number): Effect.Effect<boolean> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const late = expiresAt === null ? Number.NaN : now + seconds * 1000 - expiresAt
    return late >= 0 && late < 60_000
  })

const decodeAnswer = HttpClientResponse.schemaBodyJson(Schema.Record(Schema.String, Schema.Unknown))

/** What the emulated API answers, with the user that it takes the caller for. */
export const apiAnswer = (api: Api, origin: string, path: string) =>
  Effect.flatMap(api.get(`${origin}${path}`), decodeAnswer)

/** The status that the emulated API answers with. */
export const apiStatus = (api: Api, origin: string, path: string) =>
  Effect.flatMap(api.get(`${origin}${path}`), (response) => Effect.as(response.text, response.status))
