import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { netsapiens as ns, served } from "./Served.ts"

const tokens = "/ns-api/v2/tokens"
const jwt = "/ns-api/v2/jwt"
const version = "/ns-api/v2/version"

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString())

describe("Version 2 of NetSapiens", () => {
  it.live("is there unless the world says otherwise, and then it is missing as at an old core", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      const all = Effect.all([ask(tokens, { json: ns.password }), ask(`${jwt}/`, { json: ns.password }), ask(version)])
      const isListed = Effect.map(ask("/"), ({ text }) => text.includes("/ns-api/v2/"))
      assert.deepStrictEqual(
        (yield* all).map(({ status }) => status),
        [200, 200, 200],
      )
      assert.isTrue(yield* isListed)
      yield* emulator.updateWorld((world) => ({ ...world, netsapiens: { ...world.netsapiens, v2: false } }))
      for (const told of yield* all) {
        assert.strictEqual(told.status, 404)
        assert.include(told.text, "<html", "clients fall back to version 1 on it")
      }
      assert.isFalse(yield* isListed)
    }),
  )

  it.live("takes JSON as documented, and what clients send beside it", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const { client_id, client_secret, ...unsigned } = ns.password
      const multipart = new FormData()
      for (const [name, value] of Object.entries(ns.password)) multipart.append(name, value)
      for (const path of [tokens, jwt]) {
        for (const asked of [
          { json: ns.password },
          { form: ns.password },
          { body: multipart },
          { method: "POST", query: ns.password },
          { json: unsigned, basic: `${client_id}:${client_secret}` },
        ]) {
          assert.strictEqual((yield* ask(path, asked)).status, 200, `${path} ${Object.keys(asked)}`)
        }
        assert.strictEqual((yield* ask(path, { method: "PUT" })).status, 405)
      }
    }),
  )

  it.live("gives tokens that version 1 knows, and renews those of version 1", () =>
    Effect.gen(function* () {
      const { ask } = yield* served({ netsapiens: { rotation: "strict" } })
      const { fields } = yield* ask(tokens, { json: ns.reseller })
      const bearer = fields.access_token
      assert.strictEqual((yield* ask("/ns-api/oauth2/read", { bearer })).fields.uid, "1000@acmecorp.12345.service")
      const renewed = yield* ask(ns.token, { form: ns.refresh(fields.refresh_token) })
      assert.strictEqual(renewed.status, 200)
      const again = yield* ask(tokens, { json: ns.refresh(renewed.fields.refresh_token) })
      assert.strictEqual(again.status, 200)
      const masked = yield* ask(tokens, { json: ns.masquerade(again.fields.access_token) })
      assert.strictEqual(masked.fields.uid, "1001@acmecorp.12345.service")
    }),
  )

  it.live("says no by {code, message}, and by an empty object where it forbids", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const { fields: basic } = yield* ask(ns.token, { form: ns.basicUser })
      const { fields: reseller } = yield* ask(ns.token, { form: ns.reseller })
      const cases = [
        [tokens, { ...ns.password, grant_type: "guess" }, 400],
        [tokens, { ...ns.password, client_secret: "wrong" }, 401],
        [tokens, { ...ns.password, password: "wrong" }, 403],
        [tokens, ns.refresh("never-issued"), 400],
        [tokens, ns.mfa("never-issued"), 400],
        [tokens, ns.masquerade("never-issued"), 401],
        [tokens, ns.masquerade(reseller.access_token, "nobody"), 404],
        [jwt, { ...ns.password, password: "wrong" }, 403],
        [jwt, { ...ns.password, client_id: "nobody" }, 401],
        [jwt, { username: "111@abc-company", password: "1234" }, 400],
        [jwt, { refresh: "never-issued" }, 400],
        // Only `/tokens` has the grant for masquerading.
        [jwt, ns.masquerade(reseller.access_token), 400],
      ] as const
      for (const [path, json, status] of cases) {
        const told = yield* ask(path, { json })
        assert.deepStrictEqual([told.status, told.fields.code], [status, status], JSON.stringify(json))
        assert.deepStrictEqual(Object.keys(told.fields), ["code", "message"])
      }
      const forbidden = yield* ask(tokens, {
        json: ns.masquerade(basic.access_token, "111@abc-company.12345.service"),
      })
      assert.deepStrictEqual([forbidden.status, forbidden.fields], [403, {}])

      const styled = yield* served({ netsapiens: { refusal: { status: 400, body: "text" } } })
      const told = yield* styled.ask(tokens, { json: { ...ns.password, password: "wrong" } })
      assert.deepStrictEqual([told.status, told.text], [400, "Invalid User Login"])
    }),
  )

  it.live("tells its version to whoever asks", () =>
    Effect.gen(function* () {
      const { ask, clock } = yield* served({ netsapiens: { apiVersion: "Version: 45.0.1" } })
      yield* clock.setWall(Date.UTC(2020, 5, 11, 21, 3, 14))
      const { fields } = yield* ask(version)
      assert.strictEqual(fields.apiversion, "Version: 45.0.1")
      assert.match(fields["current-time"], /^2020-06-11 21:03:1\d$/)
    }),
  )
})

