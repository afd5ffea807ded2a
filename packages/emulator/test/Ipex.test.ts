import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ipex, served } from "./Served.ts"

describe("IPEX", () => {
  it.live("renews by a refresh token that is good once and lives two hours", () =>
    Effect.gen(function* () {
      const { ask, clock } = yield* served()
      const first = (yield* ask("/token", { form: { ...ipex.password, scope: "openid profile" } })).fields
      assert.deepInclude(first, { expires_in: 3000, refresh_expires_in: 7200, token_type: "Bearer" })
      yield* clock.adjust("50 minutes")
      assert.strictEqual((yield* ask("/ipbx/calls", { bearer: first.access_token })).status, 401)

      const second = (yield* ask("/token/", { form: ipex.refresh(first.refresh_token) })).fields
      assert.notStrictEqual(second.refresh_token, first.refresh_token)
      assert.strictEqual(second.session_state, first.session_state)
      assert.strictEqual((yield* ask("/ipbx/calls", { bearer: second.access_token })).status, 200)

      yield* clock.adjust("2 hours")
      const late = yield* ask("/token", { form: ipex.refresh(second.refresh_token) })
      assert.deepStrictEqual([late.status, late.fields.error], [400, "invalid_grant"])
    }),
  )

  it.live("lets impersonate whoever has the right", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const { access_token: bearer } = (yield* ask("/token", { form: ipex.password })).fields
      const other = yield* ask("/token-exchange", { json: { email: "someone@example.test" }, bearer })
      assert.strictEqual(other.status, 200)
      assert.notProperty(other.fields, "refresh_token")
      const call = yield* ask("/ipbx/pauses", { bearer: other.fields.access_token })
      assert.strictEqual(call.fields.email, "someone@example.test")
    }),
  )

  it.live("can answer an impersonation with a refresh token", () =>
    Effect.gen(function* () {
      const { ask } = yield* served({ ipex: { impersonationRefreshToken: true } })
      const { access_token: bearer } = (yield* ask("/token", { form: ipex.password })).fields
      const other = (yield* ask("/token-exchange", { json: { email: "someone@example.test" }, bearer })).fields
      const renewed = yield* ask("/token", { form: ipex.refresh(other.refresh_token) })
      const call = yield* ask("/ipbx/calls", { bearer: renewed.fields.access_token })
      assert.strictEqual(call.fields.email, "someone@example.test")
    }),
  )

  it.live("shows an access without the right the call log and the switchboard alone", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const { access_token: bearer } = (yield* ask("/token", { form: ipex.withoutRight })).fields
      assert.strictEqual((yield* ask("/ipbx/calls", { bearer })).status, 200)
      assert.strictEqual((yield* ask("/ipbx/switchboard", { bearer })).status, 200)
      assert.strictEqual((yield* ask("/ipbx/pauses", { bearer })).status, 403)
    }),
  )

  const refused = (refusal: unknown) =>
    Effect.gen(function* () {
      const { ask } = yield* served({ ipex: { refusal } })
      const { access_token: bearer } = (yield* ask("/token", { form: ipex.password })).fields
      const { access_token: withoutRight } = (yield* ask("/token", { form: ipex.withoutRight })).fields
      return yield* Effect.all({
        password: ask("/token", { form: { ...ipex.password, password: "wrong" } }),
        client: ask("/token", { form: { ...ipex.password, client_id: "other" } }),
        grant: ask("/token", { form: { ...ipex.password, grant_type: "client_credentials" } }),
        refresh: ask("/token", { form: ipex.refresh("never-issued") }),
        json: ask("/token", { json: ipex.password }),
        query: ask("/token", { query: ipex.password, method: "POST" }),
        right: ask("/token-exchange", { json: { email: "api-user@example.test" }, bearer: withoutRight }),
        email: ask("/token-exchange", { json: { email: "nobody@example.test" }, bearer }),
        form: ask("/token-exchange", { form: { email: "someone@example.test" }, bearer }),
        broken: ask("/token-exchange", { body: "{", headers: { "content-type": "application/json" }, bearer }),
        bearer: ask("/token-exchange", { json: { email: "someone@example.test" }, bearer: "never-issued" }),
      })
    })

  it.live("refuses as Keycloak does", () =>
    Effect.gen(function* () {
      const told = yield* refused("inferred")
      assert.deepStrictEqual(
        Object.fromEntries(
          Object.entries(told).map(([name, { status, fields }]) => [name, `${status} ${fields.error}`]),
        ),
        {
          password: "401 invalid_grant",
          client: "401 invalid_client",
          grant: "400 unsupported_grant_type",
          refresh: "400 invalid_grant",
          json: "400 invalid_request",
          query: "400 invalid_request",
          right: "403 access_denied",
          email: "404 not_found",
          form: "400 invalid_request",
          broken: "400 invalid_request",
          bearer: "401 invalid_token",
        },
      )
    }),
  )

  it.live("refuses in any other form that the world asks for", () =>
    Effect.gen(function* () {
      for (const [name, { status, fields }] of Object.entries(yield* refused({ status: 403, body: "code_message" }))) {
        assert.deepStrictEqual([status, fields.code], [403, 403], name)
      }
    }),
  )
})
