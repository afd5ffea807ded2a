import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { netsapiens as ns, served } from "./Served.ts"

const expired = "The access token provided has expired"

describe("Ways of asking NetSapiens", () => {
  const { password } = ns

  for (const path of ["/ns-api/oauth2/token", "/ns-api/oauth2/token/", "/oauth2/token", "/oauth2/token/"]) {
    it.live(`answers at ${path}`, () =>
      Effect.gen(function* () {
        const { ask } = yield* served()
        const { client_id, client_secret, ...unsigned } = password
        const multipart = new FormData()
        for (const [name, value] of Object.entries(password)) multipart.append(name, value)

        const told = yield* Effect.all([
          ask(path, { form: password }),
          ask(path, { query: password }),
          ask(path, { query: password, method: "POST" }),
          ask(path, { json: password }),
          ask(path, { body: multipart }),
          ask(path, { form: unsigned, basic: `${client_id}:${client_secret}` }),
        ])
        assert.deepStrictEqual(
          told.map(({ status }) => status),
          [200, 200, 200, 200, 200, 200],
        )
      }),
    )
  }

  it.live("lets the body have the last word over the query", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const told = yield* ask(ns.token, { query: { ...password, password: "wrong" }, form: { password: "1234" } })
      assert.strictEqual(told.status, 200)
    }),
  )

  it.live("knows an account by its extension with the short or the full domain, and by its login", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      for (const username of ["1000@acmecorp", "1000@acmecorp.12345.service", "reseller@acmercorp"]) {
        const told = yield* ask(ns.token, { form: { ...ns.reseller, username } })
        assert.strictEqual(told.fields.uid, "1000@acmecorp.12345.service", username)
      }
    }),
  )

  it.live("lets in a client that has no secret by its id", () =>
    Effect.gen(function* () {
      const { ask } = yield* served({ netsapiens: { clients: [{ id: "public" }] } })
      const { client_secret, ...form } = password
      assert.strictEqual((yield* ask(ns.token, { form: { ...form, client_id: "public" } })).status, 200)
    }),
  )

  it.live("says which method an endpoint takes, and that others are not there", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const revoke = yield* ask("/ns-api/oauth2/revoke")
      assert.strictEqual(revoke.status, 405)
      assert.strictEqual(revoke.headers.get("allow"), "POST")
      const missing = yield* ask("/ns-api/v3/tokens", { json: password })
      assert.strictEqual(missing.status, 404)
      assert.include(missing.text, "<html")
    }),
  )
})

