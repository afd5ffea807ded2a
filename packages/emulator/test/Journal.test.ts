import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type JournalEntry, make } from "../src/exchange/Journal.ts"
import { ipex, netsapiens as ns, sangomaCx, served } from "./Served.ts"

const entry = (at: number): JournalEntry => ({
  at,
  provider: "ipex",
  method: "POST",
  path: "/token",
  status: 200,
  outcome: "issued",
})

describe("A journal", () => {
  it("keeps the last entries in their order", () => {
    const journal = make(3)
    const times = () => journal.entries().map(({ at }) => at)
    assert.deepStrictEqual(times(), [])
    for (const [at, kept] of [
      [1, [1]],
      [2, [1, 2]],
      [3, [1, 2, 3]],
      [4, [2, 3, 4]],
      [5, [3, 4, 5]],
      [6, [4, 5, 6]],
      [7, [5, 6, 7]],
    ] as const) {
      journal.add(entry(at))
      assert.deepStrictEqual(times(), [...kept])
    }
    journal.clear()
    assert.deepStrictEqual(times(), [])
    journal.add(entry(8))
    assert.deepStrictEqual(times(), [8])
  })

  it.live("says who asked for what, and what came of it", () =>
    Effect.gen(function* () {
      const { ask, emulator, clock } = yield* served()
      yield* clock.setWall(1_000_000)
      const challenge = yield* ask("/ns-api/oauth2/token/", { form: ns.withFactor })
      const own = yield* ask("/ns-api/oauth2/token", { form: ns.mfa(challenge.fields.access_token) })
      const masked = yield* ask("/oauth2/token/", { form: ns.masquerade(own.fields.access_token) })
      yield* ask("/ns-api/?object=call&action=read", { bearer: masked.fields.access_token })
      yield* ask("/ns-api/oauth2/read?format=json", { bearer: own.fields.access_token })
      yield* ask("/ns-api/oauth2/token/", { query: ns.refresh(own.fields.refresh_token) })
      yield* ask("/oauth/token", { form: sangomaCx.form(), basic: sangomaCx.basic })
      yield* ask("/cx/agent-calls", { bearer: "never-issued" })
      const api = yield* ask("/token", { form: ipex.password })
      yield* ask("/token-exchange", { json: { email: "someone@example.test" }, bearer: api.fields.access_token })

      const journal = yield* emulator.journal
      const client = "your-client-id"
      const account = "222@abc-company.12345.service"
      const subject = "1001@acmecorp.12345.service"
      const netsapiens = { provider: "netsapiens", method: "POST", client, account, status: 200 }
      assert.deepStrictEqual(
        journal.map(({ at, ...rest }) => rest as unknown),
        [
          { ...netsapiens, path: "/ns-api/oauth2/token/", grant: "password", outcome: "challenged" },
          { ...netsapiens, path: "/ns-api/oauth2/token", grant: "mfa", outcome: "issued" },
          { ...netsapiens, path: "/oauth2/token/", grant: "masquerade", subject, outcome: "masqueraded" },
          { ...netsapiens, method: "GET", path: "/ns-api/", subject, outcome: `api call as ${subject}` },
          { ...netsapiens, method: "GET", path: "/ns-api/oauth2/read", outcome: "inspected" },
          { ...netsapiens, method: "GET", path: "/ns-api/oauth2/token/", grant: "refresh_token", outcome: "renewed" },
          {
            provider: "sangoma-cx",
            method: "POST",
            path: "/oauth/token",
            grant: "client_credentials",
            client: "sangoma-client-id",
            outcome: "issued",
            status: 200,
          },
          { provider: "sangoma-cx", method: "GET", path: "/cx/*", outcome: "refused: bad token", status: 401 },
          {
            provider: "ipex",
            method: "POST",
            path: "/token",
            grant: "password",
            client: "api",
            account: "api-user@example.test",
            outcome: "issued",
            status: 200,
          },
          {
            provider: "ipex",
            method: "POST",
            path: "/token-exchange",
            grant: "impersonation",
            account: "api-user@example.test",
            subject: "someone@example.test",
            outcome: "impersonated",
            status: 200,
          },
        ],
      )
      for (const { at } of journal) assert.approximately(at, 1_000_000, 10_000)

      yield* emulator.clearJournal
      assert.deepStrictEqual(yield* emulator.journal, [])
    }),
  )

  it.live("holds no secret, wherever a client puts one", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      const canary = "canary-5f2c"
      const told = [
        yield* ask(ns.token, { form: ns.password }),
        yield* ask(ns.token, { query: ns.reseller }),
        yield* ask(ns.token, { form: ns.withFactor }),
        yield* ask("/token", { form: ipex.password }),
        yield* ask("/oauth/token", { form: sangomaCx.form(), basic: sangomaCx.basic }),
      ]
      const issued = told.flatMap(({ fields }) => [fields.access_token, fields.refresh_token]).filter(Boolean)

      const everything = Object.fromEntries(
        [
          "grant_type",
          "client_id",
          "client_secret",
          "username",
          "password",
          "refresh_token",
          "access_token",
          "mask_uid",
        ]
          .concat("passcode", "mfa_type", "scope", "token", "email", "domain", canary)
          .map((name) => [name, canary]),
      )
      const paths = ["/ns-api/oauth2/token/", "/oauth2/read", "/ns-api/oauth2/revoke", "/ns-api/", `/ns-api/${canary}`]
        .concat("/token", "/token-exchange", `/ipbx/${canary}`, "/oauth/token", `/cx/${canary}`, `/${canary}`)
        .concat("/__emulator/journal", `/__emulator/${canary}`)
      const grants = ["password", "mfa", "refresh_token", "masquerade", "client_credentials", canary]
      const bearer = issued[0]
      for (const path of paths) {
        for (const grant_type of grants) {
          yield* ask(path, { form: { ...everything, grant_type } })
          yield* ask(path, { query: { ...everything, ...ns.password, grant_type, password: canary } })
        }
        yield* ask(path, { json: everything, bearer })
        yield* ask(path, { json: everything, bearer: canary })
        yield* ask(path, { form: everything, basic: `${canary}:${canary}` })
        yield* ask(path, { method: "DELETE", headers: { "user-agent": canary, cookie: canary } })
      }
      yield* ask(ns.token, { form: { ...ns.refresh(issued[1]), client_id: "your-client-id", extra: canary } })

      const journal = yield* emulator.journal
      assert.isAbove(journal.length, 100)
      const text = JSON.stringify(journal) + (yield* ask("/__emulator/journal")).text
      for (const secret of [
        canary,
        ...issued,
        "your-client-secret",
        "mypassword",
        "ipex-password",
        "sangoma-client-secret",
      ]) {
        assert.notInclude(text, secret)
      }
    }),
  )
})
