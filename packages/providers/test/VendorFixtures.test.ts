/** Yeastar, RingCentral, FreePBX and NetSapiens v2 against what their pages or sources print: requests, replies and refusals. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { AuthError } from "../src/AuthError.ts"
import * as FetchTransport from "../src/FetchTransport.ts"
import * as FreePbx from "../src/FreePbx.ts"
import * as Grant from "../src/Grant.ts"
import * as NetSapiensV2 from "../src/NetSapiensV2.ts"
import type { Account, Configured } from "../src/Provider.ts"
import * as RingCentral from "../src/RingCentral.ts"
import type { Tokens } from "../src/Token.ts"
import { TokenEndpoint } from "../src/TokenEndpoint.ts"
import * as Yeastar from "../src/Yeastar.ts"
import { type Curl, curl, sample } from "./Page.ts"

const address = "https://vendor.example"

const accountOf = (configured: Result.Result<Configured, AuthError>): Account => Result.getOrThrow(configured).account

const yeastar = accountOf(
  Yeastar.provider.configure({ address, client: { id: "yeastar-client-id", secret: "yeastar-client-secret" } }),
)
const jwt = curl("ringcentral/jwt").body.assertion ?? ""
const ringcentral = accountOf(
  RingCentral.provider.configure({
    client: { id: "ringcentral-client-id", secret: "ringcentral-client-secret" },
    jwt,
  }),
)
const freepbx = accountOf(
  FreePbx.provider.configure({
    address,
    client: { id: "freepbx-client-id", secret: "freepbx-client-secret" },
    scopes: ["gql", "rest"],
  }),
)
const delegated = accountOf(
  FreePbx.delegated.configure({ address, client: { id: "freepbx-web-id", secret: "freepbx-web-secret" } }),
)
const netsapiens = accountOf(
  NetSapiensV2.provider.configure({ address, client: { id: "your-client-id", secret: "your-client-secret" } }),
)
const byKey = accountOf(
  NetSapiensV2.delegated.configure({
    address,
    apiKey: curl("netsapiens-v2/jwt-delegate").authorization?.slice("Bearer ".length) ?? "",
    user: "1001",
    domain: "acmecorp.12345.service",
  }),
)

/** What goes over the wire, as a page's curl prints it, and what comes of this reply. */
const exchanged = <A>(
  ask: (endpoint: TokenEndpoint["Service"]) => Effect.Effect<A, AuthError>,
  { body, status = 200 }: { readonly body: unknown; readonly status?: number },
) =>
  Effect.gen(function* () {
    const seen: Array<Curl> = []
    const network: typeof fetch = async (input, init) => {
      const url = new URL(String(input instanceof Request ? input.url : input))
      const headers = new Headers(init?.headers)
      const text = String(init?.body ?? "")
      const isJson = headers.get("content-type") === "application/json"
      seen.push({
        method: init?.method ?? "GET",
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        authorization: headers.get("authorization") ?? undefined,
        body: isJson ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text)),
      })
      return new Response(JSON.stringify(body), { status })
    }
    const layer = Layer.provide(TokenEndpoint.layer, FetchTransport.layer(network))
    const outcome = yield* Effect.result(Effect.provide(Effect.flatMap(TokenEndpoint, ask), layer))
    assert.lengthOf(seen, 1)
    return { outcome, sent: seen[0] as Curl }
  })

const presented = (account: Account, grant: Grant.Grant, reply: { readonly body: unknown; readonly status?: number }) =>
  exchanged((endpoint) => endpoint.present(account, grant), reply)

const tokensOf = (outcome: Result.Result<unknown, AuthError>): Tokens => {
  const reply = Result.getOrThrow(outcome) as { readonly tokens: Tokens }
  return reply.tokens
}

const client = Grant.clientCredentials([])
const refresh = (text: string) => Grant.refreshToken(Redacted.make(text))

interface Case {
  readonly name: string
  readonly account: Account
  readonly grant: Grant.Grant
  readonly request: string
  readonly reply: string
  /** s */
  readonly lives: readonly [number, number | undefined]
  /** The fields of the reply's tokens. */
  readonly fields?: readonly [string, string]
}

