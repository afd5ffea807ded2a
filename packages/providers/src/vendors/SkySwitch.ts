/**
 * SkySwitch, a NetSapiens operator. Source: https://pbx.readme.io/reference ("Getting an Access Token").
 */
import type * as Result from "effect/Result"
import { type CapabilitiesOf, definePlainProvider } from "../definition/Definition.ts"
import type { OptionsOf } from "../description/Options.ts"
import type { Configured } from "../description/Provider.ts"
import type { AuthError } from "../error/AuthError.ts"
import * as NetSapiens from "./NetSapiens.ts"

/** The provider as a value. */
export const provider = /* @__PURE__ */ definePlainProvider({
  id: "skyswitch",
  name: "SkySwitch",
  page: "https://pbx.readme.io/reference",
  dialect: NetSapiens.dialect,
  addresses: {
    standard: "https://pbx.skyswitch.com",
    prefix: "/ns-api",
    prefixOption: true,
    resellerSuffix: "-hpbx.dashmanager.com",
  },
  clientAuthentication: "form",
  // "Please request a Client ID and Secret from Support if you currently do not have a Client ID and Secret."
  clientSecret: "required",
  // "Any valid Subscriber username and password that can log into the Manager portals."
  signsInWith: "password",
  defaultLifetime: NetSapiens.defaultLifetime,
  renewsWith: "refresh_token",
  // The page prints the same refresh token after a renewal; other sources say that it rotates (NetSapiens' platform).
  rotation: "unknown",
  capabilities: ["passcode", "act_as", "inspect", "revoke"],
  accessLevels: ["Basic User", "Office Manager", "Reseller"],
})

/** What it can do: answer a second factor, act for another user, inspect and revoke tokens. */
export type Capabilities = CapabilitiesOf<typeof provider>

/** What a user writes. The address may be a branded portal, or a reseller's node by `Address.reseller("12345")`. */
export interface Options extends OptionsOf<typeof provider> {}

/** Its quirks: those of the platform. */
export const quirks = NetSapiens.quirks

/** Checks a user's options. Fails as `Misconfigured`, naming the field and what to write instead. */
export const configure = (options: Options): Result.Result<Configured<Capabilities>, AuthError> =>
  provider.configure(options)
