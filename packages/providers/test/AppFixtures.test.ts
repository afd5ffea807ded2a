/** Zoom, 8x8 and 3CX against what their pages or sources print: the request, the reply and the refusals. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { AuthError } from "../src/AuthError.ts"
import * as EightByEight from "../src/EightByEight.ts"
import * as FetchTransport from "../src/FetchTransport.ts"
import * as Grant from "../src/Grant.ts"
import type { Account, Configured } from "../src/Provider.ts"
import * as ThreeCx from "../src/ThreeCx.ts"
import { TokenEndpoint } from "../src/TokenEndpoint.ts"
import * as Zoom from "../src/Zoom.ts"
import { type Curl, curl, sample } from "./Page.ts"

const accountOf = (configured: Result.Result<Configured, AuthError>): Account => Result.getOrThrow(configured).account

const accounts = {
  zoom: accountOf(
    Zoom.configure({
      accountId: "ZoomAccountNorth00001",
      client: { id: "zoom-client-id", secret: "zoom-client-secret" },
    }),
  ),
  "8x8": accountOf(EightByEight.configure({ client: { id: "eght_client-id", secret: "8x8-client-secret" } })),
  "3cx": accountOf(
    ThreeCx.configure({ address: "mycompany.3cx.us", client: { id: "apiclient", secret: "3cx-api-key-north" } }),
  ),
} as const

/** What goes over the wire, and what comes of this reply. */
const presented = (account: Account, body: unknown, status = 200) =>
  Effect.gen(function* () {
    const seen: Array<{ readonly origin: string; readonly sent: Curl }> = []
    const network: typeof fetch = async (input, init) => {
      const url = new URL(String(input instanceof Request ? input.url : input))
      const sent = {
        method: init?.method ?? "GET",
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        authorization: new Headers(init?.headers).get("authorization") ?? undefined,
        body: Object.fromEntries(new URLSearchParams(String(init?.body))),
      }
      seen.push({ origin: url.origin, sent })
      return new Response(JSON.stringify(body), { status })
    }
    const layer = Layer.provide(TokenEndpoint.layer, FetchTransport.layer(network))
    const ask = Effect.flatMap(TokenEndpoint, (endpoint) => endpoint.present(account, Grant.clientCredentials([])))
    const outcome = yield* Effect.result(Effect.provide(ask, layer))
    assert.lengthOf(seen, 1)
    return { outcome, ...seen[0] }
  })

const refusals = [
  ["zoom", "client", { _tag: "ClientRefused", code: "invalid_client" }],
  ["zoom", "grant", { _tag: "Misconfigured", field: "client" }],
  ["zoom", "account", { _tag: "Misconfigured", field: "accountId", code: "invalid_request" }],
  ["8x8", "client", { _tag: "ClientRefused", code: "invalid_client" }],
  ["8x8", "grant", { _tag: "Misconfigured", field: "client" }],
  ["3cx", "client", { _tag: "ClientRefused", code: "invalid_client" }],
  ["3cx", "grant", { _tag: "Misconfigured", code: "unsupported_grant_type" }],
] as const

describe("fixtures", () => {
  for (const [id, origin, lifetime] of [
    ["zoom", "https://zoom.us", 3_600_000],
    ["8x8", "https://api.8x8.com", 1_799_000],
    ["3cx", "https://mycompany.3cx.us", 3_600_000],
  ] as const) {
    it.effect(`${id}: the request is the page's, and its reply is a token`, () =>
      Effect.gen(function* () {
        const { origin: asked, outcome, sent } = yield* presented(accounts[id], sample(`${id}/token-reply`))
        assert.strictEqual(asked, origin)
        assert.deepStrictEqual(sent, curl(`${id}/token`))
        const reply = Result.getOrThrow(outcome)
        assert.strictEqual(reply._tag, "Issued")
        if (reply._tag !== "Issued") return
        assert.strictEqual(Redacted.value(reply.tokens.accessToken), "YOUR_ACCESS_TOKEN")
        assert.strictEqual(reply.tokens.lifetime, lifetime)
        assert.isUndefined(reply.tokens.refreshToken)
      }),
    )
  }

  for (const [id, name, reason] of refusals) {
    it.effect(`${id}: the refusal "${name}" is ${reason._tag}`, () =>
      Effect.gen(function* () {
        const { body, status } = sample(`${id}/errors`)[name] as { readonly body: unknown; readonly status: number }
        const { outcome } = yield* presented(accounts[id], body, status)
        if (Result.isSuccess(outcome)) return assert.fail("no refusal")
        const { failure } = outcome
        assert.deepInclude({ ...failure.reason }, { ...reason, status })
        assert.strictEqual(failure.remedy, "configure")
      }),
    )
  }

  it("counts every refusal of the folders", () => {
    const listed = refusals.map(([id, name]) => `${id} ${name}`).sort()
    const there = Object.keys(accounts).flatMap((id) =>
      Object.keys(sample(`${id}/errors`)).map((name) => `${id} ${name}`),
    )
    assert.deepStrictEqual(listed, there.sort())
  })

  it.effect("another word for a bearer is one only where the value says so", () =>
    Effect.gen(function* () {
      const body = { ...sample("zoom/token-reply"), token_type: "BearerToken" }
      const { outcome } = yield* presented(accounts.zoom, body)
      assert.strictEqual(Result.isFailure(outcome) ? outcome.failure.reason._tag : "success", "Unreadable")
    }),
  )
})
