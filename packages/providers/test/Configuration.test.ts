import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Configuration from "../src/configuration/Configuration.ts"
import { defineProvider } from "../src/definition/Definition.ts"
import { form } from "../src/description/Presentation.ts"
import type { AuthError } from "../src/error/AuthError.ts"
import * as Ipex from "../src/vendors/Ipex.ts"
import * as Landstar from "../src/vendors/Landstar.ts"
import * as NetSapiens from "../src/vendors/NetSapiens.ts"
import * as SangomaCx from "../src/vendors/SangomaCx.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"

const field = (result: Result.Result<unknown, AuthError>): string => {
  if (Result.isSuccess(result)) return "fine"
  const { reason, remedy } = result.failure
  assert.strictEqual(remedy, "configure")
  assert.strictEqual(reason._tag, "Misconfigured")
  return reason._tag === "Misconfigured" && reason.fix.endsWith(".") ? reason.field : "no fix"
}

const client = { id: "your-client-id", secret: "your-client-secret" }
const credentials = { username: "111@abc-company", password: "1234" }

const skyswitch = (more: object) => field(SkySwitch.configure({ client, credentials, ...more } as never))
const sangoma = (more: object) => field(SangomaCx.configure({ client, scopes: ["cx.agent-calls"], ...more } as never))
const ipex = (more: object) => field(Ipex.configure({ credentials, ...more } as never))
const netsapiens = (more: object) =>
  field(NetSapiens.configure({ address: "pbx.example.test", client, ...more } as never))

const acme = {
  id: "acme",
  name: "Acme",
  page: "https://acme.example/tokens",
  addresses: { standard: "https://acme.example" },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "acme-app",
  renewsWith: "refresh_token",
  defaultLifetime: 3_600_000,
} as const
const asked = () => form("/token", [])

describe("what a value takes", () => {
  it("sends a refresh token by the first of its methods", () => {
    const grants = { Password: asked, RefreshToken: asked }
    for (const refreshMethods of [["GET"], ["GET", "POST"], ["POST"]] as const) {
      const provider = defineProvider({ ...acme, signsInWith: "password", refreshMethods, grants })
      const { account } = Result.getOrThrow(Configuration.configure(provider, {}))
      assert.strictEqual(account.settings.refreshMethod, refreshMethods[0])
    }
  })

  it("is no password where the client signs in, whatever grants there are", () => {
    const grants = { ClientCredentials: asked, Password: asked, RefreshToken: asked }
    const provider = defineProvider({ ...acme, signsInWith: "client", grants })
    assert.strictEqual(field(Configuration.configure(provider, { credentials })), "credentials")
  })
})

