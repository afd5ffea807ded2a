/** Token endpoints that answer only one spelling of their path: the error names the option, and the option helps. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Configured } from "../src/description/Provider.ts"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import type { AuthError } from "../src/error/AuthError.ts"
import type * as Grant from "../src/token/Grant.ts"
import * as Ipex from "../src/vendors/Ipex.ts"
import * as NetSapiens from "../src/vendors/NetSapiens.ts"
import * as FetchTransport from "../src/wire/FetchTransport.ts"

/** A server that knows its token endpoint by one spelling, and what it does with the other. */
const serverOf = async (
  path: string,
  other: (url: string) => { readonly status: number; readonly location?: string },
) => {
  const server = createServer((request, response) => {
    request.resume()
    const asked = (request.url ?? "").replace(/\?.*/, "")
    if (asked === path) return response.end(JSON.stringify({ access_token: "a", refresh_token: "r", expires_in: 3600 }))
    const { location, status } = other(asked)
    response.writeHead(status, { "content-type": "text/html", ...(location !== undefined && { location }) })
    response.end("<html>")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const toggled = (url: string) => (url.endsWith("/") ? url.slice(0, -1) : `${url}/`)

const others = {
  "redirects the other spelling": (url: string) => ({ status: 301, location: toggled(url) }),
  "redirects it with a 308 and a query": (url: string) => ({ status: 308, location: `${toggled(url)}?from=slash` }),
  "does not know the other spelling": () => ({ status: 404 }),
  "knows it for another method": () => ({ status: 405 }),
}

const password: Grant.Grant = { _tag: "Password", username: "111@abc-company", password: Redacted.make("1234") }
const refresh: Grant.Grant = { _tag: "RefreshToken", refreshToken: Redacted.make("r") }

const present = (configured: Result.Result<Configured, AuthError>, grant: Grant.Grant) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const { account } = yield* Effect.fromResult(configured)
      return yield* (yield* TokenEndpoint).present(account, grant)
    }).pipe(Effect.provide(Layer.provide(TokenEndpoint.layer, FetchTransport.layer())), Effect.result),
  )

const client = { id: "your-client-id", secret: "your-client-secret" }
const netsapiens = (address: string) => (more: object) => NetSapiens.configure({ address, client, ...more })
const ipex = (address: string) => (more: object) => Ipex.configure({ address, ...more })

const endpoints = [
  ["without a closing slash", "/ns-api/oauth2/token", netsapiens, false],
  ["with a closing slash", "/token/", ipex, true],
] as const

describe("a token endpoint that answers", () => {
  for (const [how, path, providerAt, trailingSlash] of endpoints) {
    for (const [what, other] of Object.entries(others)) {
      it(`only ${how}, and ${what}`, async () => {
        const at = providerAt(await serverOf(path, other))
        const refused = await present(at({}), password)
        assert.isTrue(Result.isFailure(refused))
        const { reason } = (refused as Result.Failure<never, AuthError>).failure
        assert.include(reason._tag === "Misconfigured" && reason.fix, `set trailingSlash: ${trailingSlash}`)
        for (const grant of [password, refresh]) {
          assert.isTrue(Result.isSuccess(await present(at({ trailingSlash }), grant)), grant._tag)
        }
      })
    }
  }

  it("both spellings is asked by the page's own", async () => {
    const both = await serverOf("/ns-api/oauth2/token/", () => ({ status: 404 }))
    for (const options of [{}, { trailingSlash: true }, { refreshMethod: "GET" }]) {
      assert.isTrue(Result.isSuccess(await present(netsapiens(both)(options), refresh)))
    }
  })

  it("somewhere else is not mistaken for the other spelling", async () => {
    for (const location of ["/ns-api/login", "http://127.0.0.1:9/ns-api/oauth2/token", "::no url"]) {
      const address = await serverOf("/nowhere", () => ({ status: 302, location }))
      const refused = await present(netsapiens(address)({}), password)
      const reason = Result.isFailure(refused) ? refused.failure.reason : undefined
      assert.include(reason?._tag === "Misconfigured" && reason.fix, "Use the final address")
    }
  })
})
