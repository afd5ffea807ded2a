/** What a provider cannot do does not compile: neither on its Effect service, nor on its promise face. */

import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Inspection } from "@pbx-auth/providers/Token"
import * as Config from "effect/Config"
import type * as Effect from "effect/Effect"
import type { HttpClient } from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { describe, expect, test } from "tstyche"
import * as BearerHttpClient from "../src/BearerHttpClient.ts"
import { Ipex } from "../src/Ipex.ts"
import { Landstar } from "../src/Landstar.ts"
import {
  type openIpex,
  openLandstar,
  openSangomaCx,
  type openSkySwitch,
  type PromiseActingSession,
  type PromiseSessionOf,
} from "../src/Promises.ts"
import { SangomaCx } from "../src/SangomaCx.ts"
import type * as Session from "../src/Session.ts"
import { SkySwitch } from "../src/SkySwitch.ts"

declare const skyswitch: SkySwitch["Service"]
declare const landstar: Landstar["Service"]
declare const ipex: Ipex["Service"]
declare const sangoma: SangomaCx["Service"]

declare const promised: {
  readonly skyswitch: Awaited<ReturnType<typeof openSkySwitch>>
  readonly landstar: Awaited<ReturnType<typeof openLandstar>>
  readonly ipex: Awaited<ReturnType<typeof openIpex>>
  readonly sangoma: Awaited<ReturnType<typeof openSangomaCx>>
}

const client = { id: "id", secret: "secret" }

describe("acting for somebody", () => {
  test("compiles on SkySwitch and IPEX", () => {
    expect(skyswitch.actAs("1001@acmecorp.12345.service")).type.toBe<
      Effect.Effect<Session.ActingSession<"passcode" | "act_as" | "inspect" | "revoke">, AuthError, Scope.Scope>
    >()
    expect(ipex.actAs("someone@example.test")).type.toBe<
      Effect.Effect<Session.ActingSession<"act_as">, AuthError, Scope.Scope>
    >()
    expect(skyswitch.startActing("x")).type.toBe<Effect.Effect<SessionView, AuthError>>()
    expect(ipex.stopActing).type.toBe<Effect.Effect<SessionView>>()
    expect(promised.skyswitch.actAs("x")).type.toBe<
      Promise<PromiseActingSession<"passcode" | "act_as" | "inspect" | "revoke">>
    >()
    expect(promised.ipex.startActing("x")).type.toBe<Promise<SessionView>>()
  })

  test("does not compile on Landstar and Sangoma CX", () => {
    expect(landstar).type.not.toHaveProperty("actAs")
    expect(landstar).type.not.toHaveProperty("startActing")
    expect(landstar).type.not.toHaveProperty("stopActing")
    expect(sangoma).type.not.toHaveProperty("actAs")
    expect(sangoma).type.not.toHaveProperty("startActing")
    expect(sangoma).type.not.toHaveProperty("stopActing")
    expect(promised.landstar).type.not.toHaveProperty("actAs")
    expect(promised.landstar).type.not.toHaveProperty("startActing")
    expect(promised.sangoma).type.not.toHaveProperty("actAs")
    expect(promised.sangoma).type.not.toHaveProperty("stopActing")
  })
})

describe("a passcode", () => {
  test("compiles on SkySwitch", () => {
    expect(skyswitch.submitPasscode).type.toBeCallableWith({} as Redacted.Redacted<string>)
    expect(skyswitch.submitPasscode).type.not.toBeCallableWith("246802")
    expect(promised.skyswitch.submitPasscode).type.toBeCallableWith("246802")
  })

  test("does not compile elsewhere", () => {
    expect(landstar).type.not.toHaveProperty("submitPasscode")
    expect(ipex).type.not.toHaveProperty("submitPasscode")
    expect(sangoma).type.not.toHaveProperty("submitPasscode")
    expect(promised.landstar).type.not.toHaveProperty("submitPasscode")
    expect(promised.ipex).type.not.toHaveProperty("submitPasscode")
    expect(promised.sangoma).type.not.toHaveProperty("submitPasscode")
  })
})

describe("inspection", () => {
  test("compiles on SkySwitch and Landstar", () => {
    expect(skyswitch.inspect).type.toBe<Effect.Effect<Inspection, AuthError>>()
    expect(landstar.inspect).type.toBe<Effect.Effect<Inspection, AuthError>>()
    expect(promised.skyswitch.inspect()).type.toBe<Promise<Inspection>>()
    expect(promised.landstar.inspect()).type.toBe<Promise<Inspection>>()
  })

  test("does not compile on IPEX and Sangoma CX", () => {
    expect(ipex).type.not.toHaveProperty("inspect")
    expect(sangoma).type.not.toHaveProperty("inspect")
    expect(promised.ipex).type.not.toHaveProperty("inspect")
    expect(promised.sangoma).type.not.toHaveProperty("inspect")
  })
})

