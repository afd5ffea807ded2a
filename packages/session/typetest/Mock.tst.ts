/** What an app's unit test may leave out of a session. */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { describe, expect, test } from "tstyche"
import { Ipex } from "../src/Ipex.ts"
import { Landstar } from "../src/Landstar.ts"
import { SangomaCx } from "../src/SangomaCx.ts"
import { SkySwitch } from "../src/SkySwitch.ts"
import * as SessionTest from "../src/testing/SessionTest.ts"

declare const accessToken: Effect.Effect<Redacted.Redacted<string>, AuthError>

describe("a mock", () => {
  test("needs the members alone that the app calls", () => {
    expect(Layer.mock(SkySwitch, { accessToken })).type.toBe<Layer.Layer<SkySwitch>>()
    expect(Layer.mock(Landstar, { accessToken })).type.toBe<Layer.Layer<Landstar>>()
    expect(Layer.mock(Ipex, { accessToken })).type.toBe<Layer.Layer<Ipex>>()
    expect(Layer.mock(SangomaCx, { accessToken })).type.toBe<Layer.Layer<SangomaCx>>()
  })

  test("has no members of another type", () => {
    expect(Layer.mock).type.not.toBeCallableWith(SkySwitch, { accessToken: "text" })
  })
})

describe("SessionTest.layer", () => {
  test("gives the service", () => {
    expect(SessionTest.layer(SkySwitch)).type.toBe<Layer.Layer<SkySwitch>>()
    expect(SessionTest.layer(Ipex, { accessToken: "one" })).type.toBe<Layer.Layer<Ipex>>()
  })

  test("takes no member that the provider does not have", () => {
    expect(SessionTest.layer).type.not.toBeCallableWith(Landstar, {}, { submitPasscode: () => accessToken })
  })
})