describe("A JWT of NetSapiens", () => {
  it.live("opens the API until it expires, and says when", () =>
    Effect.gen(function* () {
      const { ask, clock } = yield* served({ netsapiens: { jwtLifetime: 600 } })
      const { fields } = yield* ask(jwt, { json: ns.password })
      const claims = claimsOf(fields.token)
      assert.deepInclude(claims, { sub: "111@abc-company.12345.service", user_scope: "Office Manager" })
      assert.strictEqual(claims.exp - claims.iat, 600)
      const bearer = fields.token
      assert.strictEqual((yield* ask("/ns-api/?object=call&action=read", { bearer })).status, 200)
      const { apiversion, ...read } = (yield* ask(jwt, { bearer })).fields
      assert.deepStrictEqual(read, claims)
      yield* clock.adjust("601 seconds")
      assert.strictEqual((yield* ask(jwt, { bearer })).status, 401)
      assert.strictEqual((yield* ask("/ns-api/", { bearer })).status, 401)
    }),
  )

  it.live("is renewed once by each refresh JWT, and a replay ends nothing", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served({ netsapiens: { rotation: "none" } })
      const first = (yield* ask(jwt, { json: ns.password })).fields
      const renew = (refresh: string) => ask(jwt, { json: { refresh } })
      const second = (yield* renew(first.refresh)).fields
      assert.notStrictEqual(second.refresh, first.refresh)
      assert.strictEqual((yield* renew(first.refresh)).status, 400)
      assert.strictEqual((yield* ask(jwt, { bearer: second.token })).status, 200)
      assert.strictEqual((yield* renew(second.refresh)).status, 200)
      const outcomes = (yield* emulator.journal).map(({ grant, outcome, client }) => [grant, outcome, client])
      assert.deepStrictEqual(outcomes, [
        ["password", "issued", "your-client-id"],
        ["refresh_token", "renewed", "your-client-id"],
        ["refresh_token", "refused: bad refresh token", undefined],
        [undefined, "inspected", "your-client-id"],
        ["refresh_token", "renewed", "your-client-id"],
      ])
    }),
  )

  it.live("and an access token do not pass for each other", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const opaque = (yield* ask(tokens, { json: ns.password })).fields
      const pair = (yield* ask(jwt, { json: ns.password })).fields
      assert.strictEqual((yield* ask(jwt, { bearer: opaque.access_token })).status, 401)
      assert.strictEqual((yield* ask(jwt)).status, 401)
      assert.strictEqual((yield* ask(jwt, { json: { refresh: opaque.refresh_token } })).status, 400)
      assert.strictEqual((yield* ask(tokens, { json: ns.refresh(pair.refresh) })).status, 400)
      assert.strictEqual((yield* ask(jwt, { json: { refresh: pair.token } })).status, 400)
      assert.strictEqual((yield* ask("/ns-api/", { bearer: pair.refresh })).status, 401)
      // None of these attempts spent anything.
      assert.strictEqual((yield* ask(jwt, { json: { refresh: pair.refresh } })).status, 200)
      assert.strictEqual((yield* ask(tokens, { json: ns.refresh(opaque.refresh_token) })).status, 200)
    }),
  )

  it.live("demands a second factor in its claims, and is good for nothing until then", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const { fields } = yield* ask(jwt, { json: ns.withFactor })
      assert.deepStrictEqual(Object.keys(fields), ["token"])
      const claims = claimsOf(fields.token)
      assert.deepInclude(claims, { user_scope: "mfa_required", mfa_vendor: "google", mfa_type: "authenticator" })
      assert.strictEqual((yield* ask("/ns-api/", { bearer: fields.token })).status, 401)
      assert.strictEqual((yield* ask(jwt, { bearer: fields.token })).status, 401)
      assert.strictEqual((yield* ask(jwt, { json: ns.mfa(fields.token, "000000") })).status, 400)
      const passed = yield* ask(jwt, { json: ns.mfa(fields.token) })
      assert.strictEqual(claimsOf(passed.fields.token).user_scope, "Reseller")
      assert.strictEqual((yield* ask(jwt, { json: ns.mfa(fields.token) })).status, 400, "once")
    }),
  )

  it.live("dies when it is revoked, with its refresh JWT; with its account; and by an operator's hand", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      const signIn = Effect.map(ask(jwt, { json: ns.password }), ({ fields }) => fields)
      const first = yield* signIn
      assert.strictEqual((yield* ask(jwt, { method: "DELETE", bearer: first.token })).status, 202)
      assert.strictEqual((yield* ask(jwt, { bearer: first.token })).status, 401)
      assert.strictEqual((yield* ask(jwt, { json: { refresh: first.refresh } })).status, 400)
      const second = yield* signIn
      assert.strictEqual(yield* emulator.killAccessTokens, 1)
      assert.strictEqual((yield* ask(jwt, { bearer: second.token })).status, 401)
      const third = yield* signIn
      yield* emulator.updateWorld((world) => ({ ...world, netsapiens: { ...world.netsapiens, accounts: [] } }))
      assert.strictEqual((yield* ask(jwt, { bearer: third.token })).status, 401)
      assert.strictEqual((yield* ask(jwt, { json: { refresh: third.refresh } })).status, 400)
    }),
  )

  it.live("counts for the rate limits of its client and its subscriber, and faults find its renewal", () =>
    Effect.gen(function* () {
      const rateLimits = [{ name: "subscriber_minute", per: "subscriber", quota: 3, window: 60 }]
      const { ask, emulator, clock } = yield* served({ netsapiens: { rateLimits } })
      yield* clock.setWall(Date.UTC(2020, 0, 1))
      const { fields } = yield* ask(jwt, { json: ns.password })
      yield* emulator.faults.arm({ fault: { _tag: "server_error", status: 502 }, match: { grant: "refresh_token" } })
      assert.strictEqual((yield* ask(jwt, { bearer: fields.token })).status, 200)
      assert.strictEqual((yield* ask(jwt, { json: { refresh: fields.refresh } })).status, 502)
      assert.strictEqual((yield* ask(jwt, { json: { refresh: fields.refresh } })).status, 200)
      assert.strictEqual((yield* ask(jwt, { bearer: fields.token })).status, 429)
    }),
  )
})
