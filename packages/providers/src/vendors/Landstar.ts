/**
 * Landstar Telecom, a NetSapiens operator. Its page describes no second factor and no masquerading.
 * Source: https://www.landstartel.co/knowledge-base/getting-an-access-token.
 */
import type * as Result from "effect/Result"
import { type CapabilitiesOf, definePlainProvider } from "../definition/Definition.ts"
import type { OptionsOf } from "../description/Options.ts"
import type { Configured, Quirk } from "../description/Provider.ts"
import type { AuthError } from "../error/AuthError.ts"
import * as NetSapiens from "./NetSapiens.ts"

const page = "https://www.landstartel.co/knowledge-base/getting-an-access-token"

/** The provider as a value. */
export const provider = /* @__PURE__ */ definePlainProvider({
  id: "landstar",
  name: "Landstar",
  page,
  dialect: NetSapiens.dialect,
  addresses: { standard: "https://portal.landstartel.co", prefix: "/ns-api", prefixOption: true },
  clientAuthentication: "form",
  // "Please request a Client ID and Secret from Support if you currently do not have a Client ID and Secret."
  clientSecret: "required",
  // "Any valid Subscriber username and password that can log into the Manager portals."
  signsInWith: "password",
  defaultLifetime: NetSapiens.defaultLifetime,
  renewsWith: "refresh_token",
  capabilities: ["inspect", "revoke"],
  accessLevels: ["Basic User", "Office Manager"],
})

/** What it can do: inspect and revoke tokens. */
export type Capabilities = CapabilitiesOf<typeof provider>

/** What a user writes. */
export interface Options extends OptionsOf<typeof provider> {}

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
  provider.configure(options)
