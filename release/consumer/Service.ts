/** @pbx-auth/session in an Effect app: the provider's service, and an HTTP client that presents its bearer. No socket. */
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

await Effect.gen(function* () {
  const emulator = yield* Emulator.make()
  const http = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, emulator.fetch))
  const pbx = SkySwitch.layer({
    client: { id: "your-client-id", secret: "your-client-secret" },
    credentials: { username: "111@abc-company", password: "1234" },
  })
  const found = yield* Effect.gen(function* () {
    const session = yield* SkySwitch
    const token = yield* session.accessToken
    // Two copies of Effect in one tree would make this the secret itself, or nothing.
    if (!Redacted.isRedacted(token) || String(token) !== "<redacted>") throw new Error("a token in the open")
    const client = yield* BearerHttpClient.make(session)
    return yield* (yield* client.get("https://pbx.skyswitch.com/ns-api/oauth2/read")).text
  }).pipe(Effect.provide(Layer.provideMerge(pbx, http)))
  if (!found.includes("abc-company")) throw new Error(found)
}).pipe(Effect.scoped, Effect.runPromise)
