/**
 * The deadline of a process that stood still: what was answered in time is read before it counts.
 *
 * @module-tag slow
 */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import * as Grant from "../src/token/Grant.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import { within } from "../src/wire/Deadline.ts"
import * as FetchTransport from "../src/wire/FetchTransport.ts"
import * as HttpClientTransport from "../src/wire/HttpClientTransport.ts"
import { frozenVendor } from "./FrozenVendor.ts"

/** Long enough for a loaded machine to send what is asked before this process stands still, ms. */
const deadline = 2_000
const grant = Grant.refreshToken(Redacted.make("a-refresh-token"))
const token = JSON.stringify({ access_token: "token", refresh_token: "next", expires_in: 3600 })
const transports = {
  "the HTTP client": HttpClientTransport.layer.pipe(Layer.provide(FetchHttpClient.layer)),
  fetch: FetchTransport.layer(),
}

const accountAt = (address: string) =>
  Result.getOrThrow(SkySwitch.configure({ address, client: { id: "an-id", secret: "a-client-secret" }, deadline }))
    .account

const ways = Object.entries(transports).flatMap(([name, transport]) =>
  [false, true].map((isPacked) => ({
    name: `reads the reply that came meanwhile${isPacked ? ", and unpacks it" : ""}, by ${name}`,
    isPacked,
    transport,
  })),
)

/** What came of asking in each way, when this process stood still beyond the deadline: once for all, because it takes seconds. */
const answers = Effect.runSync(
  Effect.cached(
    Effect.gen(function* () {
      const vendors = yield* Effect.forEach(ways, ({ isPacked }) => frozenVendor([token], { isPacked }))
      const askings = yield* Effect.forEach(ways, ({ transport }, index) => {
        const account = accountAt(vendors[index]?.origin ?? "")
        const ask = Effect.flatMap(TokenEndpoint, (endpoint) => endpoint.present(account, grant))
        return Effect.forkChild(Effect.result(ask).pipe(Effect.provide(TokenEndpoint.layer), Effect.provide(transport)))
      })
      for (const vendor of vendors) yield* vendor.asked
      for (const vendor of vendors) yield* vendor.standStill(0)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, deadline + 500)
      return yield* Fiber.joinAll(askings)
    }).pipe(Effect.scoped),
  ),
)

describe("a process that stands still beyond the deadline", () => {
  for (const [index, { name }] of ways.entries()) {
    it.live(name, () =>
      Effect.gen(function* () {
        const answer = (yield* answers)[index]
        const reply = answer && Result.getOrThrow(answer)
        assert.strictEqual(reply?._tag === "Issued" && Redacted.value(reply.tokens.accessToken), "token")
      }),
    )
  }

  it.live("is told all the same when nothing came", () =>
    Effect.gen(function* () {
      const asking = yield* Effect.forkChild(Effect.flip(within(300, () => "late", Effect.never)))
      yield* Effect.sleep(1)
      const still = new Int32Array(new SharedArrayBuffer(4))
      Atomics.wait(still, 0, 0, 600)
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