describe("configure", () => {
  it("wraps secrets on entry, and takes them wrapped", () => {
    for (const secret of ["canary-secret", Redacted.make("canary-secret")]) {
      const { account, credentials } = Result.getOrThrow(
        SkySwitch.configure({
          client: { id: "your-client-id", secret },
          credentials: { username: "111@abc-company", password: secret },
        }),
      )
      assert.strictEqual(Redacted.value(account.client.secret ?? Redacted.make("")), "canary-secret")
      assert.strictEqual(Redacted.value(credentials?.password ?? Redacted.make("")), "canary-secret")
      assert.notInclude(JSON.stringify({ account, credentials }), "canary-secret")
    }
  })

  it("fills in what the pages say", () => {
    const { account, credentials } = Result.getOrThrow(Ipex.configure())
    assert.deepStrictEqual(account.address, { origin: "https://auth.voipex.io", prefix: "" })
    assert.deepStrictEqual(account.client, { id: "api", secret: undefined })
    assert.deepStrictEqual(account.scopes, ["openid", "profile"])
    assert.deepStrictEqual(account.settings, {
      refreshMethod: "POST",
      passcodeRepeatsCredentials: false,
      basicEncoding: "raw",
      deadline: 15_000,
    })
    assert.isUndefined(credentials)
  })

  it("refuses what is no object", () => {
    for (const options of [undefined, null, "x", 1, [], Redacted.make({})]) {
      assert.strictEqual(field(SkySwitch.configure(options as never)), "options")
    }
  })

  it("refuses empty secrets, names and lists by their field", () => {
    assert.strictEqual(skyswitch({}), "fine")
    assert.strictEqual(skyswitch({ client: undefined }), "client")
    assert.strictEqual(skyswitch({ client: "id:secret" }), "client")
    assert.strictEqual(skyswitch({ client: { ...client, id: "" } }), "client.id")
    assert.strictEqual(skyswitch({ client: { ...client, id: " padded " } }), "client.id")
    assert.strictEqual(skyswitch({ client: { id: "x" } }), "client.secret")
    assert.strictEqual(skyswitch({ client: { id: "x", secret: "" } }), "client.secret")
    assert.strictEqual(skyswitch({ client: { id: "x", secret: Redacted.make("") } }), "client.secret")
    assert.strictEqual(skyswitch({ client: { id: "x", secret: Redacted.make(1) } }), "client.secret")
    assert.strictEqual(skyswitch({ credentials: {} }), "credentials.username")
    assert.strictEqual(skyswitch({ credentials: { ...credentials, password: "" } }), "credentials.password")
    assert.strictEqual(skyswitch({ credentials: { ...credentials, username: "" } }), "credentials.username")
    assert.strictEqual(skyswitch({ credentials: undefined }), "fine")
    assert.strictEqual(sangoma({ scopes: [] }), "scopes")
    assert.strictEqual(sangoma({ scopes: undefined }), "scopes")
    assert.strictEqual(sangoma({ scopes: "cx.agent-calls" }), "scopes")
    assert.strictEqual(sangoma({ scopes: ["cx.agent-calls cx.queue-calls"] }), "scopes")
    assert.strictEqual(ipex({ scopes: [] }), "scopes")
    assert.strictEqual(ipex({ scopes: ["openid"] }), "fine")
  })

  it("refuses options that the provider does not have", () => {
    assert.strictEqual(skyswitch({ adress: "x" }), "adress")
    assert.strictEqual(skyswitch({ scopes: ["x"] }), "scopes")
    assert.strictEqual(skyswitch({ basicEncoding: "raw" }), "basicEncoding")
    assert.strictEqual(skyswitch({ client: { ...client, sercet: "x" } }), "client.sercet")
    assert.strictEqual(skyswitch({ credentials: { ...credentials, passcode: "1" } }), "credentials.passcode")
    assert.strictEqual(skyswitch({ "my secret is hunter2": 1 }), "options")
    assert.strictEqual(
      field(Landstar.configure({ client, passcodeRepeatsCredentials: true } as never)),
      "passcodeRepeatsCredentials",
    )
    assert.strictEqual(sangoma({ credentials }), "credentials")
    assert.strictEqual(sangoma({ prefix: "/x" }), "prefix")
    assert.strictEqual(sangoma({ refreshMethod: "GET" }), "refreshMethod")
    assert.strictEqual(ipex({ client: { id: "api", secret: "x" } }), "client.secret")
    assert.strictEqual(ipex({ prefix: "/x" }), "prefix")
  })

  it("refuses wrong values", () => {
    assert.strictEqual(skyswitch({ address: 1 }), "address")
    assert.strictEqual(skyswitch({ address: { id: "12345" } }), "address")
    assert.strictEqual(skyswitch({ prefix: 1 }), "prefix")
    assert.strictEqual(skyswitch({ refreshMethod: "PUT" }), "refreshMethod")
    assert.strictEqual(skyswitch({ passcodeRepeatsCredentials: "yes" }), "passcodeRepeatsCredentials")
    assert.strictEqual(skyswitch({ trailingSlash: "no" }), "trailingSlash")
    for (const deadline of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "15000", 600_001]) {
      assert.strictEqual(skyswitch({ deadline }), "deadline")
    }
    assert.strictEqual(sangoma({ basicEncoding: "base64" }), "basicEncoding")
    assert.strictEqual(sangoma({ client: { id: "a:b", secret: "x" } }), "client.id")
    assert.strictEqual(sangoma({ client: { id: "a:b", secret: "x" }, basicEncoding: "form" }), "fine")
  })

  it("takes an operator that was described beforehand", () => {
    const operator = NetSapiens.make({ name: "Acme Voice", address: "pbx.example.test", capabilities: ["inspect"] })
    const { account } = Result.getOrThrow(Configuration.configure(operator, { client }))
    assert.deepStrictEqual(account.address, { origin: "https://pbx.example.test", prefix: "/ns-api" })
    const elsewhere = Result.getOrThrow(Configuration.configure(operator, { client, address: "http://127.0.0.1:1" }))
    assert.strictEqual(elsewhere.account.address.origin, "http://127.0.0.1:1")
    const nowhere = NetSapiens.make({ address: "http://pbx.example.test", capabilities: [] })
    assert.strictEqual(field(nowhere.configure({ client } as never)), "address")
    // Where the value is checked, too, the one who configures an account is not to blame.
    assert.strictEqual(field(Configuration.configure(nowhere, { client })), "provider")
  })

  it("lets NetSapiens alone have a client without a secret, and operators with less", () => {
    assert.strictEqual(netsapiens({}), "fine")
    assert.strictEqual(netsapiens({ client: { id: "x" } }), "fine")
    assert.strictEqual(netsapiens({ client: { id: "x", secret: "" } }), "client.secret")
    assert.strictEqual(netsapiens({ address: undefined }), "address")
    assert.strictEqual(netsapiens({ capabilities: ["fly"] }), "capabilities")
    assert.strictEqual(netsapiens({ capabilities: "passcode" }), "capabilities")
    assert.strictEqual(netsapiens({ capabilities: [] }), "fine")
    assert.strictEqual(field(NetSapiens.configure(undefined as never)), "address")
    const passcodeRepeatsCredentials = true
    assert.strictEqual(
      netsapiens({ capabilities: ["inspect"], passcodeRepeatsCredentials }),
      "passcodeRepeatsCredentials",
    )
  })

  it("refuses options that throw when they are looked at, and a secret that was wiped", () => {
    const thrown = () => {
      throw new Error("canary")
    }
    for (const options of [
      new Proxy({}, { ownKeys: thrown }),
      Object.defineProperty({}, "client", { get: thrown, enumerable: true }),
    ]) {
      assert.strictEqual(field(Configuration.configure(SkySwitch.provider, options)), "options")
      assert.notInclude(JSON.stringify(Configuration.configure(SkySwitch.provider, options)), "canary")
    }
    const secret = Redacted.make("wiped")
    Redacted.wipeUnsafe(secret)
    assert.strictEqual(field(SkySwitch.configure({ client: { id: "id", secret } })), "client.secret")
  })
})
