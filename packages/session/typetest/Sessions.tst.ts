/** A registry gives what the provider can do, and acts for others where it can. */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Ipex from "@pbx-auth/providers/Ipex"
import * as Landstar from "@pbx-auth/providers/Landstar"
import * as SangomaCx from "@pbx-auth/providers/SangomaCx"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import type * as Effect from "effect/Effect"
import type { HttpClient } from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import { describe, expect, test } from "tstyche"
import type * as ApiKey from "../src/ApiKey.ts"
import type * as Session from "../src/Session.ts"
import { type Outcome, Sessions } from "../src/Sessions.ts"

declare const sessions: Sessions["Service"]
declare const skyswitch: Session.Of<SkySwitch.Capabilities>
declare const landstar: Session.Of<Landstar.Capabilities>
declare const ipex: Session.Of<Ipex.Capabilities>
declare const work: Effect.Effect<number, "failed", "needed">
const client = { id: "id", secret: "secret" }

describe("a registry", () => {
  test("gives sessions of exactly their capabilities", () => {
    expect(sessions.session(SkySwitch.configure({ client }))).type.toBe<Effect.Effect<typeof skyswitch, AuthError>>()
    expect(sessions.session(Landstar.configure({ client }))).type.toBe<Effect.Effect<typeof landstar, AuthError>>()
    expect(sessions.session(Ipex.configure({}))).type.toBe<Effect.Effect<typeof ipex, AuthError>>()
    expect(sessions.session(SangomaCx.configure({ client, scopes: ["a"] }))).type.toBe<
      Effect.Effect<Session.Of<never>, AuthError>
    >()
  })

  test("acts for subjects where the provider can", () => {
    expect(sessions.forEachSubject(skyswitch, ["a"], () => work)).type.toBe<
      Effect.Effect<ReadonlyArray<Outcome<number, "failed">>, never, "needed">
    >()
    expect(sessions.forEachSubject(skyswitch, ["a"], (child) => child.inspect)).type.toBeAssignableTo<
      Effect.Effect<unknown>
    >()
    expect(sessions.forEachSubject(ipex, ["a"], (child) => child.accessToken)).type.toBeAssignableTo<
      Effect.Effect<unknown>
    >()
    expect(sessions.forEachSubject).type.not.toBeCallableWith(landstar, ["a"], () => work)
  })

  test("asks for a client of HTTP", () => {
    expect(Sessions.layer()).type.toBe<Layer.Layer<Sessions, AuthError, HttpClient>>()
  })

  test("a key neither acts for others, nor is inspected, nor takes a passcode", () => {
    expect<Effect.Success<ReturnType<typeof ApiKey.make>>>().type.toBe<Session.Session>()
  })

  test("a refresh token begins a session where there are any", () => {
    expect(SkySwitch.configure).type.toBeCallableWith({ client, refreshToken: "x" })
    expect(SangomaCx.configure).type.not.toBeCallableWith({ client, scopes: ["a"], refreshToken: "x" })
  })
})
