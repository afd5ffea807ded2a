/** A breaker before the endpoint: an outage is asked about once in a while, and a refusal is none. */
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import * as EndpointBreaker from "../src/endpoint/EndpointBreaker.ts"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import * as Grant from "../src/token/Grant.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import * as HttpClientTransport from "../src/wire/HttpClientTransport.ts"

const client = { id: "your-client-id", secret: "your-client-secret" }
const { account } = Result.getOrThrow(SkySwitch.configure({ address: "http://127.0.0.1:1", client }))
const right = Grant.password("111@abc-company", Redacted.make("1234"))
const wrong = Grant.password("111@abc-company", Redacted.make("wrong-password"))

const behindABreaker = Effect.gen(function* () {
  const emulator = yield* Emulator.make()
  const http = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, emulator.fetch))
  const breaker = CircuitBreaker.layer({ tripPolicy: CircuitBreaker.consecutive(3), openDuration: "30 seconds" })
  const layer = EndpointBreaker.layer.pipe(
    Layer.provide(TokenEndpoint.layer),
    Layer.provide(HttpClientTransport.layer),
    Layer.provide(http),
    Layer.provide(breaker),
    Layer.provide(CircuitBreaker.layerStoreMemory()),
  )
  const endpoint = yield* Effect.map(Layer.build(layer), (context) => context.mapUnsafe.get(TokenEndpoint.key))
  const { present } = endpoint as TokenEndpoint["Service"]
  const asked = Effect.map(emulator.journal, (entries) => entries.length)
  return {
    emulator,
    asked,
    reasonOf: (grant: Grant.Grant) => Effect.map(Effect.flip(present(account, grant)), (e) => e.reason),
    present,
  }
})

describe("the endpoint's breaker", () => {
  it.effect("opens in an outage, tells until when, probes once, and closes", () =>
    Effect.gen(function* () {
      const { asked, emulator, present, reasonOf } = yield* behindABreaker
      const outage = yield* emulator.faults.arm({ fault: { _tag: "server_error", status: 503 }, times: "always" })
      for (const _ of [1, 2, 3]) assert.strictEqual((yield* reasonOf(right))._tag, "Unavailable")
      for (const _ of [1, 2, 3, 4, 5]) {
        const reason = yield* reasonOf(right)
        assert.strictEqual(reason._tag === "Throttled" ? reason.retryAt : undefined, 30_000)
      }
      assert.strictEqual(yield* asked, 3)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* reasonOf(right))._tag, "Unavailable")
      assert.strictEqual((yield* reasonOf(right))._tag, "Throttled")
      assert.strictEqual(yield* asked, 4)
      yield* outage.disarm
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* present(account, right))._tag, "Issued")
      assert.strictEqual((yield* present(account, right))._tag, "Issued")
      assert.strictEqual(yield* asked, 6)
    }),
  )

  it.effect("does not open for refusals", () =>
    Effect.gen(function* () {
      const { asked, reasonOf } = yield* behindABreaker
      for (const _ of [1, 2, 3, 4, 5, 6]) assert.strictEqual((yield* reasonOf(wrong))._tag, "BadCredentials")
      assert.strictEqual(yield* asked, 6)
    }),
  )
})
