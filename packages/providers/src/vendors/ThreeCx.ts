/**
 * 3CX v20, by an API client (Integrations > API). Its token serves the Configuration API and the Call Control API. Each system has its own
 * host, so you always give the address. Sources: https://www.3cx.com/docs/configuration-rest-api/ and the vendor's own example,
 * https://github.com/3cx/xapi-tutorial (`auth.ts`).
 */
import type * as Result from "effect/Result"
import { type CapabilitiesOf, defineProvider } from "../definition/Definition.ts"
import type { OptionsOf } from "../description/Options.ts"
import { form } from "../description/Presentation.ts"
import type { Configured, Quirk } from "../description/Provider.ts"
import type { AuthError } from "../error/AuthError.ts"

const page = "https://www.3cx.com/docs/configuration-rest-api/"
const example = "https://github.com/3cx/xapi-tutorial"

/** The provider as a value. */
export const provider = /* @__PURE__ */ defineProvider({
  id: "3cx",
  name: "3CX",
  page,
  // No default: `https://mycompany.3cx.us`, or a host of your own.
  addresses: { plainHttpOption: true },
  clientAuthentication: "form",
  // "After successfully creating a new API instance, you will receive an API key": Integrations > API.
  clientSecret: "required",
  signsInWith: "client",
  // Each system names its own clients, so two systems may have the same client id.
  clientIdsBy: "address",
  // The client has its department and role from the Admin Console. A request names none.
  scopes: "none",
  // The figure that the reply has, 60, in minutes.
  defaultLifetime: 3_600_000,
  renewsWith: "sign_in",
  rotation: "none",
  // "Only one access token can be created at a time."
  liveTokens: { cap: 1 },
  grants: {
    ClientCredentials: () => form("/connect/token", [["grant_type", "client_credentials"]]),
  },
  // The token's own `exp` comes first: sources differ on the unit of `expires_in` (see the quirk).
  reply: { lifetime: ["jwt", { field: "expires_in", unit: "min" }, "page"] },
})

/** What it can do: nothing beyond signing in. */
export type Capabilities = CapabilitiesOf<typeof provider>

/** What a user writes. */
export interface Options extends OptionsOf<typeof provider> {}

/** Its quirks. */
export const quirks: ReadonlyArray<Quirk> = [
  {
    name: "life_in_minutes",
    page: "https://www.powershellgallery.com/packages/3CX/0.0.12",
    sentence: "(Get-Date).AddMinutes($obj.Token.expires_in)",
    answer:
      "The reply says 60. The vendor's own example reads seconds, this module minutes. We believe the token's own `exp`. Without one we read minutes, and a rejected token is replaced at once.",
  },
  {
    name: "one_token_lives",
    page: example,
    sentence: "only one access token can be created at a time",
    answer:
      "A new token ends the one before. Let all processes of one client share a store, or give each its own API client. A call that is rejected asks again with the new token.",
  },
]

/** Checks a user's options. Fails as `Misconfigured`, naming the field and what to write instead. */
export const configure = (options: Options): Result.Result<Configured<never>, AuthError> => provider.configure(options)
