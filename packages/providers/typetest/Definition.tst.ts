/** Options as types: they follow from a provider's value. */

import type { Redacted } from "effect/Redacted"
import { describe, expect, test } from "tstyche"
import { type CapabilitiesOf, definePlainProvider, defineProvider } from "../src/definition/Definition.ts"
import type { NoSuchField, OnlyKnown } from "../src/definition/KnownFields.ts"
import type { OptionsOf, SecretInput } from "../src/description/Options.ts"
import type { Provider } from "../src/description/Provider.ts"
import { deviceGrants } from "../src/request/DeviceAuthorization.ts"
import type * as FreePbx from "../src/vendors/FreePbx.ts"
import type * as NetSapiensV2 from "../src/vendors/NetSapiensV2.ts"
import type * as SkySwitch from "../src/vendors/SkySwitch.ts"

const acme = defineProvider({
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  options: {
    tenant: { title: "Tenant", doc: "The name before .acme.example.", identifies: true },
    region: { title: "Region", doc: "Where the tenant is.", identifies: true, default: "eu" },
    apiKey: { title: "API key", doc: "The key of the app.", identifies: true, secret: true },
    note: { title: "Note", doc: "For the vendor's support.", identifies: false, optional: true },
  },
  addresses: { standard: "https://api.acme.example" },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "acme-app",
  signsInWith: "client",
  scopes: "optional",
  renewsWith: "sign_in",
  defaultLifetime: 3_600_000,
  capabilities: ["revoke"],
  grants: {
    ClientCredentials: ({ scopes }, { options }) => {
      expect(scopes).type.toBe<ReadonlyArray<string>>()
      expect(options.tenant).type.toBe<string>()
      expect(options.region).type.toBe<string>()
      expect(options.apiKey).type.toBe<Redacted<string>>()
      expect(options.note).type.toBe<string | undefined>()
      expect(options).type.not.toHaveProperty("other")
      return { method: "POST", path: "/token", encoding: "form", fields: [["tenant", options.tenant]] }
    },
  },
})

describe("a defined provider", () => {
  test("is a provider with its capabilities", () => {
    expect<Provider<"revoke">>().type.toBeAssignableFrom(acme)
    expect<CapabilitiesOf<typeof acme>>().type.toBe<"revoke">()
    expect<Provider<"inspect">>().type.not.toBeAssignableFrom(acme)
  })

  test("has no capability that it does not name", () => {
    const bare = defineProvider({
      id: "bare",
      name: "Bare",
      page: "https://bare.example",
      addresses: {},
      clientAuthentication: "basic",
      clientSecret: "optional",
      signsInWith: "password",
      renewsWith: "refresh_token",
      defaultLifetime: 1,
    })
    expect<CapabilitiesOf<typeof bare>>().type.toBe<never>()
    expect<keyof OptionsOf<typeof bare>>().type.toBe<
      "address" | "client" | "credentials" | "refreshToken" | "basicEncoding" | "deadline" | "trailingSlash"
    >()
    expect(bare.configure).type.toBeCallableWith({ address: "x", client: { id: "x" } })
    expect(bare.configure).type.not.toBeCallableWith({ client: { id: "x" } })
  })

  test("says of each option whether it identifies", () => {
    expect(defineProvider).type.not.toBeCallableWith({
      ...acme,
      options: { tenant: { title: "Tenant", doc: "The name before .acme.example." } },
    })
  })
})

