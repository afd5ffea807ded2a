/** A client with the bearer, where an `HttpClient` is asked for. */
import { assert, describe, it } from "@effect/vitest"
import * as BearerTransform from "@pbx-auth/session/BearerTransform"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { api, stage } from "./CalledApi.ts"
import { people } from "./Harness.ts"

const Caller = Schema.Struct({ uid: Schema.String })
const Api = HttpApi.make("ns-api").add(
  HttpApiGroup.make("subscribers").add(
    HttpApiEndpoint.get("read", "/ns-api/", {
      query: { object: Schema.String, action: Schema.String },
      success: Schema.Array(Caller),
    }),
  ),
)

const query = { object: "subscriber", action: "read" }

describe("withBearer", () => {
  it.live("gives a client of an HttpApi the bearer, and survives a 401", () =>
    Effect.gen(function* () {
      const { count, emulator, fetching, origin, pbx } = yield* stage()
      const client = yield* HttpApiClient.make(Api, {
        baseUrl: origin,
        transformClient: BearerTransform.withBearer(pbx),
      }).pipe(Effect.provideService(HttpClient.HttpClient, fetching))
      const [caller] = yield* client.subscribers.read({ query })
      assert.strictEqual(caller?.uid, "111@abc-company.12345.service")
      yield* emulator.killAccessTokens
      yield* client.subscribers.read({ query })
      assert.strictEqual(yield* count(({ grant }) => grant === "refresh_token"), 1)
    }),
  )

  it.live("carries what has to be done first as the cause of an error that nobody retries", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* api((_, response) => response.end("{}"))
      const { fetching, pbx } = yield* stage()
      const client = BearerTransform.withBearer(pbx, { origins: [origin] })(fetching)
      yield* pbx.accessToken
      yield* pbx.signOut
      let asked = 0
      const counted = HttpClient.mapRequest(client, (request) => {
        asked += 1
        return request
      })
      const error = yield* Effect.flip(HttpClient.retryTransient(counted, { times: 3 }).get(`${origin}/x`))
      assert.strictEqual(error.reason._tag, "EncodeError")
      assert.strictEqual(BearerTransform.authErrorOf(error)?.reason._tag, "SignedOut")
      assert.include(error.message, "Nobody is signed in")
      assert.deepStrictEqual([asked, received.length], [1, 0])
      const elsewhere = yield* Effect.flip(client.get("https://elsewhere.example/x"))
      assert.strictEqual(BearerTransform.authErrorOf(elsewhere)?.reason._tag, "Misconfigured")
    }),
  )

  it.live("carries what passes by itself as the cause of a TransportError", () =>
    Effect.gen(function* () {
      const { accounts, emulator, fetching, open, origin } = yield* stage()
      yield* emulator.faults.arm({ fault: { _tag: "server_error" }, match: {}, times: "always" })
      const pbx = yield* open(accounts.skyswitch({ credentials: people.reseller }))
      const client = BearerTransform.withBearer(pbx)(fetching)
      const error = yield* Effect.flip(client.get(`${origin}/ns-api/`))
      assert.strictEqual(error.reason._tag, "TransportError")
      assert.strictEqual(BearerTransform.authErrorOf(error)?.reason._tag, "Unavailable")
    }),
  )

  it.live("leaves a failure of the call itself as it is", () =>
    Effect.gen(function* () {
      const { origin, close } = yield* api(() => {})
      close()
      const { fetching, pbx } = yield* stage()
      const client = BearerTransform.withBearer(pbx, { origins: [origin] })(fetching)
      const error = yield* Effect.flip(client.get(`${origin}/x`))
      assert.strictEqual(error.reason._tag, "TransportError")
      assert.isUndefined(BearerTransform.authErrorOf(error))
    }),
  )
})

it.live("BearerTransform.layer is an HttpClient with the bearer of a service", () =>
  Effect.gen(function* () {
    const { fetching, origin, pbx } = yield* stage()
    const Live = BearerTransform.layer(SkySwitch).pipe(
      Layer.provide([Layer.succeed(SkySwitch, pbx), Layer.succeed(HttpClient.HttpClient, fetching)]),
    )
    const response = yield* Effect.provide(HttpClient.get(`${origin}/ns-api/`), Live)
    assert.strictEqual(response.status, 200)
  }),
)