const cases: ReadonlyArray<Case> = [
  {
    name: "Yeastar: sign in",
    account: yeastar,
    grant: client,
    request: "yeastar/sign-in",
    reply: "yeastar/sign-in-reply",
    lives: [1_800, 86_400],
  },
  {
    name: "Yeastar: renew",
    account: yeastar,
    grant: refresh("SCduGecwbG9jIusiS8FxFUVn3kf0Q9R8"),
    request: "yeastar/refresh",
    reply: "yeastar/refresh-reply",
    lives: [1_800, 86_400],
  },
  {
    name: "RingCentral: sign in",
    account: ringcentral,
    grant: client,
    request: "ringcentral/jwt",
    reply: "ringcentral/jwt-reply",
    lives: [7_199, 604_799],
  },
  {
    name: "RingCentral: renew",
    account: ringcentral,
    grant: refresh("BCMDFUMDRKV1MwMXx5d5dwzLFL4ec6U1A0XMsUv935527jghj48"),
    request: "ringcentral/refresh",
    reply: "ringcentral/refresh-reply",
    lives: [7_199, 604_799],
  },
  {
    name: "FreePBX: sign in",
    account: freepbx,
    grant: Grant.clientCredentials(freepbx.scopes),
    request: "freepbx/client",
    reply: "freepbx/client-reply",
    lives: [3_600, undefined],
  },
  {
    name: "FreePBX: renew",
    account: delegated,
    grant: refresh("{{refresh_token}}"),
    request: "freepbx/refresh",
    reply: "freepbx/refresh-reply",
    lives: [3_600, undefined],
  },
  {
    name: "NetSapiens v2: sign in",
    account: netsapiens,
    grant: Grant.password("1000@acmecorp", Redacted.make("mypassword")),
    request: "netsapiens-v2/jwt",
    reply: "netsapiens-v2/jwt-reply",
    lives: [86_400, undefined],
    fields: ["token", "refresh"],
  },
  {
    name: "NetSapiens v2: renew",
    account: netsapiens,
    grant: refresh("{{refresh}}"),
    request: "netsapiens-v2/jwt-refresh",
    reply: "netsapiens-v2/jwt-reply",
    lives: [86_400, undefined],
    fields: ["token", "refresh"],
  },
  {
    name: "NetSapiens v2: for a user, by an API key",
    account: byKey,
    grant: client,
    request: "netsapiens-v2/jwt-delegate",
    reply: "netsapiens-v2/jwt-reply",
    lives: [86_400, undefined],
    fields: ["token", "refresh"],
  },
]

describe("what the pages print", () => {
  for (const { account, fields = ["access_token", "refresh_token"], grant, lives, name, reply, request } of cases) {
    it.effect(`is what is sent and read. ${name}`, () =>
      Effect.gen(function* () {
        const body = sample(reply)
        const { outcome, sent } = yield* presented(account, grant, { body })
        assert.deepStrictEqual(sent, curl(request))
        const { accessToken, lifetime, refreshLifetime, refreshToken } = tokensOf(outcome)
        assert.strictEqual(Redacted.value(accessToken), body[fields[0]])
        assert.strictEqual(refreshToken && Redacted.value(refreshToken), body[fields[1]])
        assert.deepStrictEqual([lifetime / 1_000, refreshLifetime && refreshLifetime / 1_000], lives)
      }),
    )
  }

  it.effect("revokes as they print it: in the query, or in the form", () =>
    Effect.gen(function* () {
      const revoked = (account: Account, request: string, token: string, body: unknown) =>
        Effect.gen(function* () {
          const bearer = Redacted.make(token)
          const { outcome, sent } = yield* exchanged((endpoint) => endpoint.revoke(account, bearer), { body })
          assert.deepStrictEqual(sent, curl(request))
          assert.isTrue(Result.isSuccess(outcome))
        })
      yield* revoked(yeastar, "yeastar/revoke", "0OPU6QwU1phKcYMzntmmLrn1SNvGeNJt", sample("yeastar/revoke-reply"))
      yield* revoked(ringcentral, "ringcentral/revoke", "U0pDMDFQMDFKV1MwMXwJ_W7L1fG4eGXBW9Pp-otywzriCw", {})
    }),
  )
})

