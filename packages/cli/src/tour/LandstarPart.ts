/** Landstar: sign-in, inspection, renewal, and a token that an operator kills. */

import * as Provider from "@pbx-auth/providers/Landstar"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { Landstar } from "@pbx-auth/session/Landstar"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { apiAnswer, isLifetime, isSame } from "./Evidence.ts"
import { Stage } from "./Stage.ts"

export const provider = Provider.provider

export const promise =
  "An expiring token can be refreshed to get a new access token without the need for the username and password to be resubmitted."

const uid = "111@abc-company.12345.service"

const layer = Layer.unwrap(
  Effect.map(Stage, ({ origin }) =>
    Landstar.layer({
      address: origin,
      client: { id: "your-client-id", secret: "your-client-secret" },
      credentials: { username: "111@abc-company", password: "1234" },
    }),
  ),
)

export const part = Effect.gen(function* () {
  const stage = yield* Stage
  const pbx = yield* Landstar
  const api = yield* BearerHttpClient.make(pbx)
  yield* stage.step({ words: "Open a session", brings: ["unauthenticated.idle"] }, stage.watch(pbx))

  const first = yield* stage.step(
    {
      words: "Ask for a token: the session signs in by itself",
      brings: ["unauthenticated.signing_in", "POST /ns-api/oauth2/token/ password 200 issued", "authenticated"],
    },
    pbx.bearer,
  )
  yield* stage.check("scope Office Manager", first.scope === "Office Manager", String(first.scope))
  yield* stage.check("good for 3600 s", yield* isLifetime(first, 3600))

  const known = yield* stage.step(
    { words: "Ask what the token is", brings: ["GET /ns-api/oauth2/read 200 inspected"] },
    pbx.inspect,
  )
  yield* stage.check(`uid ${uid}`, known.uid === uid, known.uid)
  yield* stage.check("scope Office Manager", known.scope === "Office Manager", String(known.scope))

  yield* stage.later("57 minutes", {
    brings: ["expiring.renewing", "POST /ns-api/oauth2/token/ refresh_token 200 renewed", "refreshed"],
  })
  const second = yield* pbx.bearer
  yield* stage.check("another token", !isSame(first, second))
  yield* stage.check("good for 3600 s from now", yield* isLifetime(second, 3600))

  const told = yield* stage.step(
    {
      words: "An operator kills the token; then call the API",
      brings: [
        "GET /ns-api/ 401 refused: bad token",
        "expiring.renewing",
        "POST /ns-api/oauth2/token/ refresh_token 200 renewed",
        "refreshed",
        `GET /ns-api/ 200 api call as ${uid}`,
      ],
    },
    Effect.andThen(stage.emulator.killAccessTokens, apiAnswer(api, stage.origin, "/ns-api/")),
  )
  yield* stage.check("one renewal, and the caller saw nothing of it", told.uid === uid, String(told.uid))
}).pipe(Effect.provide(layer))
