/** What a revocation sends, as vendors document it: by RFC 7009, by `DELETE` with the token in a header or in a body. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { defineProvider } from "../src/definition/Definition.ts"
import type { Account, Dialect, Presentation } from "../src/description/Provider.ts"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import { leaked } from "./Leak.ts"
import { overBoth } from "./Transports.ts"

const token = "canary-access-token"

/** A server that answers with this status and text, and what it received. */
const server = (status: number, text: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const received: Array<string> = []
      const http = createServer((request, response) => {
        let body = ""
        request.on("data", (chunk) => {
          body += chunk
        })
        request.on("end", () => {
          const { authorization, "content-type": type } = request.headers
          received.push([request.method, request.url, authorization ?? "-", type ?? "-", body].join(" "))
          response.writeHead(status, { "content-type": "application/json" }).end(text)
        })
      })
      await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
      return { http, origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, received }
    }),
    ({ http }) => Effect.sync(() => void http.close().closeAllConnections()),
  )

const account = (address: string, revocation: NonNullable<Dialect["revocation"]>): Account => {
  const acme = defineProvider({
    id: "acme-voice",
    name: "Acme Voice",
    page: "https://acme.example/tokens",
    options: { tenant: { title: "Tenant", doc: "The name before .acme.example.", identifies: true } },
    addresses: {},
    clientAuthentication: "form",
    clientSecret: "required",
    signsInWith: "client",
    scopes: "none",
    defaultLifetime: 3_600_000,
    renewsWith: "sign_in",
    rotation: "none",
    capabilities: ["revoke"],
    codes: ["ACME-7"],
    grants: {},
    revocation,
  })
  return Result.getOrThrow(
    acme.configure({ address, tenant: "north", client: { id: "acme-app", secret: "canary-secret" } }),
  ).account
}

const revoked = (of: Account) =>
  Effect.gen(function* () {
    return yield* Effect.result((yield* TokenEndpoint).revoke(of, Redacted.make(token)))
  }).pipe(overBoth())

const form = "application/x-www-form-urlencoded"
const proof = "client_id=acme-app&client_secret=canary-secret"

describe("a revocation", () => {
  for (const [how, presentation, expected] of [
    [
      "by RFC 7009",
      { method: "POST", path: "/revoke", encoding: "form", fields: [["token", Redacted.make(token)]] },
      `POST /revoke - ${form} ${proof}&token=${token}`,
    ],
    [
      "with the token as the bearer",
      { method: "DELETE", path: "/session", encoding: "query", bearer: Redacted.make(token) },
      `DELETE /session Bearer ${token} - `,
    ],
    [
      "with the token in a form",
      { method: "DELETE", path: "/tokens", encoding: "form", fields: [["token", Redacted.make(token)]] },
      `DELETE /tokens - ${form} ${proof}&token=${token}`,
    ],
    [
      "with the token in JSON",
      { method: "DELETE", path: "/tokens", encoding: "json", client: "absent", body: { token: Redacted.make(token) } },
      `DELETE /tokens - application/json {"token":"${token}"}`,
    ],
    [
      "with the token in the query",
      { method: "DELETE", path: "/tokens", encoding: "query", client: "absent", fields: [["t", Redacted.make(token)]] },
      `DELETE /tokens?t=${token} - - `,
    ],
  ] satisfies ReadonlyArray<readonly [string, Presentation, string]>) {
    it.live(`is sent ${how} (${presentation.method})`, () =>
      Effect.gen(function* () {
        const { origin, received } = yield* server(204, "")
        for (const result of yield* revoked(account(origin, () => presentation))) {
          assert.isTrue(Result.isSuccess(result))
        }
        assert.deepStrictEqual(received, [expected, expected])
        assert.isEmpty(leaked(presentation, [token]))
      }).pipe(Effect.scoped),
    )
  }

  it.live("sees the account: its client and the provider's own options", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* server(200, "{}")
      const of = account(origin, (bearer, { client, options }) => ({
        method: "DELETE",
        path: `/${options?.tenant}/clients/${client.id}/session`,
        encoding: "query",
        bearer,
      }))
      yield* revoked(of)
      assert.deepStrictEqual(received, Array(2).fill(`DELETE /north/clients/acme-app/session Bearer ${token} - `))
    }).pipe(Effect.scoped),
  )

  it.live("that is refused says why, with nothing of what was sent", () =>
    Effect.gen(function* () {
      const { origin } = yield* server(403, JSON.stringify({ error: "ACME-7", token }))
      const of = account(origin, (bearer) => ({ method: "DELETE", path: "/session", encoding: "query", bearer }))
      for (const result of yield* revoked(of)) {
        assert.isTrue(Result.isFailure(result))
        if (Result.isSuccess(result)) continue
        assert.deepInclude({ ...result.failure.reason }, { provider: "acme-voice", status: 403, code: "ACME-7" })
        assert.isEmpty(leaked(result.failure, [token, "canary-secret"]))
      }
    }).pipe(Effect.scoped),
  )
})
