/**
 * Landstar Telecom, a NetSapiens operator. Its page describes no second factor and no masquerading.
 * Source: https://www.landstartel.co/knowledge-base/getting-an-access-token.
 */
import type * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import type * as Address from "./Address.ts"
import type { AuthError } from "./AuthError.ts"
import * as Configuration from "./Configuration.ts"
import * as NetSapiens from "./NetSapiens.ts"
import type { Configured, Provider, Quirk } from "./Provider.ts"

/** What it can do: inspect and revoke tokens. */
export type Capabilities = "inspect" | "revoke"

const page = "https://www.landstartel.co/knowledge-base/getting-an-access-token"

/** What a user writes. */
export interface Options {
  /** Default `https://portal.landstartel.co`. */
  readonly address?: Address.Input | undefined
  /** Default `/ns-api`. */
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
  id: "landstar",
  name: "Landstar",
  page,
  dialect: NetSapiens.dialect,
  addresses: { standard: "https://portal.landstartel.co", prefix: "/ns-api", prefixOption: true },
  clientAuthentication: "form",
  clientSecret: "required",
  signsInWith: "password",
  scopes: "none",
  defaultLifetime: NetSapiens.defaultLifetime,
  renewal: NetSapiens.renewal,
  renewsWith: "refresh_token",
  rotation: "unknown",
  capabilities: new Set<Capabilities>(["inspect", "revoke"]),
  accessLevels: ["Basic User", "Office Manager"],
}

/** Its quirks. `Catalog` lists them with the provider. */
export const quirks: ReadonlyArray<Quirk> = [
  {
    ...NetSapiens.quirks.refreshByGet,
    page,
    sentence:
      "curl–location –request GET ‘https://portal.landstartel.co/ns-api/oauth2/token/?grant_type=refresh_token&client_id=your-client-id&client_secret=your-client-secret&refresh_token=c7bf58a0247e02efc6ee4340f01ed629’",
  },
  { ...NetSapiens.quirks.expiresWithoutZone, page, sentence: "“expires”: “2020-06-11 21:04:14”" },
  { ...NetSapiens.quirks.readEchoesToken, page, sentence: "“token”: “3b9d3229d70b442e99e0dfa050473d63”" },
  NetSapiens.quirks.revokeUndocumented,
  {
    ...NetSapiens.quirks.challengeInSuccess,
    answer:
      "The page describes no second factor, but the platform has one. We tell a challenge from a success here too, and refuse it as PasscodeRequired.",
  },
]

/** Checks a user's options. Fails as `Misconfigured`, naming the field and what to write instead. */
export const configure = (options: Options): Result.Result<Configured<Capabilities>, AuthError> =>
  Configuration.configure(provider, options)
