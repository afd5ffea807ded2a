/** A made-up provider where people sign in at a browser, and sessions with it. */
import * as BrowserVendor from "@pbx-auth/emulator/BrowserVendor"
import { codeGrants } from "@pbx-auth/providers/AuthorizationRequest"
import { configure } from "@pbx-auth/providers/Configuration"
import { deviceGrants } from "@pbx-auth/providers/DeviceAuthorization"
import type { Presentation, Provider } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { harness } from "./Harness.ts"

const posted = (fields: Presentation["fields"]): Presentation => ({
  method: "POST",
  path: "/token",
  encoding: "form",
  fields,
})

export const provider: Provider<"browser"> = {
  id: "browser-vendor",
  name: "Browser Vendor",
  page: "https://vendor.example/tokens",
  dialect: {
    id: "browser-vendor",
    challenges: false,
    refreshMethods: ["POST"],
    verdicts: [],
    authorization: { path: "/authorize", issuer: BrowserVendor.issuer },
    grants: {
      ...codeGrants({ token: "/token" }),
      ...deviceGrants({ authorization: "/device_authorization", token: "/token" }),
      RefreshToken: ({ refreshToken }) =>
        posted([
          ["grant_type", "refresh_token"],
          ["refresh_token", refreshToken],
        ]),
    },
  },
  addresses: { standard: "https://vendor.example", prefix: "", prefixOption: false },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: BrowserVendor.clientId,
  signsInWith: "browser",
  scopes: "none",
  defaultLifetime: 3_600_000,
  renewal: {
    policy: "before_expiry",
    window: { fraction: 0.1, atMost: 300_000, jitter: 0 },
    margin: { fraction: 0.01, atMost: 30_000 },
  },
  renewsWith: "refresh_token",
  rotation: "strict",
  capabilities: new Set(["browser"] as const),
  accessLevels: [],
}

export const configured = (user: string, more: object = {}) => Result.getOrThrow(configure(provider, { user, ...more }))

/** The vendor, a clock for both, and sessions. */
export const signing = Effect.fnUntraced(function* (options: Partial<BrowserVendor.Options> = {}) {
  let now = () => Date.now()
  const vendor = BrowserVendor.make({ now: () => now(), ...options })
  const stage = yield* harness({ between: () => (input, init) => vendor.fetch(new Request(input, init)) })
  now = () => stage.clock.currentTimeMillisUnsafe()
  return { ...stage, vendor }
})