/** Reason and code of a refusal. */
const refusal = (account: Account, grant: Grant.Grant, reply: { readonly body: unknown; readonly status?: number }) =>
  Effect.map(presented(account, grant, reply), ({ outcome }) => {
    const { reason, remedy } = Result.getOrThrow(Result.flip(outcome))
    return [reason._tag, "code" in reason ? reason.code : undefined, remedy]
  })

describe("Yeastar's table of numbers", () => {
  /** What each number means to a sign-in and to a renewal. */
  const meant: Readonly<Record<string, ReadonlyArray<string | undefined>>> = {
    "-2": ["Unavailable", "Unavailable"],
    "-1": ["Unavailable", "Unavailable"],
    "10001": ["Misconfigured", "Misconfigured"],
    "10002": ["Misconfigured", "Misconfigured"],
    "10003": ["Misconfigured", "Misconfigured"],
    "10004": ["ClientRefused", "RenewalRefused"],
    "10005": ["ClientRefused", "RenewalRefused"],
    "10009": ["ClientRefused", "Unavailable"],
    "40001": ["ClientRefused", "Unavailable"],
    "40002": ["ClientRefused", "RenewalRefused"],
    "60002": ["Throttled", "Throttled"],
    "70004": ["Throttled", "Throttled"],
    "70082": ["Unavailable", "Unavailable"],
    "70084": ["ClientRefused", "Unavailable"],
    "70087": ["ClientRefused", "Unavailable"],
  }

  for (const [number, errmsg] of Object.entries(sample("yeastar/errors"))) {
    if (number === "0") continue
    it.effect(`${number}: ${errmsg}`, () =>
      Effect.gen(function* () {
        const reply = { body: { errcode: Number(number), errmsg } }
        const [signIn] = yield* refusal(yeastar, client, reply)
        const [renewal] = yield* refusal(yeastar, refresh("made-up"), reply)
        assert.deepStrictEqual([signIn, renewal], meant[number])
      }),
    )
  }
})

describe("RingCentral's refusals", () => {
  const refusals = sample("ringcentral/errors") as Record<string, { readonly status: number; readonly body: unknown }>
  const of = (name: string) => refusals[name] as { readonly status: number; readonly body: unknown }

  it.effect("of a JWT are for a person, and of a refresh token for the next sign-in", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* refusal(ringcentral, client, of("JWT")), [
        "Misconfigured",
        "invalid_grant",
        "configure",
      ])
      for (const name of ["OAU-210", "OAU-213"]) {
        const [tag, code] = yield* refusal(ringcentral, refresh("made-up"), of(name))
        assert.deepStrictEqual([tag, code], ["RenewalRefused", "invalid_grant"])
      }
    }),
  )

  it.effect("of the client are the client's, for every grant", () =>
    Effect.gen(function* () {
      for (const name of ["OAU-123", "OAU-153", "OAU-251", "OAU-250"]) {
        assert.strictEqual((yield* refusal(ringcentral, client, of(name)))[0], "ClientRefused", name)
      }
      assert.strictEqual((yield* refusal(ringcentral, refresh("made-up"), of("OAU-153")))[0], "ClientRefused")
    }),
  )
})

describe("FreePBX's refusals", () => {
  type Refusals = Record<string, { readonly status: number; readonly body: unknown }>
  const releases = sample("freepbx/errors") as Record<string, Refusals>

  for (const [release, refusals] of Object.entries(releases)) {
    it.effect(`release ${release}`, () =>
      Effect.gen(function* () {
        const of = (name: string) => refusals[name] as { readonly status: number; readonly body: unknown }
        const signIn = Grant.clientCredentials(["gql"])
        assert.deepStrictEqual(yield* refusal(freepbx, signIn, of("client")), [
          "ClientRefused",
          "invalid_client",
          "configure",
        ])
        assert.deepStrictEqual(yield* refusal(delegated, refresh("made-up"), of("refresh")), [
          "RenewalRefused",
          "invalid_request",
          "sign_in",
        ])
        assert.strictEqual((yield* refusal(freepbx, signIn, of("scope")))[0], "Misconfigured")
        assert.strictEqual((yield* refusal(freepbx, signIn, of("grant")))[0], "Misconfigured")
      }),
    )
  }
})
