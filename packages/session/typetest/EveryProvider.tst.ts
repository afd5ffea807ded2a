/**
 * What each provider of the library cannot do does not compile: neither on an Effect session, nor on a session of promises. Its types are
 * compared with what its fixtures say, so `npm run providers -- --write` adds a provider here.
 */
import type { CapabilitiesOf } from "@pbx-auth/providers/Definition"
import type * as Ipex from "@pbx-auth/providers/Ipex"
import type * as Zoom from "@pbx-auth/providers/Zoom"
import { describe, expect, test } from "tstyche"
import type { PromiseSessionOf } from "../src/Promises.ts"
import type * as Session from "../src/Session.ts"
import type { ProviderCapabilities } from "./ProviderCapabilities.ts"

/** The members that a capability brings. Every session can revoke: it does so when it signs out. */
interface Brings {
  act_as: "actAs" | "startActing" | "stopActing"
  browser: "prompt"
  inspect: "inspect"
  passcode: "submitPasscode"
  revoke: never
}

/** Those of these members that an Effect session at this provider has. */
type Can<P> = Extract<keyof Session.Of<CapabilitiesOf<P>>, Brings[keyof Brings]>

/** Those that a session of promises has. */
type CanByPromises<P> = Extract<keyof PromiseSessionOf<CapabilitiesOf<P>>, Brings[keyof Brings]>

type Same<A, B> = [A, B] extends [B, A] ? true : false

/** The ids of the providers of which a session has other members than the page says. */
type Wrong<Providers> = {
  [Id in keyof Providers]: Providers[Id] extends [infer P, infer C extends keyof Brings]
    ? [Same<Can<P>, Brings[C]>, Same<CanByPromises<P>, Brings[C]>] extends [true, true]
      ? never
      : Id
    : Id
}[keyof Providers]

describe("a session at each provider", () => {
  test("has what its page has, and nothing else, with Effect and with promises", () => {
    expect<Wrong<ProviderCapabilities>>().type.toBe<never>()
  })

  test("is named if it has too much, too little, or something else", () => {
    expect<
      Wrong<{
        much: [typeof Ipex.provider, never]
        little: [typeof Zoom.provider, "inspect"]
        other: [typeof Ipex.provider, "passcode" | "browser"]
        right: [typeof Ipex.provider, "act_as" | "revoke"]
      }>
    >().type.toBe<"much" | "little" | "other">()
  })
})