describe("a child", () => {
  type Child = Effect.Success<ReturnType<typeof skyswitch.actAs>>
  type IpexChild = Effect.Success<ReturnType<typeof ipex.actAs>>
  type Promised = Awaited<ReturnType<typeof promised.skyswitch.actAs>>
  type IpexPromised = Awaited<ReturnType<typeof promised.ipex.actAs>>

  test("hands out bearers, and is inspected where its parent is", () => {
    expect<Child["accessToken"]>().type.toBe<Effect.Effect<Redacted.Redacted<string>, AuthError>>()
    expect<Child["subject"]>().type.toBe<string>()
    expect<Child["inspect"]>().type.toBe<Effect.Effect<Inspection, AuthError>>()
    expect<Promised>().type.toHaveProperty("inspect")
    expect<IpexChild>().type.not.toHaveProperty("inspect")
    expect<IpexPromised>().type.not.toHaveProperty("inspect")
  })

  test("neither acts for somebody, nor signs in or out, nor answers a challenge", () => {
    expect<Child>().type.not.toHaveProperty("actAs")
    expect<Child>().type.not.toHaveProperty("startActing")
    expect<Child>().type.not.toHaveProperty("signOut")
    expect<Child>().type.not.toHaveProperty("signIn")
    expect<Child>().type.not.toHaveProperty("cancel")
    expect<Child>().type.not.toHaveProperty("submitPasscode")
    expect<Promised>().type.not.toHaveProperty("actAs")
    expect<Promised>().type.not.toHaveProperty("startActing")
    expect<Promised>().type.not.toHaveProperty("signOut")
    expect<Promised>().type.not.toHaveProperty("signIn")
    expect<Promised>().type.not.toHaveProperty("submitPasscode")
    expect<IpexChild>().type.not.toHaveProperty("actAs")
    expect<IpexChild>().type.not.toHaveProperty("signOut")
    expect<IpexPromised>().type.not.toHaveProperty("signOut")
  })
})

describe("every session", () => {
  test("signs in and out, and hands out bearers", () => {
    expect<SkySwitch["Service"]>().type.toBeAssignableTo<Session.Session>()
    expect<Landstar["Service"]>().type.toBeAssignableTo<Session.Session>()
    expect<Ipex["Service"]>().type.toBeAssignableTo<Session.Session>()
    expect<SangomaCx["Service"]>().type.toBe<Session.Session>()
    expect<SangomaCx["Service"]>().type.toBe<Session.Of<never>>()
    expect(sangoma.signOut).type.toBe<Effect.Effect<void>>()
    expect(sangoma.accessToken).type.toBe<Effect.Effect<Redacted.Redacted<string>, AuthError>>()
    expect(promised.sangoma.accessToken()).type.toBe<Promise<string>>()
    expect(promised.sangoma).type.toBe<PromiseSessionOf<never>>()
    expect(promised.ipex).type.toBeAssignableTo<AsyncDisposable>()
  })

  test("a password is wrapped for an Effect app, and may be a text for others", () => {
    expect(skyswitch.signIn).type.not.toBeCallableWith({ username: "x", password: "y" })
    expect(promised.skyswitch.signIn).type.toBeCallableWith({ username: "x", password: "y" })
    expect(promised.skyswitch.signIn).type.toBeCallableWith()
  })

  test("less can stand for more, and not the other way", () => {
    expect<SkySwitch["Service"]>().type.toBeAssignableTo<Landstar["Service"]>()
    expect<Landstar["Service"]>().type.not.toBeAssignableTo<SkySwitch["Service"]>()
    expect<Ipex["Service"]>().type.not.toBeAssignableTo<SkySwitch["Service"]>()
    expect<SangomaCx["Service"]>().type.not.toBeAssignableTo<Landstar["Service"]>()
  })
})

describe("layers", () => {
  test("ask for a client of HTTP, and fail as an AuthError", () => {
    expect(SkySwitch.layer({ client })).type.toBe<Layer.Layer<SkySwitch, AuthError, HttpClient>>()
    expect(SangomaCx.layer({ client, scopes: ["a"] })).type.toBe<Layer.Layer<SangomaCx, AuthError, HttpClient>>()
    expect(Ipex.layerConfig({})).type.toBe<Layer.Layer<Ipex, AuthError | Config.ConfigError, HttpClient>>()
  })

  test("take the options of their provider alone", () => {
    expect(Landstar.layer).type.not.toBeCallableWith({ client, passcodeRepeatsCredentials: true })
    expect(SangomaCx.layer).type.not.toBeCallableWith({ client })
    expect(Ipex.layer).type.not.toBeCallableWith({ client: { id: "id", secret: "secret" } })
    expect(openLandstar).type.not.toBeCallableWith({ client, scopes: ["x"] })
    expect(openSangomaCx).type.not.toBeCallableWith({ client })
  })

  test("read any part of the options from the app's configuration", () => {
    const read = { id: Config.String("ID"), secret: Config.Redacted("SECRET") }
    expect(SkySwitch.layerConfig).type.toBeCallableWith({ client: read })
    expect(SkySwitch.layerConfig).type.toBeCallableWith({ client: { ...read, id: "written" }, deadline: 5_000 })
    expect(SkySwitch.layerConfig).type.toBeCallableWith({ client: Config.all(read), address: Config.String("ADDRESS") })
    expect(SkySwitch.layerConfig).type.not.toBeCallableWith({
      client: { id: Config.Number("ID"), secret: read.secret },
    })
    expect(SkySwitch.layerConfig).type.not.toBeCallableWith({})
    expect(SkySwitch.layerConfig).type.not.toBeCallableWith({ client: read, scopes: ["x"] })
  })
})

describe("a client for calls", () => {
  test("takes a session or a child, and adds its error", () => {
    expect(BearerHttpClient.make).type.toBeCallableWith(skyswitch)
    expect(BearerHttpClient.make).type.toBeCallableWith({} as Effect.Success<ReturnType<typeof ipex.actAs>>)
    expect(BearerHttpClient.make).type.not.toBeCallableWith(promised.skyswitch)
  })
})
