/** What an app mocks in its unit tests. */
import { assert, describe, it } from "@effect/vitest"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { Ipex } from "@pbx-auth/session/Ipex"
import * as Session from "@pbx-auth/session/Session"
import * as SessionActor from "@pbx-auth/session/SessionActor"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as SessionTest from "@pbx-auth/session/testing/SessionTest"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

const token = (pbx: Session.BearerSource) => Effect.map(pbx.accessToken, Redacted.value)

describe("a mocked session", () => {
  it.effect("is Layer.mock with the members that are called", () =>
    Effect.gen(function* () {
      const pbx = yield* SkySwitch
      assert.strictEqual(yield* token(pbx), "made-up")
      assert.strictEqual(yield* token(Session.withPatience(pbx, "1 minute")), "made-up")
      assert.match(String(yield* Effect.exit(pbx.signOut)), /signOut/)
      assert.throws(() => SessionActor.of(pbx), TypeError)
    }).pipe(Effect.provide(Layer.mock(SkySwitch, { accessToken: Effect.succeed(Redacted.make("made-up")) }))),
  )

  it.effect("lets a bearer client go nowhere, unless its origin is given", () =>
    Effect.gen(function* () {
      const bearer = Effect.succeed({
        token: Redacted.make("made-up"),
        tokenType: "Bearer",
        generation: 1,
        expiresAt: null,
        scope: null,
        identity: {},
      })
      const made = (members: object) =>
        Effect.provide(
          Effect.flatMap(Ipex, (pbx) => BearerHttpClient.make(pbx)),
          Layer.mock(Ipex, { bearer, ...members }),
        )
      const get = (api: Effect.Success<ReturnType<typeof BearerHttpClient.make>>) =>
        Effect.exit(api.get("https://pbx.example.test/x"))
      assert.match(String(yield* get(yield* made({}))), /Invalid option "origins"/)
      assert.match(String(yield* get(yield* made({ origin: "https://pbx.example.test" }))), /Success/)
    }).pipe(
      Effect.provideService(
        HttpClient.HttpClient,
        HttpClient.make((request) => Effect.succeed(HttpClientResponse.fromWeb(request, new Response("{}")))),
      ),
    ),
  )
})

describe("SessionTest.layer", () => {
  const { layer } = SessionTest

  it.effect("hands out the next token when the one of now is rejected, and the last one stays", () =>
    Effect.gen(function* () {
      const pbx = yield* SkySwitch
      assert.strictEqual(yield* token(pbx), "first")
      yield* pbx.reject(7)
      assert.strictEqual(yield* token(pbx), "first")
      yield* pbx.reject((yield* pbx.bearer).generation)
      assert.strictEqual(yield* token(pbx), "second")
      yield* pbx.reject(1)
      yield* pbx.reject(2)
      assert.strictEqual(yield* token(pbx), "second")
      assert.strictEqual((yield* pbx.bearer).generation, 2)
    }).pipe(Effect.provide(layer(SkySwitch, { accessToken: ["first", "second"] }))),
  )

  it.effect("begins anew with each build, takes other members, and dies at one that is missing", () =>
    Effect.gen(function* () {
      let ended = 0
      const Test = layer(SkySwitch, { accessToken: ["a", "b"] }, { signOut: Effect.sync(() => void ended++) })
      const first = yield* Effect.provide(
        Effect.gen(function* () {
          const pbx = yield* SkySwitch
          yield* pbx.reject(1)
          yield* pbx.signOut
          assert.match(String(yield* Effect.exit(pbx.inspect)), /inspect/)
          return yield* token(pbx)
        }),
        Test,
      )
      const second = yield* Effect.provide(Effect.flatMap(SkySwitch, token), Test)
      assert.deepStrictEqual([first, second, ended], ["b", "a", 1])
    }),
  )

  it.effect("says when it was given no token", () =>
    Effect.gen(function* () {
      assert.match(String(yield* Effect.exit(Effect.flatMap(SkySwitch, token))), /accessToken has no token/)
    }).pipe(Effect.provide(layer(SkySwitch, { accessToken: [] }))),
  )
})
