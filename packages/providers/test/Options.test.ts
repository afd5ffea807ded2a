import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { configure } from "../src/configuration/Configuration.ts"
import { optionsOf } from "../src/configuration/OptionList.ts"
import { defineProvider } from "../src/definition/Definition.ts"
import type { OptionFields } from "../src/description/Options.ts"
import type { Provider } from "../src/description/Provider.ts"
import { families } from "../src/vendors/Catalog.ts"
import * as FreePbx from "../src/vendors/FreePbx.ts"
import * as NetSapiens from "../src/vendors/NetSapiens.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"

const base = {
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  addresses: { standard: "https://api.acme.example" },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "acme-app",
  signsInWith: "client",
  scopes: "optional",
  renewsWith: "sign_in",
  defaultLifetime: 3_600_000,
} as const

const define = <const F extends OptionFields>(options: F, id: string = base.id) =>
  defineProvider<Omit<typeof base, "id"> & { readonly id: string }, F>({
    ...base,
    id,
    options,
    grants: {
      ClientCredentials: () => ({ method: "POST", path: "/token", encoding: "form", fields: [] }),
    },
  })

const acme = define({
  tenant: {
    title: "Tenant",
    doc: "It is the name before .acme.example.",
    identifies: true,
    pattern: /[a-z]+|[a-z]+-\d+/g,
    example: "north-1",
  },
  region: { title: "Region", doc: "Where the tenant is.", identifies: true, default: "eu" },
  apiKey: { title: "API key", doc: "It is on the page of the app.", identifies: true, secret: true },
  note: { title: "Note", doc: "For the vendor's support.", identifies: false, optional: true },
})

const apiKey = "canary-key"

const account = (options: Parameters<typeof acme.configure>[0]) => Result.getOrThrow(acme.configure(options)).account

const refusal = (provider: Provider, options: unknown) => {
  const result = configure(provider, options)
  assert.isTrue(Result.isFailure(result))
  const { reason } = Result.isFailure(result) ? result.failure : assert.fail()
  assert.strictEqual(reason._tag, "Misconfigured")
  return reason._tag === "Misconfigured" ? reason : assert.fail()
}

describe("options of a vendor's own", () => {
  it("get into the account, with defaults, and secrets wrapped", () => {
    const { options } = account({ tenant: "north", apiKey })
    assert.deepStrictEqual(Object.keys(options ?? {}), ["tenant", "region", "apiKey"])
    assert.strictEqual(options?.tenant, "north")
    assert.strictEqual(options?.region, "eu")
    assert.strictEqual(Redacted.value(options?.apiKey as Redacted.Redacted<string>), apiKey)
    assert.strictEqual(account({ tenant: "north", apiKey, note: "hello" }).options?.note, "hello")
    const wrapped = Redacted.make(apiKey)
    assert.strictEqual(account({ tenant: "north", apiKey: wrapped }).options?.apiKey, wrapped)
    assert.notInclude(JSON.stringify(account({ tenant: "north", apiKey })), apiKey)
  })

  it("make the identity: what identifies, is no secret, and differs from its default", () => {
    assert.deepStrictEqual(account({ tenant: "north", apiKey, note: "x" }).identity, { tenant: "north" })
    assert.deepStrictEqual(account({ tenant: "north", apiKey, region: "eu" }).identity, { tenant: "north" })
    assert.deepStrictEqual(account({ tenant: "north", apiKey, region: "us" }).identity, {
      tenant: "north",
      region: "us",
    })
    const plain = define({ region: { title: "Region", doc: "Where.", identifies: true, default: "eu" } })
    assert.isUndefined(Result.getOrThrow(plain.configure({})).account.identity)
    assert.isUndefined(Result.getOrThrow(SkySwitch.configure({ client: { id: "x", secret: "y" } })).account.options)
  })

  it("are refused by name, with what to write, and never with the value", () => {
    const wrong: ReadonlyArray<readonly [unknown, string]> = [
      [{ apiKey }, "tenant"],
      [{ tenant: "", apiKey }, "tenant"],
      [{ tenant: null, apiKey }, "tenant"],
      [{ tenant: 1, apiKey }, "tenant"],
      [{ tenant: Redacted.make("north"), apiKey }, "tenant"],
      [{ tenant: "CANARY", apiKey }, "tenant"],
      [{ tenant: "north canary", apiKey }, "tenant"],
      [{ tenant: "north\ncanary", apiKey }, "tenant"],
      [{ tenant: "north", region: null, apiKey }, "region"],
      [{ tenant: "north", region: " canary", apiKey }, "region"],
      [{ tenant: "north" }, "apiKey"],
      [{ tenant: "north", apiKey: "" }, "apiKey"],
      [{ tenant: "north", apiKey: Redacted.make(1) }, "apiKey"],
      [{ tenant: "north", apiKey, note: {} }, "note"],
      [{ tenant: "north", apiKey, tennant: "x" }, "tennant"],
    ]
    for (const [options, field] of wrong) {
      const reason = refusal(acme, options)
      assert.strictEqual(reason.field, field)
      assert.match(reason.fix, /\.$/)
      assert.notMatch(JSON.stringify(reason), /canary/i)
    }
    assert.strictEqual(
      refusal(acme, { apiKey }).fix,
      "Expected the Tenant, like north-1. It is the name before .acme.example.",
    )
    assert.include(
      refusal(acme, { tennant: "x" }).fix,
      "It has: address, client, scopes, tenant, region, apiKey, note,",
    )
  })

  it("have the form of the whole text, each time", () => {
    for (const tenant of ["north", "north-1", "north", "north-12"]) {
      assert.strictEqual(account({ tenant, apiKey }).options?.tenant, tenant)
    }
    for (const tenant of ["north-", "1north", "north-1x"]) {
      assert.strictEqual(refusal(acme, { tenant, apiKey }).field, "tenant")
    }
  })
})

