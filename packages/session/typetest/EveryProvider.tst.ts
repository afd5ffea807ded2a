/** What each provider of the library cannot do does not compile: neither on an Effect session, nor on a session of promises. */
import type { CapabilitiesOf } from "@pbx-auth/providers/Definition"
import type * as EightByEight from "@pbx-auth/providers/EightByEight"
import type * as FreePbx from "@pbx-auth/providers/FreePbx"
import type * as Ipex from "@pbx-auth/providers/Ipex"
import type * as Landstar from "@pbx-auth/providers/Landstar"
import type * as NetSapiens from "@pbx-auth/providers/NetSapiens"
import type * as NetSapiensV2 from "@pbx-auth/providers/NetSapiensV2"
import type * as RingCentral from "@pbx-auth/providers/RingCentral"
import type * as SangomaCx from "@pbx-auth/providers/SangomaCx"
import type * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import type * as ThreeCx from "@pbx-auth/providers/ThreeCx"
import type * as Yeastar from "@pbx-auth/providers/Yeastar"
import type * as Zoom from "@pbx-auth/providers/Zoom"
import { describe, expect, test } from "tstyche"
import type { PromiseSessionOf } from "../src/Promises.ts"
import type * as Session from "../src/Session.ts"

/** Members that only some providers bring. */
type Special = "actAs" | "inspect" | "prompt" | "startActing" | "stopActing" | "submitPasscode"

/** Those that an Effect session at this provider has. */
type Can<P> = Extract<keyof Session.Of<CapabilitiesOf<P>>, Special>

/** Those that a session of promises has. */
type CanByPromises<P> = Extract<keyof PromiseSessionOf<CapabilitiesOf<P>>, Special>

type Acting = "actAs" | "startActing" | "stopActing"

describe("a session at each provider", () => {
  test("has what its page has, and nothing else", () => {
    expect<Can<typeof EightByEight.provider>>().type.toBe<never>()
    expect<Can<typeof FreePbx.delegated>>().type.toBe<never>()
    expect<Can<typeof FreePbx.provider>>().type.toBe<never>()
    expect<Can<typeof Ipex.provider>>().type.toBe<Acting>()
    expect<Can<typeof Landstar.provider>>().type.toBe<"inspect">()
    // An operator of the platform may have everything, the browser too.
    expect<Can<typeof NetSapiens.provider>>().type.toBe<Special>()
    expect<Can<typeof NetSapiensV2.delegated>>().type.toBe<never>()
    expect<Can<typeof NetSapiensV2.provider>>().type.toBe<"inspect" | "submitPasscode">()
    expect<Can<typeof RingCentral.provider>>().type.toBe<never>()
    expect<Can<typeof SangomaCx.provider>>().type.toBe<never>()
    expect<Can<typeof SkySwitch.provider>>().type.toBe<Acting | "inspect" | "submitPasscode">()
    expect<Can<typeof ThreeCx.provider>>().type.toBe<never>()
    expect<Can<typeof Yeastar.provider>>().type.toBe<never>()
    expect<Can<typeof Zoom.provider>>().type.toBe<never>()
  })

  test("has the same by promises", () => {
    expect<CanByPromises<typeof Ipex.provider>>().type.toBe<Can<typeof Ipex.provider>>()
    expect<CanByPromises<typeof Landstar.provider>>().type.toBe<Can<typeof Landstar.provider>>()
    expect<CanByPromises<typeof NetSapiensV2.provider>>().type.toBe<Can<typeof NetSapiensV2.provider>>()
    expect<CanByPromises<typeof SkySwitch.provider>>().type.toBe<Can<typeof SkySwitch.provider>>()
    expect<CanByPromises<typeof Yeastar.provider>>().type.toBe<never>()
    expect<CanByPromises<typeof Zoom.provider>>().type.toBe<never>()
  })
})
