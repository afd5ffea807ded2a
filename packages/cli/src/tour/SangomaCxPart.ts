/** Sangoma CX: two scopes, and a token of 281 days that is replaced once it has expired, and not before. */

import * as Provider from "@pbx-auth/providers/SangomaCx"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { SangomaCx } from "@pbx-auth/session/SangomaCx"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { apiAnswer, apiStatus, isLifetime, isSame } from "./Evidence.ts"
import { Stage } from "./Stage.ts"

export const provider = Provider.provider

export const promise = "Token can be renewed only once it is expired."

const scopes = ["cx.agent-calls", "cx.queue-calls"]

const layer = Layer.unwrap(
  Effect.map(Stage, ({ origin }) =>
    SangomaCx.layer({
      address: origin,
      client: { id: "sangoma-client-id", secret: "sangoma-client-secret" },
      scopes,
    }),
  ),
)

export const part = Effect.gen(function* () {
  const stage = yield* Stage
  const cx = yield* SangomaCx
  const api = yield* BearerHttpClient.make(cx)
  yield* stage.step({ words: "Open a session", brings: ["unauthenticated.idle"] }, stage.watch(cx))

  const first = yield* stage.step(
    {
      words: `Ask for a token with two scopes: ${scopes.join(" ")}`,
      says: "You can ask for how many scopes you want, as long as their identifiers are separated by a blank space",
      brings: ["unauthenticated.signing_in", "POST /oauth/token client_credentials 200 issued", "authenticated"],
    },
    cx.bearer,
  )
  yield* stage.check("both scopes", first.scope === scopes.join(" "), String(first.scope))
  yield* stage.check("good for 24 304 413 s, 281 days", yield* isLifetime(first, 24_304_413))

  yield* stage.step(
    {
      words: "Call an API that the scopes cover",
      brings: ["GET /cx/* 200 api call as sangoma-client-id"],
    },
    apiAnswer(api, stage.origin, "/cx/agent-calls"),
  )
  const status = yield* stage.step(
    {
      words: "Call an API that the scopes do not cover",
      says: "An OAuth token will only grant you access to API endpoints covered by the scopes you’ve asked.",
      brings: ["GET /cx/* 403 refused: not allowed"],
    },
    apiStatus(api, stage.origin, "/cx/digital-interactions"),
  )
  yield* stage.check("the 403 is handed to the caller; it costs no sign-in", status === 403, String(status))

  yield* stage.later("280 days", { brings: [] })
  yield* stage.step(
    { words: "Call the API again", brings: ["GET /cx/* 200 api call as sangoma-client-id"] },
    apiAnswer(api, stage.origin, "/cx/agent-calls"),
  )
  yield* stage.check("still the first token, and nobody asked for another", isSame(first, yield* cx.bearer))

  yield* stage.later("2 days", {
    brings: ["expiring.renewing", "POST /oauth/token client_credentials 200 issued", "refreshed"],
  })
  const second = yield* cx.bearer
  yield* stage.check("another token, now that the first has expired", !isSame(first, second))
  yield* stage.check("both scopes", second.scope === scopes.join(" "), String(second.scope))
  yield* stage.check("good for 24 304 413 s from now", yield* isLifetime(second, 24_304_413))
}).pipe(Effect.provide(layer))