describe("Tokens of NetSapiens", () => {
  it.live("work until they expire, and say when", () =>
    Effect.gen(function* () {
      const { ask, clock } = yield* served({ netsapiens: { lifetime: 60 } })
      yield* clock.setWall(Date.UTC(2020, 5, 11, 21, 3, 14))
      const { fields } = yield* ask(ns.token, { form: ns.password })
      assert.strictEqual(fields.expires_in, 60)
      const bearer = fields.access_token
      assert.strictEqual((yield* ask("/ns-api/?object=call&action=read", { bearer })).status, 200)
      const read = yield* ask("/ns-api/oauth2/read?format=json", { bearer })
      assert.match(read.fields.expires, /^2020-06-11 21:04:1\d$/)
      assert.strictEqual(read.fields.token, bearer)

      yield* clock.adjust("61 seconds")
      for (const path of ["/ns-api/?object=call&action=read", "/ns-api/oauth2/read", "/oauth2/read/"]) {
        const told = yield* ask(path, { bearer })
        assert.strictEqual(told.status, 401)
        assert.strictEqual(told.text, expired)
        assert.include(told.headers.get("www-authenticate"), "invalid_grant")
      }
      assert.strictEqual((yield* ask(ns.token, { form: ns.refresh(fields.refresh_token) })).status, 200)
    }),
  )

  it.live("are asked for with 401 where there is none, without an error code (RFC 6750 section 3.1)", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      for (const path of ["/ns-api/?object=call&action=read", "/ns-api", "/ns-api/oauth2/read", "/oauth2/read/"]) {
        const told = yield* ask(path)
        assert.strictEqual(told.status, 401, path)
        assert.strictEqual(told.headers.get("www-authenticate"), 'Bearer realm="ns-api"')
      }
      for (const path of ["/ipbx/calls", "/cx/agent-calls"]) assert.strictEqual((yield* ask(path)).status, 401, path)
    }),
  )

  it.live("open data calls, whose answers have the shape of the true ones", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const bearer = (yield* ask(ns.token, { form: ns.password })).fields.access_token
      const caller = {
        uid: "111@abc-company.12345.service",
        scope: "Office Manager",
        domain: "abc-company.12345.service",
      }
      for (const asked of [
        { query: { object: "subscriber", action: "read" } },
        { query: { object: "device", action: "read", format: "json" }, method: "POST" },
        { form: { object: "cdr2", action: "read" } },
      ]) {
        const told = yield* ask("/ns-api/", { ...asked, bearer })
        assert.deepStrictEqual([told.status, JSON.parse(told.text)], [200, [caller]])
      }
      const counted = yield* ask("/ns-api/?object=device&action=count", { bearer })
      assert.deepStrictEqual(counted.fields, { total: "1", ...caller })
    }),
  )

  it.live("end with revocation, the refresh token too", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const { fields } = yield* ask(ns.token, { form: ns.password })
      const { client_id, client_secret } = ns.password
      const form = { client_id, client_secret, token: fields.access_token }
      assert.strictEqual(
        (yield* ask("/ns-api/oauth2/revoke", { form: { ...form, client_secret: "wrong" } })).status,
        400,
      )
      assert.strictEqual((yield* ask("/ns-api/oauth2/revoke", { form })).status, 200)
      assert.strictEqual((yield* ask("/ns-api/oauth2/read", { bearer: fields.access_token })).status, 401)
      assert.strictEqual((yield* ask(ns.token, { form: ns.refresh(fields.refresh_token) })).status, 400)
      assert.strictEqual((yield* ask("/oauth2/revoke/", { form })).status, 200, "an unknown token is no error")
    }),
  )

  it.live("die when an operator kills them", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      const { fields } = yield* ask(ns.token, { form: ns.password })
      assert.strictEqual(yield* emulator.killAccessTokens, 1)
      assert.strictEqual(yield* emulator.killAccessTokens, 0)
      assert.strictEqual((yield* ask("/ns-api/oauth2/read", { bearer: fields.access_token })).status, 401)
      assert.strictEqual(yield* emulator.killRefreshTokens, 1)
      assert.strictEqual((yield* ask(ns.token, { form: ns.refresh(fields.refresh_token) })).status, 400)
    }),
  )

  it.live("die with their account", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      const { fields } = yield* ask(ns.token, { form: ns.password })
      yield* emulator.updateWorld((world) => ({ ...world, netsapiens: { ...world.netsapiens, accounts: [] } }))
      assert.strictEqual((yield* ask("/ns-api/oauth2/read", { bearer: fields.access_token })).status, 401)
      assert.strictEqual((yield* ask(ns.token, { form: ns.refresh(fields.refresh_token) })).status, 400)
    }),
  )
})

describe("Rotation", () => {
  const renewals = (world: unknown) =>
    Effect.gen(function* () {
      const { ask, clock } = yield* served({ netsapiens: world })
      const first = (yield* ask(ns.token, { form: ns.password })).fields
      const renew = (token: string) => ask(ns.token, { form: ns.refresh(token) })
      const second = (yield* renew(first.refresh_token)).fields
      const lives = (token: string) =>
        Effect.map(ask("/ns-api/oauth2/read", { bearer: token }), (_) => _.status === 200)
      return { clock, first, second, renew, lives }
    })

  it.live("none: the refresh token stays", () =>
    Effect.gen(function* () {
      const { first, second, renew, lives } = yield* renewals({ rotation: "none" })
      assert.strictEqual(second.refresh_token, first.refresh_token)
      assert.strictEqual((yield* renew(first.refresh_token)).status, 200)
      assert.isTrue(yield* lives(first.access_token))
    }),
  )

  it.live("strict: whoever shows a replaced refresh token loses everything", () =>
    Effect.gen(function* () {
      const { first, second, renew, lives } = yield* renewals({ rotation: "strict" })
      assert.notStrictEqual(second.refresh_token, first.refresh_token)
      const replayed = yield* renew(first.refresh_token)
      assert.strictEqual(replayed.status, 400)
      assert.strictEqual(replayed.fields.error, "invalid_grant")
      assert.isFalse(yield* lives(second.access_token))
      assert.strictEqual((yield* renew(second.refresh_token)).status, 400)
    }),
  )

  it.live("grace: the pair that was lost comes once more, and not after", () =>
    Effect.gen(function* () {
      const { clock, first, second, renew, lives } = yield* renewals({ rotation: { grace: 30 } })
      yield* clock.adjust("20 seconds")
      const again = (yield* renew(first.refresh_token)).fields
      assert.strictEqual(again.access_token, second.access_token)
      assert.strictEqual(again.refresh_token, second.refresh_token)
      assert.isAtMost(again.expires_in, 3580)
      yield* clock.adjust("20 seconds")
      assert.strictEqual((yield* renew(first.refresh_token)).status, 400)
      assert.isFalse(yield* lives(second.access_token))
    }),
  )

  it.live("can end the access token that it replaces", () =>
    Effect.gen(function* () {
      const { first, second, lives } = yield* renewals({ rotation: "strict", renewalEndsAccess: true })
      assert.isFalse(yield* lives(first.access_token))
      assert.isTrue(yield* lives(second.access_token))
    }),
  )

  it.live("ages where the world gives refresh tokens a life", () =>
    Effect.gen(function* () {
      const { clock, second, renew } = yield* renewals({ refreshLifetime: 7200 })
      yield* clock.adjust("7000 seconds")
      assert.strictEqual((yield* renew(second.refresh_token)).status, 200, "anew with each renewal")
      yield* clock.adjust("7000 seconds")
      assert.strictEqual((yield* renew(second.refresh_token)).status, 200)
      yield* clock.adjust("7201 seconds")
      assert.strictEqual((yield* renew(second.refresh_token)).status, 400)
    }),
  )
})

