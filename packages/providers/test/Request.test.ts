/** Every request that a page prints is the request that we send, field by field. */
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { type Account, grantRequest, inspectionRequest, revocationRequest } from "../src/description/Provider.ts"
import * as Grant from "../src/token/Grant.ts"
import * as Ipex from "../src/vendors/Ipex.ts"
import * as Landstar from "../src/vendors/Landstar.ts"
import * as NetSapiens from "../src/vendors/NetSapiens.ts"
import * as SangomaCx from "../src/vendors/SangomaCx.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import type { TokenRequest } from "../src/wire/TokenRequest.ts"
import { type Curl, curl } from "./Page.ts"

const plain = (value: string | Redacted.Redacted<string>) =>
  Redacted.isRedacted(value) ? Redacted.value(value) : value

/** A request value as a page's curl would print it. */
const printed = (account: Account, request: TokenRequest): Curl => {
  const fields = Object.fromEntries(request.fields.map(([name, value]) => [name, plain(value)]))
  const { authorization } = request
  return {
    method: request.method,
    path: account.address.prefix + request.path,
    query: request.encoding === "query" ? fields : {},
    body: request.encoding === "query" ? {} : fields,
    authorization:
      authorization === undefined
        ? undefined
        : authorization._tag === "Bearer"
          ? `Bearer ${plain(authorization.token)}`
          : `Basic ${btoa(`${authorization.id}:${plain(authorization.secret)}`)}`,
  }
}

const granted = (account: Account, grant: Grant.Grant) =>
  printed(account, Result.getOrThrow(grantRequest(account, grant)))

const client = { id: "your-client-id", secret: "your-client-secret" }
const accountOf = <A>(configured: Result.Result<{ readonly account: A }, unknown>): A =>
  Result.getOrThrow(configured).account

const skyswitch = accountOf(SkySwitch.configure({ client }))
const landstar = accountOf(Landstar.configure({ client }))
const ipex = accountOf(Ipex.configure())
const sangoma = accountOf(
  SangomaCx.configure({
    client: { id: "sangoma-client-id", secret: "sangoma-client-secret" },
    scopes: ["cx.agent-calls", "cx.queue-calls"],
  }),
)

const secret = Redacted.make<string>
const first = Grant.password("111@abc-company", secret("1234"))
const refresh = Grant.refreshToken(secret("c7bf58a0247e02efc6ee4340f01ed629"))
const inspected = secret("3b9d3229d70b442e99e0dfa050473d63")

describe("SkySwitch", () => {
  it("signs in", () => {
    assert.deepStrictEqual(granted(skyswitch, first), curl("skyswitch/password"))
    const reseller = Grant.password("1000@acmecorp", secret("mypassword"))
    assert.deepStrictEqual(granted(skyswitch, reseller), curl("skyswitch/reseller"))
  })

  const challenge = {
    token: secret("51fdab21ca330f6b0c88b2a98ex8932s"),
    vendor: "google",
    type: "authenticator",
    lifetime: 3_600_000,
  }

  it("answers a challenge, with mfa_type in both spellings", () => {
    const page = curl("skyswitch/mfa")
    const ours = granted(skyswitch, Grant.passcode(challenge, secret("246802")))
    assert.deepStrictEqual(ours, { ...page, body: { ...page.body, mfa_type: "authenticator" } })
  })

  it("repeats username and password with a passcode only where it is told to", () => {
    const again = { username: "222@abc-company", password: secret("5678") }
    const grant = Grant.passcode(challenge, secret("246802"), again)
    assert.notProperty(granted(skyswitch, grant).body, "password")
    const told = accountOf(SkySwitch.configure({ client, passcodeRepeatsCredentials: true }))
    assert.include(granted(told, grant).body, { username: "222@abc-company", password: "5678" })
  })

  it("renews by GET as the page does, or by a form", () => {
    const page = curl("skyswitch/refresh")
    const byGet = accountOf(SkySwitch.configure({ client, refreshMethod: "GET" }))
    assert.deepStrictEqual(granted(byGet, refresh), page)
    assert.deepStrictEqual(granted(skyswitch, refresh), { ...page, method: "POST", query: {}, body: page.query })
  })

  it("masquerades below the prefix, or at the root as the page does", () => {
    const page = curl("skyswitch/masquerade")
    const grant = Grant.actAs("1001@acmecorp.12345.service", secret("1e465ded5f3b4536aa71313b239a8162"))
    assert.deepStrictEqual(granted(skyswitch, grant), { ...page, path: `/ns-api${page.path}` })
    const root = accountOf(SkySwitch.configure({ client, prefix: "/" }))
    assert.deepStrictEqual(granted(root, grant), page)
  })

  it("inspects and revokes", () => {
    const inspection = Result.getOrThrow(inspectionRequest(skyswitch, inspected))
    assert.deepStrictEqual(printed(skyswitch, inspection), curl("skyswitch/read"))
    const revocation = Result.getOrThrow(revocationRequest(skyswitch, inspected))
    assert.deepStrictEqual(printed(skyswitch, revocation), {
      method: "POST",
      path: "/ns-api/oauth2/revoke",
      query: {},
      authorization: undefined,
      body: { client_id: client.id, client_secret: client.secret, token: "3b9d3229d70b442e99e0dfa050473d63" },
    })
  })
})

