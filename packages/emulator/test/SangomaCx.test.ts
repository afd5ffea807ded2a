import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { sangomaCx as cx, served } from "./Served.ts"

const life = 24_304_413

describe("Sangoma CX", () => {
  it.live("gives the living token again with what is left of its life, and a new one after it", () =>
    Effect.gen(function* () {
      const { ask, clock } = yield* served()
      const token = Effect.map(ask("/oauth/token", { form: cx.form(), basic: cx.basic }), (told) => told.fields)
      const first = yield* token
      assert.deepInclude(first, { expires_in: life, token_type: "bearer", scope: "cx.agent-calls cx.queue-calls" })
      assert.notProperty(first, "refresh_token")

      yield* clock.adjust("280 days")
      const early = yield* token
      assert.strictEqual(early.access_token, first.access_token)
      assert.approximately(early.expires_in, life - 280 * 86_400, 5)
      assert.strictEqual((yield* ask("/cx/agent-calls", { bearer: first.access_token })).status, 200)

      yield* clock.adjust("2 days")
      assert.strictEqual((yield* ask("/cx/agent-calls", { bearer: first.access_token })).status, 401)
      const next = yield* token
      assert.notStrictEqual(next.access_token, first.access_token)
      assert.strictEqual(next.expires_in, life)
    }),
  )

  it.live("can give a new one early, or refuse to", () =>
    Effect.gen(function* () {
      const fresh = yield* served({ sangomaCx: { early: "new" } })
      const first = yield* fresh.ask("/oauth/token", { form: cx.form(), basic: cx.basic })
      const second = yield* fresh.ask("/oauth/token", { form: cx.form(), basic: cx.basic })
      assert.notStrictEqual(first.fields.access_token, second.fields.access_token)
      assert.strictEqual((yield* fresh.ask("/cx/queue-calls", { bearer: first.fields.access_token })).status, 200)

      const strict = yield* served({ sangomaCx: { early: "refused" } })
      yield* strict.ask("/oauth/token", { form: cx.form(), basic: cx.basic })
      const refused = yield* strict.ask("/oauth/token", { form: cx.form(), basic: cx.basic })
      assert.deepStrictEqual([refused.status, refused.fields.error], [400, "invalid_request"])
    }),
  )

  it.live("can insist on one token for ever, even a dead one", () =>
    Effect.gen(function* () {
      const { ask, clock, emulator } = yield* served({ sangomaCx: { sameTokenForever: true } })
      const token = Effect.map(ask("/oauth/token", { form: cx.form(), basic: cx.basic }), (told) => told.fields)
      const first = yield* token
      yield* emulator.killAccessTokens
      assert.strictEqual((yield* ask("/cx/agent-calls", { bearer: first.access_token })).status, 401)
      assert.deepStrictEqual(yield* token, first)
      yield* clock.adjust("300 days")
      assert.deepStrictEqual(yield* token, first)
    }),
  )

  it.live("keeps a token for each set of scopes, which covers those endpoints alone", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const both = (yield* ask("/oauth/token", { form: cx.form(), basic: cx.basic })).fields
      const turned = (yield* ask("/oauth/token", { form: cx.form("cx.queue-calls cx.agent-calls"), basic: cx.basic }))
        .fields
      const one = (yield* ask("/oauth/token/", { form: cx.form("cx.agent-calls"), basic: cx.basic })).fields
      assert.strictEqual(turned.access_token, both.access_token)
      assert.notStrictEqual(one.access_token, both.access_token)
      assert.strictEqual((yield* ask("/cx/agent-calls", { bearer: one.access_token })).status, 200)
      assert.strictEqual((yield* ask("/cx/queue-calls", { bearer: one.access_token })).status, 403)
      assert.strictEqual((yield* ask("/cx/agent-calls")).status, 401)
    }),
  )

  // Each says something else in the other reading, so no way of writing it can pass for the other.
  const client = { id: "id%3A+", secret: "colon:percent%41+plus", scopes: ["cx.agent-calls"] }
  const pairs = {
    raw: `${client.id}:${client.secret}`,
    form: `${encodeURIComponent(client.id)}:${encodeURIComponent(client.secret)}`,
  }
  const taken = { both: ["raw", "form"], raw: ["raw"], form: ["form"] }

  for (const [basicEncoding, ways] of Object.entries(taken)) {
    it.live(`takes Basic credentials ${ways.join(" and ")} where the world says ${basicEncoding}`, () =>
      Effect.gen(function* () {
        const { ask } = yield* served({ sangomaCx: { clients: [client], basicEncoding } })
        for (const [way, basic] of Object.entries(pairs)) {
          const told = yield* ask("/oauth/token", { form: cx.form("cx.agent-calls"), basic })
          assert.strictEqual(told.status, ways.includes(way) ? 200 : 401, way)
        }
        const broken = yield* ask("/oauth/token", { form: cx.form(), basic: "100%:%E0%A4%A" })
        assert.strictEqual(broken.status, 401)
      }),
    )
  }

  const refused = (refusal: unknown) =>
    Effect.gen(function* () {
      const { ask } = yield* served({ sangomaCx: { refusal } })
      const [client_id, client_secret] = cx.basic.split(":") as [string, string]
      return yield* Effect.all({
        secret: ask("/oauth/token", { form: cx.form(), basic: "sangoma-client-id:wrong" }),
        client: ask("/oauth/token", { form: cx.form(), basic: "nobody:sangoma-client-secret" }),
        body: ask("/oauth/token", { form: { ...cx.form(), client_id, client_secret } }),
        garbage: ask("/oauth/token", { form: cx.form(), headers: { authorization: "Basic %%%" } }),
        noScope: ask("/oauth/token", { form: { grant_type: "client_credentials" }, basic: cx.basic }),
        blankScope: ask("/oauth/token", { form: cx.form(" "), basic: cx.basic }),
        unknownScope: ask("/oauth/token", { form: cx.form("cx.agent-calls cx.everything"), basic: cx.basic }),
        grant: ask("/oauth/token", { form: { ...cx.form(), grant_type: "password" }, basic: cx.basic }),
        json: ask("/oauth/token", { json: cx.form(), basic: cx.basic }),
      })
    })

  it.live("refuses as RFC 6749 has it", () =>
    Effect.gen(function* () {
      const told = yield* refused("inferred")
      assert.deepStrictEqual(
        Object.fromEntries(
          Object.entries(told).map(([name, { status, fields }]) => [name, `${status} ${fields.error}`]),
        ),
        {
          secret: "401 invalid_client",
          client: "401 invalid_client",
          body: "401 invalid_client",
          garbage: "401 invalid_client",
          noScope: "400 invalid_scope",
          blankScope: "400 invalid_scope",
          unknownScope: "400 invalid_scope",
          grant: "400 unsupported_grant_type",
          json: "400 invalid_request",
        },
      )
      assert.include(told.secret.headers.get("www-authenticate"), "Basic")
    }),
  )

  it.live("refuses in any other form that the world asks for", () =>
    Effect.gen(function* () {
      for (const [name, { status, text }] of Object.entries(yield* refused({ status: 401, body: "empty" }))) {
        assert.deepStrictEqual([status, text], [401, ""], name)
      }
    }),
  )
})
