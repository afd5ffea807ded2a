// A client of an HttpApi that carries the bearer, for an account with a tag of its own, over a runtime that asks for a store.
//
//   npm run emulator -- --port 4000                  in one terminal
//   npm run node docs/examples/http-api-client.ts    in another
import { fromReason, SignedOut } from "@pbx-auth/providers/AuthError"
import { AuthErrorSchema } from "@pbx-auth/providers/AuthErrorSchema"
import * as HttpClientTransport from "@pbx-auth/providers/HttpClientTransport"
import { configure, provider } from "@pbx-auth/providers/SkySwitch"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import { authErrorOf, withBearer } from "@pbx-auth/session/BearerTransform"
import * as ProviderLayer from "@pbx-auth/session/ProviderLayer"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import type { SkySwitch } from "@pbx-auth/session/SkySwitch"
import { TokenStore } from "@pbx-auth/session/TokenStore"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { isHttpClientError } from "effect/http/HttpClientError"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

// The part of the provider's API that your app uses.
const read = HttpApiEndpoint.get("read", "/ns-api/", {
  query: { object: Schema.String, action: Schema.String },
  success: Schema.Array(Schema.Struct({ uid: Schema.String })),
})
const Api = HttpApi.make("ns-api").add(HttpApiGroup.make("subscribers").add(read))

// One of several accounts: each has a tag of its own.
// #region tag
class Billing extends Context.Service<Billing, SkySwitch["Service"]>()("app/Billing") {}
// #endregion

const BillingLive = ProviderLayer.layerRuntime(
  Billing,
  configure({
    address,
    client: { id: "your-client-id", secret: "your-client-secret" },
    credentials: { username: "111@abc-company", password: "1234" },
  }),
)

// Without the store this does not compile. A durable one is yours to give.
// #region stored
const Live = BillingLive.pipe(
  Layer.provide(SessionRuntime.layerStored),
  Layer.provide(TokenEndpoint.layer),
  Layer.provide(HttpClientTransport.layer),
  Layer.provide(TokenStore.layerMemory),
)
// #endregion

const program = Effect.gen(function* () {
  const pbx = yield* Billing
  // #region client
  const api = yield* HttpApiClient.make(Api, { baseUrl: address, transformClient: withBearer(pbx) })
  // #endregion
  const query = { object: "subscriber", action: "read" }
  const [caller] = yield* api.subscribers.read({ query })
  yield* Console.log(`called as ${caller?.uid}`)

  // Without a bearer nothing is sent. The error of the client carries the reason.
  yield* pbx.signOut
  const error = yield* Effect.flip(api.subscribers.read({ query }))
  const reason = isHttpClientError(error) ? authErrorOf(error)?.reason._tag : undefined
  yield* Console.log(`not called: ${reason}`)

  // As an error of an RPC, a workflow or a worker it is JSON.
  const json = Schema.encodeSync(AuthErrorSchema)(fromReason(new SignedOut({ provider: provider.id })))
  yield* Console.log(JSON.stringify(json))
})

await Effect.runPromise(program.pipe(Effect.provide(Live), Effect.provide(FetchHttpClient.layer)))