describe("The second factor", () => {
  it.live("gives a challenge that is good for nothing but its answer", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const { fields: challenge } = yield* ask(ns.token, { form: ns.withFactor })
      const bearer = challenge.access_token
      assert.strictEqual((yield* ask("/ns-api/oauth2/read?format=json", { bearer })).status, 401)
      assert.strictEqual((yield* ask("/ns-api/?object=call&action=read", { bearer })).status, 401)
      assert.strictEqual((yield* ask(ns.token, { form: ns.refresh(challenge.refresh_token) })).status, 400)
      assert.strictEqual((yield* ask(ns.token, { form: ns.refresh(bearer) })).status, 400)
      assert.strictEqual((yield* ask(ns.token, { form: ns.masquerade(bearer) })).status, 401)

      const passed = yield* ask(ns.token, { form: ns.mfa(bearer) })
      assert.strictEqual(passed.status, 200)
      assert.strictEqual((yield* ask("/ns-api/oauth2/read", { bearer: passed.fields.access_token })).status, 200)
      assert.strictEqual((yield* ask(ns.token, { form: ns.mfa(bearer) })).status, 400, "once")
    }),
  )

  it.live("takes mfa_type with a hyphen, with an underscore, or not at all; and no other type, vendor or kind", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const { fields } = yield* ask(ns.token, { form: ns.withFactor })
      const { mfa_type, mfa_vendor, ns_id_type, ...least } = ns.mfa(fields.access_token)
      for (const other of [
        { "mfa-type": "sms" },
        { mfa_type: "sms" },
        { mfa_vendor: "other" },
        { ns_id_type: "level1" },
      ]) {
        const told = yield* ask(ns.token, { form: { ...least, ...other } })
        assert.strictEqual(told.fields.error, "invalid_request", JSON.stringify(other))
      }
      for (const accepted of [{ "mfa-type": mfa_type }, { mfa_type }, {}]) {
        const challenge = yield* ask(ns.token, { form: ns.withFactor })
        const form = { ...least, ...accepted, access_token: challenge.fields.access_token }
        assert.strictEqual((yield* ask(ns.token, { form })).status, 200, JSON.stringify(accepted))
      }
    }),
  )

  it.live("forgives a wrong passcode, or does not", () =>
    Effect.gen(function* () {
      for (const wrongPasscodeSpends of [false, true]) {
        const { ask } = yield* served({ netsapiens: { challenge: { wrongPasscodeSpends } } })
        const { fields } = yield* ask(ns.token, { form: ns.withFactor })
        assert.strictEqual((yield* ask(ns.token, { form: ns.mfa(fields.access_token, "000000") })).status, 400)
        const again = yield* ask(ns.token, { form: ns.mfa(fields.access_token) })
        assert.strictEqual(again.status, wrongPasscodeSpends ? 400 : 200)
      }
    }),
  )

  it.live("waits no longer than the challenge lives", () =>
    Effect.gen(function* () {
      const { ask, clock } = yield* served({ netsapiens: { challenge: { lifetime: 120 } } })
      const { fields } = yield* ask(ns.token, { form: ns.withFactor })
      assert.strictEqual(fields.expires_in, 120)
      yield* clock.adjust("121 seconds")
      assert.strictEqual((yield* ask(ns.token, { form: ns.mfa(fields.access_token) })).status, 400)
    }),
  )
})