describe("the options that follow from it", () => {
  test("are the standard ones that the value has, and its own", () => {
    expect<OptionsOf<typeof acme>>().type.toBe<{
      readonly address?: string | { readonly _tag: "Reseller"; readonly id: string } | undefined
      readonly client?: { readonly id: string } | undefined
      readonly scopes?: ReadonlyArray<string> | undefined
      readonly deadline?: number | undefined
      readonly trailingSlash?: boolean | undefined
      readonly tenant: string
      readonly region?: string | undefined
      readonly apiKey: SecretInput
      readonly note?: string | undefined
    }>()
  })

  test("are what `configure` takes", () => {
    expect(acme.configure).type.toBeCallableWith({ tenant: "north", apiKey: "made-up" })
    expect(acme.configure).type.not.toBeCallableWith({ apiKey: "made-up" })
    expect(acme.configure).type.not.toBeCallableWith({ tenant: "north" })
    expect(acme.configure).type.not.toBeCallableWith({ tenant: "north", apiKey: "made-up", tennant: "x" })
    expect(acme.configure).type.not.toBeCallableWith({ tenant: 1, apiKey: "made-up" })
    expect(acme.configure).type.not.toBeCallableWith({ tenant: "north", apiKey: "x", refreshToken: "x" })
    expect(acme.configure).type.not.toBeCallableWith({ tenant: "north", apiKey: "x", prefix: "/x" })
  })

  test("are the standard ones alone where the value declares none, wherever its grants come from", () => {
    const device = defineProvider({
      id: "device",
      name: "Device",
      page: "https://vendor.example/tokens",
      addresses: { standard: "https://vendor.example" },
      clientAuthentication: "none",
      clientSecret: "none",
      clientId: "app",
      signsInWith: "browser",
      renewsWith: "refresh_token",
      defaultLifetime: 1,
      capabilities: ["browser"],
      grants: deviceGrants({ authorization: "/device", token: "/token" }),
    })
    expect(device.configure).type.toBeCallableWith({ user: "ann", deadline: 1, trailingSlash: true })
    expect(device.configure).type.not.toBeCallableWith({ user: "ann", tenant: "north" })
  })

  test("have plain http where the value offers it, and nowhere else", () => {
    const usual = {
      id: "on-premises",
      name: "On Premises",
      page: "https://vendor.example/tokens",
      clientAuthentication: "none",
      clientSecret: "none",
      clientId: "app",
      signsInWith: "client",
      renewsWith: "sign_in",
      defaultLifetime: 1,
    } as const
    const offering = defineProvider({ ...usual, addresses: { plainHttpOption: true } })
    expect(offering.configure).type.toBeCallableWith({ address: "http://10.0.0.1", plainHttp: true })
    expect(offering.configure).type.not.toBeCallableWith({ address: "http://10.0.0.1", plainHttp: "yes" })
    expect<OptionsOf<typeof offering>["plainHttp"]>().type.toBe<boolean | undefined>()
    for (const other of [
      defineProvider({ ...usual, addresses: {} }),
      defineProvider({ ...usual, addresses: { plainHttpOption: false } }),
    ]) {
      expect(other.configure).type.not.toBeCallableWith({ address: "http://10.0.0.1", plainHttp: true })
    }
    expect(defineProvider).type.not.toBeCallableWith({ ...usual, addresses: { plainHttpOption: "yes" } })
  })
})

describe("a provider without a way in by password", () => {
  const usual = {
    id: "delegated",
    name: "Delegated",
    page: "https://delegated.example",
    addresses: { standard: "https://delegated.example" },
    clientAuthentication: "none",
    clientSecret: "none",
    clientId: "app",
    signsInWith: "password",
    renewsWith: "refresh_token",
    defaultLifetime: 1,
  } as const
  const posted = () => ({ method: "POST", path: "/token", encoding: "form", fields: [] }) as const

  test("takes a refresh token and no credentials", () => {
    const delegated = defineProvider({ ...usual, grants: { RefreshToken: posted } })
    expect(delegated.configure).type.toBeCallableWith({ refreshToken: "made-up" })
    expect(delegated.configure).type.not.toBeCallableWith({ credentials: { username: "maria", password: "made-up" } })

    const both = defineProvider({ ...usual, grants: { RefreshToken: posted, Password: posted } })
    expect(both.configure).type.toBeCallableWith({ refreshToken: "made-up" })
    expect(both.configure).type.toBeCallableWith({ credentials: { username: "maria", password: "made-up" } })
  })

  test("is one of the library's, too", () => {
    expect<OptionsOf<typeof FreePbx.delegated>>().type.not.toHaveProperty("credentials")
    expect<OptionsOf<typeof NetSapiensV2.provider>>().type.toHaveProperty("credentials")
    expect<OptionsOf<typeof SkySwitch.provider>>().type.toHaveProperty("credentials")
  })
})

describe("a plain provider", () => {
  const plain = {
    id: "plain",
    name: "Plain",
    page: "https://plain.example",
    addresses: { standard: "https://plain.example", prefix: "", prefixOption: false },
    clientAuthentication: "form",
    clientSecret: "optional",
    signsInWith: "password",
    renewsWith: "refresh_token",
    defaultLifetime: 1,
    capabilities: ["revoke"],
    accessLevels: [],
    dialect: { id: "plain", challenges: false, refreshMethods: ["POST"], verdicts: [], grants: {} },
  } as const

  test("has its capabilities, and nothing that its value has no code for", () => {
    expect<CapabilitiesOf<ReturnType<typeof definePlainProvider<typeof plain>>>>().type.toBe<"revoke">()
    expect(definePlainProvider).type.toBeCallableWith(plain)
    expect(definePlainProvider).type.not.toBeCallableWith({ ...plain, clientAuthentication: "basic" })
    expect(definePlainProvider).type.not.toBeCallableWith({ ...plain, signsInWith: "browser" })
    expect(definePlainProvider).type.not.toBeCallableWith({
      ...plain,
      addresses: { ...plain.addresses, plainHttpOption: true },
    })
    expect(definePlainProvider).type.not.toBeCallableWith({
      ...plain,
      options: { tenant: { title: "Tenant", doc: "Its name.", identifies: true } },
    })
    expect(definePlainProvider).type.toBeCallableWith({ ...plain, bearer: { in: "header", scheme: "Token" } as const })
    expect(definePlainProvider).type.not.toBeCallableWith({
      ...plain,
      bearer: { in: "header", refused: [{ field: "errcode", value: 10_004 }] } as const,
    })
    expect(definePlainProvider).type.not.toBeCallableWith({
      ...plain,
      dialect: { ...plain.dialect, reply: { accessToken: "token" } },
    })
    expect(definePlainProvider).type.not.toBeCallableWith({
      ...plain,
      dialect: { ...plain.dialect, challenge: { when: [{ field: "state", value: "otp" }] } },
    })
    expect(definePlainProvider).type.not.toBeCallableWith({
      ...plain,
      dialect: { ...plain.dialect, inspectionReply: { uid: "login" } },
    })
    expect(definePlainProvider).type.not.toBeCallableWith({
      ...plain,
      dialect: { ...plain.dialect, refusals: [{ status: 401, reason: "BadCredentials" }] },
    })
  })
})

