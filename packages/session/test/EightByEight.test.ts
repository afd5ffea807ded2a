/** 8x8 against its witness, over HTTP: numbers as texts, a token type and a form of refusals of its own. */
import { assert, describe, it } from "@effect/vitest"
import { witness } from "@pbx-auth/emulator/witnesses/EightByEight"
import { provider as eightByEight } from "@pbx-auth/providers/EightByEight"
import * as Effect from "effect/Effect"
import { clear } from "./Harness.ts"
import { stage } from "./VendorStage.ts"

const client = { id: "eght_client-id", secret: "8x8-client-secret" }

describe("8x8", () => {
  it.live("asks by Basic, and again before the half hour is over", () =>
    Effect.gen(function* () {
      const { address, ask, clock, session, told, wire } = yield* stage(witness)
      const app = yield* session(eightByEight.configure({ address, client }))
      const first = yield* app.bearer
      assert.strictEqual(wire[0]?.url, "/oauth/v2/token")
      assert.strictEqual(wire[0]?.body, "grant_type=client_credentials")
      assert.strictEqual(wire[0]?.headers.authorization, `Basic ${btoa(`${client.id}:${client.secret}`)}`)
      yield* clock.adjust("10 minutes")
      assert.strictEqual(clear((yield* app.bearer).token), clear(first.token))
      yield* clock.adjust("19 minutes")
      const second = yield* app.bearer
      assert.deepStrictEqual(told(), ["issued", "issued"])
      const headers = { authorization: `Bearer ${clear(second.token)}` }
      assert.deepInclude(yield* ask("/analytics/cc/v5/realtime-metrics/queues", { headers }), { status: 200 })
    }),
  )

  it.live("a wrong secret is ClientRefused by `ErrorCode`, and is asked once", () =>
    Effect.gen(function* () {
      const { address, clock, session, wire } = yield* stage(witness)
      const app = yield* session(eightByEight.configure({ address, client: { ...client, secret: "another" } }))
      const error = yield* Effect.flip(app.bearer)
      assert.deepInclude({ ...error.reason }, { _tag: "ClientRefused", code: "invalid_client", status: 401 })
      assert.strictEqual(error.remedy, "configure")
      yield* clock.adjust("1 day")
      assert.lengthOf(wire, 1)
    }),
  )

  it.live("a rejected token is replaced, and two clients and two hosts never meet", () =>
    Effect.gen(function* () {
      const one = yield* stage(witness)
      const two = yield* stage(witness)
      const south = { id: "eght_south-id", secret: "8x8-south-secret" }
      const at = (address: string, who: typeof client) =>
        Effect.flatMap(one.session(eightByEight.configure({ address, client: who })), (app) => app.bearer)
      const bearers = [yield* at(one.address, client), yield* at(one.address, south), yield* at(two.address, client)]
      assert.strictEqual(new Set(bearers.map(({ token }) => clear(token))).size, 3)

      const app = yield* one.session(eightByEight.configure({ address: one.address, client }))
      const dead = yield* app.bearer
      one.killAccess()
      yield* app.reject(dead.generation)
      assert.notStrictEqual(clear((yield* app.bearer).token), clear(dead.token))
    }),
  )
})