describe("Masquerading", () => {
  const world = {
    netsapiens: {
      domains: ["abc-company.12345.service", "acmecorp.12345.service", "far.99999.service"],
      accounts: [
        { extension: "1000", domain: "acmecorp.12345.service", password: "r", scope: "Reseller" },
        { extension: "1002", domain: "acmecorp.12345.service", password: "r", scope: "Reseller" },
        { extension: "111", domain: "abc-company.12345.service", password: "m", scope: "Office Manager" },
        { extension: "112", domain: "abc-company.12345.service", password: "m", scope: "Office Manager" },
        { extension: "113", domain: "abc-company.12345.service", password: "b", scope: "Basic User" },
        { extension: "1001", domain: "acmecorp.12345.service", password: "b", scope: "Basic User" },
        { extension: "1003", domain: "acmecorp.12345.service", scope: "Call Center Agent" },
        { extension: "1", domain: "far.99999.service", password: "b", scope: "Basic User" },
      ],
    },
  }
  const cases = [
    ["1000@acmecorp", "1001@acmecorp.12345.service", 200],
    ["1000@acmecorp", "1003@acmecorp.12345.service", 200],
    ["1000@acmecorp", "111@abc-company.12345.service", 200],
    ["1000@acmecorp", "1@far.99999.service", 403],
    ["1000@acmecorp", "1002@acmecorp.12345.service", 403],
    ["1000@acmecorp", "1000@acmecorp.12345.service", 403],
    ["111@abc-company", "113@abc-company.12345.service", 200],
    ["111@abc-company", "112@abc-company.12345.service", 403],
    ["111@abc-company", "1001@acmecorp.12345.service", 403],
    ["113@abc-company", "1001@acmecorp.12345.service", 403],
    ["1000@acmecorp", "1001@acmecorp", 400],
    ["1000@acmecorp", "1001", 400],
    ["1000@acmecorp", "9999@acmecorp.12345.service", 400],
    ["1000@acmecorp", "", 400],
  ] as const

  it.live("reaches lower scopes in one's own territory or domain, by full name alone", () =>
    Effect.gen(function* () {
      const { ask } = yield* served(world)
      for (const [username, subject, status] of cases) {
        const password = { Reseller: "r", "Office Manager": "m", "Basic User": "b" }[
          world.netsapiens.accounts.find(({ extension }) => extension === username.split("@")[0])?.scope ?? ""
        ]
        const signedIn = yield* ask(ns.token, { form: { ...ns.password, username, password: password ?? "" } })
        const masked = yield* ask(ns.token, { form: ns.masquerade(signedIn.fields.access_token, subject) })
        assert.strictEqual(masked.status, status, `${username} as ${subject}`)
      }
    }),
  )

  it.live("gives a token that works as that user, has its own life, and can be renewed", () =>
    Effect.gen(function* () {
      const { ask, clock } = yield* served()
      const reseller = yield* ask(ns.token, { form: ns.reseller })
      yield* clock.adjust("30 minutes")
      const masked = yield* ask(ns.token, { form: ns.masquerade(reseller.fields.access_token) })
      yield* clock.adjust("45 minutes")
      assert.strictEqual((yield* ask("/ns-api", { bearer: reseller.fields.access_token })).status, 401)
      const call = yield* ask("/ns-api/", { bearer: masked.fields.access_token })
      assert.deepInclude(call.fields, { uid: "1001@acmecorp.12345.service", scope: "Basic User" })
      const elsewhere = yield* ask("/ns-api/?domain=abc-company.12345.service", {
        bearer: masked.fields.access_token,
      })
      assert.strictEqual(elsewhere.status, 403)
      const renewed = yield* ask(ns.token, { form: ns.refresh(masked.fields.refresh_token) })
      assert.strictEqual(renewed.fields.uid, "1001@acmecorp.12345.service")
      const stale = yield* ask(ns.token, { form: ns.masquerade(reseller.fields.access_token) })
      assert.strictEqual(stale.status, 401)
      assert.strictEqual(stale.fields.error, "invalid_grant")
    }),
  )
})
