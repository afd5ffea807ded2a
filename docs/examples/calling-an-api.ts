// Calling the provider's API with an HttpClient that carries the bearer. It survives the 401 of a token that died early.
//
// This example moves the emulator's clock an hour ahead, and puts it back at the end.
//
//   npm run emulator -- --port 4000                 in one terminal
//   npm run node docs/examples/calling-an-api.ts    in another
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Schema from "effect/Schema"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

// The emulator's stand-in for the API answers who is calling.
const Caller = Schema.Struct({ uid: Schema.String, scope: Schema.String, domain: Schema.String })

// Moves only the emulator's clock.
const moveClock = (how: { readonly advance: number } | { readonly setWall: number }) =>
  HttpClient.execute(HttpClientRequest.bodyJsonUnsafe(HttpClientRequest.post(`${address}/__emulator/clock`), how))

const program = Effect.gen(function* () {
  const pbx = yield* SkySwitch
  // #region client
  const api = yield* BearerHttpClient.make(pbx)
  // #endregion

  const call = Effect.gen(function* () {
    const response = yield* api.get(`${address}/ns-api/`, { urlParams: { object: "subscriber", action: "read" } })
    const [caller] = yield* HttpClientResponse.schemaBodyJson(Schema.NonEmptyArray(Caller))(response)
    const { generation } = yield* pbx.bearer
    yield* Console.log(`${response.status} as ${caller.uid}, with token number ${generation}`)
  })

  yield* call

  // An hour passes at the provider, but not here. The token is dead, and the session does not know it.
  yield* moveClock({ advance: 3_600 })

  // The API answers 401. The client says which token was refused, waits for the one renewal, and repeats the call once.
  yield* call

  // The bearer goes only to the provider's origin, whatever URL a caller asks for.
  const elsewhere = yield* Effect.flip(api.get("https://elsewhere.example/collect"))
  yield* Console.log(elsewhere.message)
})

const SkySwitchLive = SkySwitch.layer({
  address,
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
})

const clockPutBack = Effect.ignore(Effect.suspend(() => moveClock({ setWall: Date.now() })))

await Effect.runPromise(
  program.pipe(Effect.ensuring(clockPutBack), Effect.provide(SkySwitchLive), Effect.provide(FetchHttpClient.layer)),
)
