/** Where types carry meaning: what a provider can do, and what a user may write. */

import type { Result } from "effect/Result"
import { describe, expect, test } from "tstyche"
import type { CapabilitiesOf } from "../src/definition/Definition.ts"
import type { Account, Configured, Provider } from "../src/description/Provider.ts"
import type { AuthError } from "../src/error/AuthError.ts"
import * as Ipex from "../src/vendors/Ipex.ts"
import * as Landstar from "../src/vendors/Landstar.ts"
import * as NetSapiens from "../src/vendors/NetSapiens.ts"
import * as SangomaCx from "../src/vendors/SangomaCx.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import * as Address from "../src/wire/Address.ts"

const client = { id: "id", secret: "secret" }

describe("capabilities", () => {
  test("are part of a provider's type", () => {
    expect<CapabilitiesOf<typeof SkySwitch.provider>>().type.toBe<"passcode" | "act_as" | "inspect" | "revoke">()
    expect<CapabilitiesOf<typeof Landstar.provider>>().type.toBe<"inspect" | "revoke">()
    expect<CapabilitiesOf<typeof Ipex.provider>>().type.toBe<"act_as">()
    expect<CapabilitiesOf<typeof SangomaCx.provider>>().type.toBe<never>()
    const operator = NetSapiens.make({ capabilities: ["inspect"] })
    expect<CapabilitiesOf<typeof operator>>().type.toBe<"inspect">()
    expect<Provider<"inspect">>().type.toBeAssignableFrom(operator)
    expect<Provider<"act_as">>().type.not.toBeAssignableFrom(operator)
  })

  test("get from the options into the account", () => {
    expect(Ipex.configure()).type.toBe<Result<Configured<"act_as">, AuthError>>()
    expect(NetSapiens.configure({ address: "x", client, capabilities: ["passcode"] })).type.toBe<
      Result<Configured<"passcode">, AuthError>
    >()
    expect(NetSapiens.configure({ address: "x", client })).type.toBe<
      Result<Configured<NetSapiens.Capabilities>, AuthError>
    >()
  })

  test("less is assignable to more, and not the other way", () => {
    expect<Account>().type.toBeAssignableFrom<Account<"inspect">>()
    expect<Account<"act_as">>().type.not.toBeAssignableFrom<Account<"inspect">>()
    expect<Account<"act_as">>().type.not.toBeAssignableFrom<Account>()
  })
})

describe("options", () => {
  test("have what the provider has", () => {
    expect(SkySwitch.configure).type.toBeCallableWith({ client, address: Address.reseller("12345") })
    expect(SkySwitch.configure).type.not.toBeCallableWith({ client, scopes: ["x"] })
    expect(SkySwitch.configure).type.not.toBeCallableWith({ client: { id: "id" } })
    expect(Landstar.configure).type.not.toBeCallableWith({ client, passcodeRepeatsCredentials: true })
    expect(NetSapiens.configure).type.toBeCallableWith({ address: "x", client: { id: "id" } })
    expect(NetSapiens.configure).type.not.toBeCallableWith({ client })
    expect(Ipex.configure).type.toBeCallableWith({})
    expect(Ipex.configure).type.not.toBeCallableWith({ client: { id: "id", secret: "secret" } })
    expect(SangomaCx.configure).type.not.toBeCallableWith({ client })
    expect(SangomaCx.configure).type.not.toBeCallableWith({
      client,
      scopes: ["x"],
      credentials: { username: "u", password: "p" },
    })
  })
})