describe("Landstar", () => {
  it("sends what its page prints", () => {
    assert.deepStrictEqual(granted(landstar, first), curl("landstar/password"))
    const byGet = accountOf(Landstar.configure({ client, refreshMethod: "GET" }))
    assert.deepStrictEqual(granted(byGet, refresh), curl("landstar/refresh"))
    const inspection = Result.getOrThrow(inspectionRequest(landstar, inspected))
    assert.deepStrictEqual(printed(landstar, inspection), curl("landstar/read"))
  })
})

describe("IPEX", () => {
  it("sends what its page prints, and the scope of its table", () => {
    const page = curl("ipex/password")
    const ours = granted(ipex, Grant.password("api-user@example.test", secret("ipex-password")))
    assert.deepStrictEqual(ours, { ...page, body: { ...page.body, scope: "openid profile" } })
    assert.deepStrictEqual(granted(ipex, Grant.refreshToken(secret("eyJhb..."))), curl("ipex/refresh"))
  })

  it("impersonates by JSON with a bearer and no client", () => {
    const ours = granted(ipex, Grant.actAs("someone@example.test", secret("eyJhb...")))
    assert.deepStrictEqual(ours, curl("ipex/impersonation"))
  })
})

describe("Sangoma CX", () => {
  it("sends what its page prints", () => {
    assert.deepStrictEqual(granted(sangoma, Grant.clientCredentials(sangoma.scopes)), curl("sangoma-cx/token"))
  })
})

describe("what a provider does not offer", () => {
  const refused = (result: Result.Result<unknown, { readonly reason: { readonly _tag: string } }>) =>
    Result.isFailure(result) ? result.failure.reason._tag : "offered"
  const acting = Grant.actAs("someone", secret("bearer"))
  const answer = Grant.passcode(
    { token: secret("partial"), vendor: "google", type: "authenticator", lifetime: 1 },
    secret("246802"),
  )

  it("is refused before anything is sent", () => {
    const limited = accountOf(NetSapiens.configure({ address: "pbx.example.test", client, capabilities: ["inspect"] }))
    for (const request of [
      grantRequest(landstar, acting),
      grantRequest(landstar, answer),
      grantRequest(ipex, answer),
      grantRequest(ipex, Grant.clientCredentials(["openid"])),
      grantRequest(sangoma, first),
      grantRequest(sangoma, refresh),
      grantRequest(sangoma, acting),
      grantRequest(limited, acting),
      inspectionRequest(ipex, inspected),
      inspectionRequest(sangoma, inspected),
      revocationRequest(ipex, inspected),
      revocationRequest(limited, inspected),
    ]) {
      assert.strictEqual(refused(request), "Misconfigured")
    }
    assert.strictEqual(refused(inspectionRequest(limited, inspected)), "offered")
  })
})
