/** The deadline of a process that stood still: what was answered in time is read before it counts. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { within } from "../src/Deadline.ts"
import * as FetchTransport from "../src/FetchTransport.ts"
import * as Grant from "../src/Grant.ts"
import * as HttpClientTransport from "../src/HttpClientTransport.ts"
import * as SkySwitch from "../src/SkySwitch.ts"
import { TokenEndpoint } from "../src/TokenEndpoint.ts"
import { frozenVendor } from "./FrozenVendor.ts"

const deadline = 300
const grant = Grant.refreshToken(Redacted.make("a-refresh-token"))
const token = JSON.stringify({ access_token: "token", refresh_token: "next", expires_in: 3600 })
const transports = {
  "the HTTP client": HttpClientTransport.layer.pipe(Layer.provide(FetchHttpClient.layer)),
  fetch: FetchTransport.layer(),
}

const accountAt = (address: string) =>
  Result.getOrThrow(SkySwitch.configure({ address, client: { id: "an-id", secret: "a-client-secret" }, deadline }))
    .account

describe("a process that stands still beyond the deadline", () => {
  const ways = Object.entries(transports).flatMap(([name, transport]) =>
    [false, true].map((isPacked) => ({ isPacked, name, transport })),
  )
  for (const { isPacked, name, transport } of ways) {
    it.live(`reads the reply that came meanwhile${isPacked ? ", and unpacks it" : ""}, by ${name}`, () =>
      Effect.gen(function* () {
        const vendor = yield* frozenVendor([token], { isPacked })
        const endpoint = yield* TokenEndpoint
        const asking = yield* Effect.forkChild(endpoint.present(accountAt(vendor.origin), grant))
        yield* vendor.asked
        yield* vendor.standStill(3 * deadline)
        const reply = yield* Fiber.join(asking)
        assert.strictEqual(reply._tag === "Issued" && Redacted.value(reply.tokens.accessToken), "token")
      }).pipe(Effect.provide(TokenEndpoint.layer), Effect.provide(transport)),
    )
  }

  it.live("is told all the same when nothing came", () =>
    Effect.gen(function* () {
      const asking = yield* Effect.forkChild(Effect.flip(within(deadline, () => "late", Effect.never)))
      yield* Effect.sleep(1)
      const still = new Int32Array(new SharedArrayBuffer(4))
      Atomics.wait(still, 0, 0, 2 * deadline)
      assert.strictEqual(yield* Fiber.join(asking), "late")
    }),
  )

  it.live("is told in the end when every timer of it fires late", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      let nanos = 0n
      const halting: Clock.Clock = {
        ...clock,
        monotonicTimeNanosUnsafe: () => nanos,
        sleep: (duration) =>
          Effect.andThen(
            clock.sleep(duration),
            Effect.sync(() => {
              nanos += 60_000_000_000n
            }),
          ),
      }
      const told = yield* Effect.flip(within(1, () => "late", Effect.never)).pipe(
        Effect.provideService(Clock.Clock, halting),
      )
      assert.strictEqual(told, "late")
    }),
  )
})
