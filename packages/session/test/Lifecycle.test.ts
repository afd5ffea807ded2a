import { assert, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"

it.effect("walks SkySwitch through all six states", () =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.make()
    const http = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, emulator.fetch))
    const layer = SkySwitch.layer({
      address: "http://127.0.0.1:1",
      client: { id: "your-client-id", secret: "your-client-secret" },
    }).pipe(Layer.provide(http))
    yield* Effect.gen(function* () {
      const pbx = yield* SkySwitch
      const paths: Array<string> = []
      const see = Effect.map(pbx.view, (view) => void paths.push(view.path))
      yield* see
      yield* pbx.signIn({ username: "222@abc-company", password: Redacted.make("5678") })
      yield* see
      const wrong = yield* Effect.flip(pbx.submitPasscode(Redacted.make("000000")))
      assert.strictEqual(wrong.reason._tag, "BadPasscode")
      yield* pbx.submitPasscode(Redacted.make("246802"))
      yield* see
      const first = yield* pbx.accessToken
      yield* TestClock.adjust("58 minutes")
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)))
      yield* see
      const second = yield* pbx.accessToken
      assert.notStrictEqual(Redacted.value(first), Redacted.value(second))
      void paths
      const info = yield* pbx.inspect
      void info
    }).pipe(Effect.provide(layer))
  }),
)
