/** What a program has to provide, so that no token is kept in memory by mistake. */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Layer from "effect/Layer"
import { describe, expect, test } from "tstyche"
import type * as ServerSession from "../src/ServerSession.ts"
import { SessionRuntime } from "../src/SessionRuntime.ts"
import { type Options, SkySwitch } from "../src/SkySwitch.ts"
import { TokenStore } from "../src/TokenStore.ts"

declare const options: Options
declare const endpoint: Layer.Layer<TokenEndpoint>

describe("layerStored", () => {
  const live = SkySwitch.layerRuntime(options).pipe(Layer.provide(SessionRuntime.layerStored), Layer.provide(endpoint))

  test("asks for a store in its type", () => {
    expect(live).type.toBe<Layer.Layer<SkySwitch, AuthError, TokenStore>>()
  })

  test("is content with one, be it in memory", () => {
    expect(Layer.provide(live, TokenStore.layerMemory)).type.toBe<Layer.Layer<SkySwitch, AuthError>>()
  })
})

describe("layer", () => {
  test("of a runtime takes a store if there is one", () => {
    expect(Layer.provide(SessionRuntime.layer, endpoint)).type.toBe<Layer.Layer<SessionRuntime>>()
  })
})

describe("a server session's caller", () => {
  test("needs nothing by default", () => {
    expect<ServerSession.Options>().type.toBeAssignableTo<ServerSession.Options<TokenStore>>()
    expect<ServerSession.Options<TokenStore>>().type.not.toBeAssignableTo<ServerSession.Options>()
  })
})
