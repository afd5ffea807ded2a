/** A complete client in a tab, for an Effect app: the provider's service, an authorised HTTP client, the tab's fetch. */
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"

const client = { id: "your-client-id", secret: "your-client-secret" }

export const read = (address: string, username: string, password: string) =>
  Effect.gen(function* () {
    const http = yield* BearerHttpClient.make(yield* SkySwitch)
    return yield* (yield* http.get(`${address}/ns-api/oauth2/read`)).text
  }).pipe(
    Effect.provide(
      SkySwitch.layer({ address, client, credentials: { username, password } }).pipe(
        Layer.provideMerge(FetchHttpClient.layer),
      ),
    ),
    Effect.runPromise,
  )
