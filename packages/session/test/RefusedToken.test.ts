/** An API that takes no token, however often it is renewed. */
import { assert, describe, it } from "@effect/vitest"
import * as AuthError from "@pbx-auth/providers/AuthError"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import * as Effect from "effect/Effect"
import { presented } from "./Answering.ts"
import { eventually, harness, people, settle, subjectOf } from "./Harness.ts"

describe("an API that takes no token", () => {
  /** Every call of the API is answered with a 401; the token endpoint is well. */
  const deaf = Effect.fnUntraced(function* () {
    const stage = yield* harness({ wire: "http" })
    yield* stage.emulator.faults.arm({
      fault: { _tag: "reply", status: 401, body: '{"message":"no"}' },
      match: { path: "/ns-api/x" },
      times: "always",
    })
    const pbx = yield* stage.open(stage.accounts.skyswitch({ credentials: people.reseller }))
    const api = yield* Effect.provide(BearerHttpClient.make(pbx), stage.http)
    const call = Effect.map(api.get(`${stage.origin}/ns-api/x`), ({ status }) => status)
    return { ...stage, call, pbx }
  })

  it.live("causes one renewal, then one a minute, two minutes, and so on later", () =>
    Effect.gen(function* () {
      const stage = yield* deaf()
      const calls = (many: number, concurrency: number) =>
        Effect.forEach(Array.from({ length: many }), () => stage.call, { concurrency })
      const statuses = [...(yield* calls(100, 1)), ...(yield* calls(100, 20))]
      assert.deepStrictEqual([...new Set(statuses)], [401])
      assert.strictEqual(yield* presented(stage, "refresh_token"), 1)
      assert.strictEqual(yield* stage.count((entry) => entry.grant === undefined), 201)
      // What another API takes goes on meanwhile.
      yield* stage.pbx.bearer
      const after: Array<number> = []
      for (let minute = 1; minute <= 16; minute++) {
        yield* stage.clock.adjust(61_000)
        yield* calls(5, 1)
        after.push(yield* presented(stage, "refresh_token"))
      }
      assert.deepStrictEqual(after, [2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5])
      assert.strictEqual(yield* presented(stage, "password"), 1)
    }),
  )

  it.live("is told of in the view, and in the error of whoever asks about the token", () =>
    Effect.gen(function* () {
      const stage = yield* deaf()
      yield* stage.call
      const view = yield* stage.pbx.view
      assert.deepInclude(view.refusal, { code: "NotAllowed", remedy: "ask_administrator" })
      assert.strictEqual(view.path, "refreshed")
      yield* stage.emulator.faults.arm({
        fault: { _tag: "reply", status: 401 },
        match: { path: "/ns-api/oauth2/read" },
        times: "always",
      })
      const error = yield* Effect.flip(stage.pbx.inspect)
      assert.deepInclude(error.reason, { _tag: "NotAllowed", tokenRejected: true, fresh: true })
      assert.match(error.message, /had just been issued/)
      assert.strictEqual(yield* presented(stage, "refresh_token"), 1)
    }),
  )

  it.live("does not hold up the replacement of a token that was taken, and then died", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const pbx = yield* stage.open(stage.accounts.skyswitch({ credentials: people.reseller }))
      const api = yield* Effect.provide(BearerHttpClient.make(pbx), stage.http)
      yield* pbx.bearer
      for (const ends of [1, 2, 3]) {
        yield* stage.emulator.killAccessTokens
        assert.strictEqual((yield* api.get(`${stage.origin}/ns-api/`)).status, 200)
        assert.strictEqual(yield* presented(stage, "refresh_token"), ends)
      }
    }),
  )

  it.live("does not cause a masquerade for every call", () =>
    Effect.gen(function* () {
      const stage = yield* deaf()
      const child = yield* stage.pbx.actAs(subjectOf.netsapiens)
      const api = yield* Effect.provide(BearerHttpClient.make(child), stage.http)
      for (let many = 0; many < 20; many++) assert.strictEqual((yield* api.get(`${stage.origin}/ns-api/x`)).status, 401)
      assert.strictEqual(yield* stage.count((entry) => entry.grant === "masquerade"), 2)
      yield* child.bearer
    }),
  )

  it.live("without a client of ours is no storm either", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const driver = yield* stage.drive(stage.accounts.skyswitch({ credentials: people.reseller }))
      for (let many = 0; many < 50; many++) {
        const { generation } = yield* driver.bearer
        driver.reject(generation)
        yield* settle
      }
      yield* eventually(
        "one renewal",
        Effect.map(presented(stage, "refresh_token"), (many) => many === 1),
      )
      assert.isTrue(AuthError.isAuthError(driver.reject(driver.view.generation)))
    }),
  )
})
