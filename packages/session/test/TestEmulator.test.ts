import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { client, people } from "./Harness.ts"

describe("A newcomer", () => {
  it.effect.each(["1 hour", "3 hours", "1 day"] as const)("natural %s", (span) =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const http = FetchHttpClient.layer.pipe(Layer.provide(Layer.succeed(FetchHttpClient.Fetch, emulator.fetch)))
      yield* Effect.gen(function* () {
        const pbx = yield* SkySwitch
        yield* pbx.accessToken
        yield* TestClock.adjust(span)
        yield* pbx.accessToken
        const journal = yield* emulator.journal
        assert.fail(JSON.stringify(journal.map(({ outcome, at }) => [at/60000, outcome])))
      }).pipe(Effect.provide(Layer.provide(SkySwitch.layer({ client, credentials: people.officeManager }), http)))
    }),
  )
})
