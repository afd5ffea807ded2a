/** How NetSapiens says no. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { netsapiens as ns, served } from "./Served.ts"

describe("Refusals of NetSapiens", () => {
  const inferred = {
    "unknown grant": [400, "invalid_request"],
    "bad client": [400, "invalid_client"],
    "bad secret": [400, "invalid_client"],
    "bad credentials": [400, "invalid_grant"],
    "unknown user": [400, "invalid_grant"],
    "bad refresh token": [400, "invalid_grant"],
    "foreign refresh token": [400, "invalid_grant"],
    "bad passcode": [400, "invalid_grant"],
    "bad challenge": [400, "invalid_grant"],
    "bad subject": [400, "invalid_grant"],
    "not allowed": [403, "insufficient_scope"],
  } as const

  const clients = [
    { id: "your-client-id", secret: "your-client-secret" },
    { id: "other-client", secret: "other-secret" },
  ]

  const refusals = (refusal: unknown) =>
    Effect.gen(function* () {
      const { ask } = yield* served({ netsapiens: { clients, refusal } })
      const { fields: own } = yield* ask(ns.token, { form: ns.password })
      const { fields: basic } = yield* ask(ns.token, { form: ns.basicUser })
      const { fields: reseller } = yield* ask(ns.token, { form: ns.reseller })
      const { fields: challenge } = yield* ask(ns.token, { form: ns.withFactor })
      const forms: Record<keyof typeof inferred, Record<string, string>> = {
        "unknown grant": { ...ns.password, grant_type: "guess" },
        "bad client": { ...ns.password, client_id: "nobody" },
        "bad secret": { ...ns.password, client_secret: "wrong" },
        "bad credentials": { ...ns.password, password: "wrong" },
        "unknown user": { ...ns.password, username: "999@abc-company" },
        "bad refresh token": ns.refresh("never-issued"),
        "foreign refresh token": {
          ...ns.refresh(own.refresh_token),
          client_id: "other-client",
          client_secret: "other-secret",
        },
        "bad passcode": ns.mfa(challenge.access_token, "000000"),
        "bad challenge": ns.mfa("never-issued"),
        "bad subject": ns.masquerade(reseller.access_token, "no uid"),
        "not allowed": ns.masquerade(basic.access_token, "111@abc-company.12345.service"),
      }
      return yield* Effect.all(
        Object.entries(forms).map(([name, form]) =>
          Effect.map(ask(ns.token, { form }), (told) => ({ name: name as keyof typeof inferred, told })),
        ),
      )
    })

  it.live("are those of the platform's likely software unless the world says otherwise", () =>
    Effect.gen(function* () {
      for (const { name, told } of yield* refusals("inferred")) {
        assert.deepStrictEqual([told.status, told.fields.error], [...inferred[name]], name)
        if (name === "bad credentials") assert.deepStrictEqual(told.fields, { error: "invalid_grant" })
      }
    }),
  )

  for (const status of [400, 401, 403]) {
    for (const body of ["error", "code_message", "code_msg", "text", "html", "empty"] as const) {
      it.live(`can all be ${status} with ${body}`, () =>
        Effect.gen(function* () {
          for (const { name, told } of yield* refusals({ status, body })) {
            assert.strictEqual(told.status, status, name)
            const login = name === "bad credentials" || name === "unknown user"
            switch (body) {
              case "error":
                assert.strictEqual(told.fields.error, inferred[name][1], name)
                break
              case "code_message":
              case "code_msg":
                assert.strictEqual(told.fields.code, status)
                if (login) assert.strictEqual(told.fields[body.slice(5)], "Invalid User Login")
                assert.deepStrictEqual(Object.keys(told.fields), ["code", body.slice(5)])
                break
              case "text":
                if (login) assert.strictEqual(told.text, "Invalid User Login")
                assert.notInclude(told.text, "{")
                break
              case "html":
                assert.include(told.headers.get("content-type"), "text/html")
                assert.include(told.text, "<html")
                break
              case "empty":
                assert.strictEqual(told.text, "")
            }
          }
        }),
      )
    }
  }
})
