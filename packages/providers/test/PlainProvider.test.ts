/** Values that only the general grammar reads: they carry no code for more, and are refused if they need it. */
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { configure } from "../src/configuration/Configuration.ts"
import type { Account, Dialect, Presentation, Provider } from "../src/description/Provider.ts"
import { grantRequest } from "../src/description/Provider.ts"
import * as Grant from "../src/token/Grant.ts"
import * as Ipex from "../src/vendors/Ipex.ts"
import * as Landstar from "../src/vendors/Landstar.ts"
import * as NetSapiens from "../src/vendors/NetSapiens.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"

const client = { id: "acme-app", secret: "made-up" }

describe("a plain provider", () => {
  it("has nothing that reads a grammar of its own, and is described as any other must be", () => {
    for (const provider of [SkySwitch.provider, Landstar.provider, NetSapiens.provider]) {
      assert.isUndefined(provider.ownGrammar)
      assert.isTrue(Result.isSuccess(configure(provider, { address: "https://pbx.example.com", client })))
    }
    assert.isDefined(Ipex.provider.ownGrammar)
  })
})

const { account } = Result.getOrThrow(SkySwitch.configure({ client }))

const signIn = (more: Partial<Provider>, { dialect = {}, presentation = {} }: Parts = {}) => {
  const plain = account.provider as unknown as Provider
  const form: Presentation = { method: "POST", path: "/token", encoding: "form", fields: [], ...presentation }
  const provider: Provider = {
    ...plain,
    ...more,
    dialect: { ...plain.dialect, grants: { Password: () => form }, ...dialect },
  }
  return grantRequest({ ...account, provider } as Account, Grant.password("maria", Redacted.make("made-up")))
}

interface Parts {
  readonly dialect?: Partial<Dialect>
  readonly presentation?: Partial<Presentation>
}

describe("a value that needs more than it carries", () => {
  const needs: ReadonlyArray<readonly [string, Partial<Provider>, Parts?]> = [
    ["HTTP Basic", { clientAuthentication: "basic" }],
    ["HTTP Basic for one request", {}, { presentation: { client: "basic" } }],
    ["a JSON body", {}, { presentation: { encoding: "json" } }],
    ["a nested body", {}, { presentation: { body: { a: 1 } } }],
    ["headers", {}, { presentation: { headers: [["x-api-key", "made-up"]] } }],
    ["rows of refusals", {}, { dialect: { refusals: [{ status: 401, reason: "BadCredentials" }] } }],
    ["a reply of another shape", {}, { dialect: { reply: { accessToken: "data.token" } } }],
    ["options of its own", { options: { tenant: { title: "Tenant", doc: "Its name.", identifies: true } } }],
    ["former names of its records", { formerAccounts: [() => undefined] }],
  ]
  for (const [what, more, parts] of needs) {
    it(`is refused, and one that carries it is not: ${what}`, () => {
      const refused = Result.getOrThrow(Result.flip(signIn(more, parts)))
      assert.deepInclude({ ...refused.reason }, { _tag: "Misconfigured", field: "provider" })
      const { ownGrammar } = Ipex.provider
      assert.isTrue(Result.isSuccess(signIn({ ...more, ownGrammar }, parts)))
    })
  }

  it("is not refused for what the general grammar reads", () => {
    assert.isTrue(Result.isSuccess(signIn({})))
    assert.isTrue(Result.isSuccess(signIn({ clientAuthentication: "none" }, { presentation: { encoding: "query" } })))
    assert.isTrue(Result.isSuccess(signIn({}, { dialect: { refusals: () => undefined } })))
  })
})
