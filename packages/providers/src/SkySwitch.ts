/**
 * SkySwitch, a NetSapiens operator. Source: https://pbx.readme.io/reference ("Getting an Access Token").
 */
import type * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import type * as Address from "./Address.ts"
import type { AuthError } from "./AuthError.ts"
import * as Configuration from "./Configuration.ts"
import * as NetSapiens from "./NetSapiens.ts"
import type { Configured, Provider } from "./Provider.ts"

/** What it can do: answer a second factor, act for another user, inspect and revoke tokens. */
export type Capabilities = "passcode" | "act_as" | "inspect" | "revoke"

/** What a user writes. */
export interface Options {
  /** A branded portal, or a reseller's node by `Address.reseller("12345")`. Default `https://pbx.skyswitch.com`. */
  readonly address?: Address.Input | undefined
  /** `"/"` for endpoints at the root, as the page's masquerade sample has them. Default `/ns-api`. */
  readonly prefix?: string | undefined
  /** "Please request a Client ID and Secret from Support if you currently do not have a Client ID and Secret." */
  readonly client: {
    /** The client id that the vendor's support issued. */
    readonly id: string
    /** The secret that came with it. */
    readonly secret: string | Redacted.Redacted<string>
  }
  /** "Any valid Subscriber username and password that can log into the Manager portals." If absent, you pass them at sign-in. */
  readonly credentials?: Configuration.CredentialsInput | undefined
  /**
   * A refresh token from elsewhere, instead of credentials: for unattended work after a person has passed a second factor once. Its
   * successors are stored under it, so pass the same one, with the same store, after a restart.
   */
  readonly refreshToken?: string | Redacted.Redacted<string> | undefined
  /** `GET` puts secrets into URLs, as the page does. Default `POST`. */
  readonly refreshMethod?: "POST" | "GET" | undefined
  /** "You do not need to send the username or password again." Default false. */
  readonly passcodeRepeatsCredentials?: boolean | undefined
  /** For one request, headers and body together, in ms. Default 15 000. */
  readonly deadline?: number | undefined
  /**
   * Whether the token endpoint's path ends with a slash. Some servers answer only one of the two, and redirect the other or do not
   * know it. Default: as the provider's page prints it.
   */
  readonly trailingSlash?: boolean | undefined
}

/** The provider as a value. */
export const provider: Provider<Capabilities> = {
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
  clientSecret: "required",
  signsInWith: "password",
  scopes: "none",
  defaultLifetime: NetSapiens.defaultLifetime,
  renewal: NetSapiens.renewal,
  renewsWith: "refresh_token",
  // The page prints the same refresh token after a renewal; other sources say that it rotates (NetSapiens' platform).
  rotation: "unknown",
  capabilities: new Set<Capabilities>(["passcode", "act_as", "inspect", "revoke"]),
  accessLevels: ["Basic User", "Office Manager", "Reseller"],
}

/** Checks a user's options. Fails as `Misconfigured`, naming the field and what to write instead. */
export const configure = (options: Options): Result.Result<Configured<Capabilities>, AuthError> =>
  Configuration.configure(provider, options)
