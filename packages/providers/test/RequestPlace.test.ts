/** A request goes to the place that its value and the account's address name, whatever stands in its path. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { definePlainProvider, defineProvider } from "../src/definition/Definition.ts"
import { form } from "../src/description/Presentation.ts"
import type { Account } from "../src/description/Provider.ts"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import { authorizationUrl } from "../src/request/AuthorizationRequest.ts"
import * as Grant from "../src/token/Grant.ts"
import { overBoth } from "./Transports.ts"

const client = { id: "acme-app", secret: "canary-secret" }
const origin = "https://api.acme.example"
const common = {
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  clientAuthentication: "form",
  clientSecret: "required",
  signsInWith: "client",
  renewsWith: "sign_in",
  defaultLifetime: 3_600_000,
} as const

/** Three requests with one path: a grant, a question, and a revocation. */
const requests = (path: string) => ({
  grants: { ClientCredentials: () => form(path, [["grant_type", "client_credentials"]]) },
  inspection: (bearer: Redacted.Redacted<string>) => form(path, [["token", bearer]]),
  revocation: (bearer: Redacted.Redacted<string>) => form(path, [["token", bearer]]),
})

const defined = (path: string, prefix = "") =>
  defineProvider({
    ...common,
    addresses: { standard: origin, prefix },
    capabilities: ["inspect", "revoke"],
    ...requests(path),
  })

const plain = (path: string) =>
  definePlainProvider({
    ...common,
    addresses: { standard: origin, prefix: "", prefixOption: false },
    capabilities: ["inspect", "revoke"],
    accessLevels: [],
    dialect: { id: "acme", challenges: false, refreshMethods: ["POST"], verdicts: [], ...requests(path) },
  })

const accountOf = (provider: ReturnType<typeof defined> | ReturnType<typeof plain>): Account =>
  Result.getOrThrow(provider.configure({ client })).account

/** Where all three requests of an account go over both transports, and what comes of each. */
const asked = Effect.fnUntraced(function* (account: Account) {
  const sent: Array<string> = []
  const fetch: typeof globalThis.fetch = async (input) => {
    sent.push(input instanceof Request ? input.url : String(input))
    return Response.json({ access_token: "a-token", expires_in: 60, active: true })
  }
  const outcomes = yield* Effect.gen(function* () {
    const endpoint = yield* TokenEndpoint
    const token = Redacted.make("a-token")
    return [
      yield* Effect.result(Effect.asVoid(endpoint.present(account, Grant.clientCredentials([])))),
      yield* Effect.result(Effect.asVoid(endpoint.inspect(account, token))),
      yield* Effect.result(endpoint.revoke(account, token)),
    ]
  }).pipe(overBoth(fetch))
  return { outcomes: outcomes.flat(), sent }
})

/** A slash is forgotten, or an option stands in the path: what it may hold. */
const elsewhere = [
  "oauth/token",
  ".evil.example/token",
  "@evil.example/token",
  ":8443/token",
  "//evil.example/token",
  "/\\evil.example/token",
  "https://evil.example/token",
  "/../admin/token",
  "/tenants/../../admin/token",
  "/%2e%2e/admin/token",
  "/./token",
  "/north#/token",
  "/north?x=#/token",
  "/a b/token",
  "/\t/evil.example",
  "",
]

describe("a path that leads elsewhere is refused by a value of defineProvider", () => {
  for (const path of elsewhere) {
    it.live(`sends nothing by the path ${JSON.stringify(path)}, and says how to write it`, () =>
      Effect.gen(function* () {
        for (const prefix of ["", "/api"]) {
          const { outcomes, sent } = yield* asked(accountOf(defined(path, prefix)))
          assert.isEmpty(sent)
          assert.lengthOf(outcomes, 6)
          for (const outcome of outcomes) {
            const { reason } = Result.isFailure(outcome) ? outcome.failure : assert.fail("It was sent.")
            assert.deepInclude({ ...reason }, { _tag: "Misconfigured", field: "provider" })
            assert.include(String("fix" in reason && reason.fix), "encodeURIComponent")
          }
        }
      }),
    )
  }

  it.live("sends each request to its path, below the prefix, and so does an option that is encoded", () =>
    Effect.gen(function* () {
      const tenant = encodeURIComponent("north/../?#@ ü")
      for (const path of ["/oauth/token", "/oauth2/token/", "/", "/a..b/.c", "/token?v=1", `/${tenant}/token`]) {
        const { outcomes, sent } = yield* asked(accountOf(defined(path, "/api")))
        assert.deepStrictEqual(sent, Array(6).fill(`${origin}/api${path}`))
        assert.isTrue(Result.isSuccess(outcomes[0] ?? assert.fail()))
      }
    }),
  )
})

describe("a path never changes the origin of a plain value", () => {
  for (const path of elsewhere) {
    it.live(`sends to no other origin, with the path ${JSON.stringify(path)}`, () =>
      Effect.gen(function* () {
        const { sent } = yield* asked(accountOf(plain(path)))
        assert.lengthOf(sent, 6)
        for (const one of sent) assert.strictEqual(new URL(one).origin, origin)
      }),
    )

    it(`opens no page of another origin, with the path ${JSON.stringify(path)}`, () => {
      const account = accountOf(plain("/token"))
      const dialect = { ...account.provider.dialect, authorization: { path } }
      const asked = { redirectUri: "https://app.example/back", state: "state", codeChallenge: "challenge" }
      const url = authorizationUrl({ ...account, provider: { ...account.provider, dialect } }, asked)
      assert.strictEqual(new URL(Redacted.value(url ?? assert.fail())).origin, origin)
    })
  }
})