describe("a field that no description has", () => {
  const base = {
    id: "acme-voice",
    name: "Acme Voice",
    page: "https://acme.example/tokens",
    addresses: { standard: "https://api.acme.example" },
    clientAuthentication: "none",
    clientSecret: "none",
    clientId: "acme-app",
    signsInWith: "client",
    renewsWith: "sign_in",
    defaultLifetime: 1,
  } as const
  const option = { title: "Key", doc: "The key.", identifies: true } as const
  const dialect = { id: "acme", challenges: false, refreshMethods: ["POST"], verdicts: [], grants: {} } as const
  const plain = {
    ...base,
    addresses: { prefix: "", prefixOption: false },
    capabilities: [],
    accessLevels: [],
    dialect,
  } as const

  test("is refused at the top", () => {
    expect(defineProvider).type.toBeCallableWith(base)
    expect(defineProvider).type.not.toBeCallableWith({ ...base, refusal: [] })
    expect(defineProvider).type.not.toBeCallableWith({ ...base, verdict: ["X"] })
    expect(defineProvider).type.not.toBeCallableWith({ ...base, bearers: { in: "query", name: "t" } })
    expect(defineProvider).type.not.toBeCallableWith({ ...base, clientIdBy: "address" })
  })

  test("is refused at any depth, also beside the fields that are needed", () => {
    expect(defineProvider).type.toBeCallableWith({ ...base, options: { key: { ...option, secret: true } } })
    expect(defineProvider).type.not.toBeCallableWith({ ...base, options: { key: { ...option, secrt: true } } })
    expect(defineProvider).type.not.toBeCallableWith({ ...base, options: { key: { ...option, patern: /x/ } } })
    expect(defineProvider).type.not.toBeCallableWith({ ...base, addresses: { perfix: "/api" } })
    expect(defineProvider).type.not.toBeCallableWith({ ...base, reply: { acessToken: "token" } })
    expect(defineProvider).type.not.toBeCallableWith({ ...base, refusals: [{ reason: "NotAllowed", feild: "x" }] })
    expect(defineProvider).type.not.toBeCallableWith({ ...base, renewal: { policy: "never", windows: {} } })
    expect(defineProvider).type.not.toBeCallableWith({ ...base, dialect: { ...dialect, code: ["X"] } })
    expect(defineProvider).type.not.toBeCallableWith({ ...base, bearer: { in: "query", name: "t", scheem: "x" } })
    expect(defineProvider).type.not.toBeCallableWith({
      ...base,
      grants: { RefreshTokn: () => ({ method: "POST", path: "/token", encoding: "form" }) },
    })
  })

  test("is refused beside a grammar of its own, which alone is read", () => {
    expect(defineProvider).type.toBeCallableWith({ ...base, dialect, rateLimits: [] })
    expect(defineProvider).type.not.toBeCallableWith({ ...base, dialect, codes: ["X"] })
    expect(defineProvider).type.not.toBeCallableWith({ ...acme, grants: {} })
  })

  test("is refused in a plain value", () => {
    expect(definePlainProvider).type.toBeCallableWith(plain)
    expect(definePlainProvider).type.not.toBeCallableWith({ ...plain, clientIdBy: "address" })
    expect(definePlainProvider).type.not.toBeCallableWith({ ...plain, dialect: { ...dialect, code: ["X"] } })
  })

  test("is named by the compiler", () => {
    expect<
      OnlyKnown<{ readonly a: 1; readonly b: { readonly c: "x" } }, { readonly b: { readonly d: "x" } }>
    >().type.toBe<{
      readonly a: NoSuchField<"a">
      readonly b: { readonly c: NoSuchField<"c"> }
    }>()
  })

  test("is not one that another value of `defineProvider` has", () => {
    expect(defineProvider).type.toBeCallableWith({ ...acme, id: "another" })
  })
})