describe("a value that is wrong itself", () => {
  it("is refused when somebody configures it, as the provider", () => {
    const field = { title: "Tenant", doc: "Its name.", identifies: true }
    const wrong = [
      define({ tenant: field }, "Acme Voice"),
      define({ tenant: field }, ""),
      define({ address: field }),
      define({ client: field }),
      // It would have the variable of `client.id`.
      define({ clientId: field }),
      define({ basicEncoding: field }),
      define({ plainHttp: field }),
      define({ "tenant id": field }),
      define({ Tenant: field }),
      define({ tenant: { title: "Tenant", doc: "Its name." } } as never),
    ]
    for (const provider of wrong) {
      const reason = refusal(provider, { tenant: "north" })
      assert.strictEqual(reason.field, "provider")
      assert.match(reason.fix, /^(Expected|Give|Say) .*\.$/)
    }
  })
})

describe("the list of a provider's options", () => {
  const described = (provider: Provider) => optionsOf(provider).map(({ name }) => name)

  it("has exactly what `configure` takes, for every provider", () => {
    const atBrowser: Provider = { ...acme, signsInWith: "browser" }
    for (const provider of [acme, atBrowser, ...families.flat()]) {
      assert.strictEqual(new Set(described(provider)).size, described(provider).length)
      const top = new Set(described(provider).map((name) => name.split(".")[0]))
      const taken = /It has: (.*)\.$/.exec(refusal(provider, { noSuchOption: 1 }).fix)?.[1]?.split(", ")
      assert.deepStrictEqual([...top].sort(), [...(taken ?? [])].sort())
    }
  })

  it("has a password only where there is a way in by one", () => {
    for (const provider of families.flat()) {
      const has = described(provider).includes("credentials.password")
      assert.strictEqual(has, provider.dialect.grants.Password !== undefined, provider.id)
    }
    const credentials = { username: "maria", password: "made-up" }
    const client = { id: "an-app", secret: "made-up" }
    const { field, fix } = refusal(FreePbx.delegated, { address: "pbx.example.com", client, credentials })
    assert.strictEqual(field, "credentials")
    assert.match(fix, /has no such option. It has: address, prefix, client, refreshToken,/)
  })

  it("says of each what a person must know", () => {
    const list = optionsOf(acme)
    assert.deepStrictEqual(
      list.map(({ variable }) => variable),
      [
        "PBX_AUTH_ADDRESS",
        "PBX_AUTH_CLIENT_ID",
        "PBX_AUTH_SCOPES",
        "PBX_AUTH_TENANT",
        "PBX_AUTH_REGION",
        "PBX_AUTH_API_KEY",
        "PBX_AUTH_NOTE",
        // The command has a flag for the one, and does not take the other.
        undefined,
        undefined,
      ],
    )
    assert.deepInclude(list, {
      name: "region",
      title: "Region",
      doc: "Where the tenant is.",
      secret: false,
      optional: true,
      default: "eu",
      example: undefined,
      identifies: true,
      standard: false,
      variable: "PBX_AUTH_REGION",
    })
    const secrets = optionsOf(SkySwitch.provider).filter(({ secret }) => secret)
    assert.deepStrictEqual(
      secrets.map(({ variable }) => variable),
      ["PBX_AUTH_CLIENT_SECRET", "PBX_AUTH_PASSWORD", "PBX_AUTH_REFRESH_TOKEN"],
    )
    for (const { doc, title } of optionsOf(NetSapiens.provider)) assert.match(`${title}: ${doc}`, /^[A-Z].*: .*\.$/)
  })
})
