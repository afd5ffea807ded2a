/**
 * IPEX. Source: https://ipexas.atlassian.net/wiki/spaces/VD/pages/626720808 ("Getting Started with the API PBX"); its
 * replies, which that page does not show, are described in the vendor's repository IpexCloud/voipex-docs.
 */
import type * as Result from "effect/Result"
import { beforeExpiry, type CapabilitiesOf, defineProvider } from "../definition/Definition.ts"
import { byEmail } from "../description/Naming.ts"
import type { OptionsOf } from "../description/Options.ts"
import { form } from "../description/Presentation.ts"
import type { Configured, Dialect, Quirk } from "../description/Provider.ts"
import type { AuthError } from "../error/AuthError.ts"

const page = "https://ipexas.atlassian.net/wiki/spaces/VD/pages/626720808"

/** Its wire, which no other provider shares. */
export const dialect: Dialect = {
  id: "ipex",
  challenges: false,
  refreshMethods: ["POST"],
  verdicts: [],
  acting: byEmail,
  grants: {
    Password: ({ password, username }, { scopes }) =>
      form("/token", [
        ["grant_type", "password"],
        ["username", username],
        ["password", password],
        ["scope", scopes.join(" ")],
      ]),
    RefreshToken: ({ refreshToken }) =>
      form("/token", [
        ["grant_type", "refresh_token"],
        ["refresh_token", refreshToken],
      ]),
    ActAs: ({ bearer, subject }) => ({
      method: "POST",
      path: "/token-exchange",
      encoding: "json",
      fields: [["email", subject]],
      bearer,
    }),
  },
}

/** The provider as a value. */
export const provider = /* @__PURE__ */ defineProvider({
  id: "ipex",
  name: "IPEX",
  page,
  dialect,
  addresses: { standard: "https://auth.voipex.io" },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "api",
  signsInWith: "password",
  scopes: ["openid", "profile"],
  // "The access token is valid for 50 minutes."
  defaultLifetime: 3_000_000,
  // "After that time the client needs to obtain a new access token by using refresh_token": the page does not say that a refresh
  // token is refused before that, and waiting for the end would let calls fail.
  renewal: beforeExpiry,
  renewsWith: "refresh_token",
  capabilities: ["act_as"],
  accessLevels: ["Impersonation"],
})

/** What it can do: act for another user. */
export type Capabilities = CapabilitiesOf<typeof provider>

/** What a user writes. The credentials are the e-mail and the password of an API access, as created in the IPEX Portal. */
export interface Options extends OptionsOf<typeof provider> {}

/** Its quirks. `Catalog` lists them with the provider. */
export const quirks: ReadonlyArray<Quirk> = [
  {
    name: "no_client_secret",
    page,
    sentence: "client_id api",
    answer: "All customers share one public client. We send no secret, and you cannot configure one.",
  },
  {
    name: "token_exchange_as_json",
    page,
    sentence:
      "curl --location --request POST 'https://auth.voipex.io/token-exchange' --header 'Authorization: Bearer eyJhb...' --header 'Content-Type: application/json' --data-raw '{\"email\": \"<email>\"}'",
    answer:
      "Impersonation is JSON with a bearer, not RFC 8693. The page does not show its reply. We read it like any other, and it may lack a refresh token.",
  },
  {
    name: "refresh_expires_in",
    page: "https://github.com/IpexCloud/voipex-docs",
    sentence: "refresh_expires_in 7200",
    answer: "We keep the refresh token's own life where a reply states it. 0 means that there is no life to count.",
  },
  {
    name: "scope_not_in_example",
    page,
    sentence: "scope openid profile",
    answer: "The table lists the scope, and the example leaves it out. We send it, and believe the reply's own scope.",
  },
]

/** Checks a user's options. Fails as `Misconfigured`, naming the field and what to write instead. */
export const configure = (options: Options = {}): Result.Result<Configured<Capabilities>, AuthError> =>
  provider.configure(options)
