/** A provider of one's own: its service and its promise face have its capabilities and its options. */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import { defineProvider } from "@pbx-auth/providers/Definition"
import * as Config from "effect/Config"
import type { HttpClient } from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import { describe, expect, test } from "tstyche"
import { open } from "../src/PromiseProvider.ts"
import type { PromiseSession } from "../src/Promises.ts"
import { ProviderService } from "../src/ProviderService.ts"
import type { SangomaCx } from "../src/SangomaCx.ts"
import type * as Session from "../src/Session.ts"
import type { SessionRuntime } from "../src/SessionRuntime.ts"
import type { SkySwitch } from "../src/SkySwitch.ts"

const acme = defineProvider({
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  options: { tenant: { title: "Tenant", doc: "Its name.", identifies: true } },
  addresses: { standard: "https://api.acme.example" },
  clientAuthentication: "form",
  clientSecret: "required",
  signsInWith: "password",
  renewsWith: "refresh_token",
  defaultLifetime: 3_600_000,
  capabilities: ["inspect"],
})

class Acme extends ProviderService<Acme>()("test/Acme", acme) {}

const client = { id: "id", secret: "secret" }

declare const inspecting: Session.Of<"inspect">
declare const all: Session.Of<"passcode" | "act_as" | "inspect" | "revoke">
declare const none: Session.Of<never>

describe("the service of a provider", () => {
  test("has its capabilities", () => {
    expect<(typeof Acme)["Service"]>().type.toBe<typeof inspecting>()
    expect<(typeof SkySwitch)["Service"]>().type.toBe<typeof all>()
    expect<(typeof SangomaCx)["Service"]>().type.toBe<typeof none>()
  })

  test("takes its options", () => {
    expect(Acme.layer({ tenant: "north", client })).type.toBe<Layer.Layer<Acme, AuthError, HttpClient>>()
    expect(Acme.layerRuntime({ tenant: "north", client })).type.toBe<Layer.Layer<Acme, AuthError, SessionRuntime>>()
    expect(Acme.layer).type.not.toBeCallableWith({ client })
    expect(Acme.layerConfig).type.toBeCallableWith({ tenant: Config.String("TENANT"), client })
    expect(Acme.layerConfig).type.not.toBeCallableWith({ tenant: Config.Number("TENANT"), client })
  })
})

describe("`open`", () => {
  test("takes the options of the provider, and gives the methods that it has", () => {
    const opened = () => open(acme, { tenant: "north", client })
    expect<Awaited<ReturnType<typeof opened>>>().type.toHaveProperty("inspect")
    expect<Awaited<ReturnType<typeof opened>>>().type.not.toHaveProperty("actAs")
    expect<PromiseSession>().type.toBeAssignableFrom<Awaited<ReturnType<typeof opened>>>()
    expect(open).type.not.toBeCallableWith(acme, { client })
    expect(open).type.not.toBeCallableWith(acme, { tenant: "north", client, tennant: "x" })
  })
})
