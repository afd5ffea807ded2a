/**
 * Sangoma CX. The client is the account: there is no user, no refresh token, and at least one scope.
 * Source: https://sangomakb.atlassian.net/wiki/spaces/SCX/pages/376504348 ("API Authentication").
 */
import type * as Result from "effect/Result"
import { type CapabilitiesOf, defineProvider } from "../definition/Definition.ts"
import type { OptionsOf } from "../description/Options.ts"
import { form } from "../description/Presentation.ts"
import type { Configured, Dialect, Quirk } from "../description/Provider.ts"
import type { AuthError } from "../error/AuthError.ts"
import { table } from "../refusal/RefusalTable.ts"

const page = "https://sangomakb.atlassian.net/wiki/spaces/SCX/pages/376504348"

/** Its wire, which no other provider shares. */
export const dialect: Dialect = {
  id: "sangoma-cx",
  challenges: false,
  refreshMethods: ["POST"],
  verdicts: [],
  // "Token can be renewed only once it is expired": a fast clock asked too early.
  refusals: /* @__PURE__ */ table([
    { on: "ClientCredentials", status: [400, 401, 403, 422], value: /\bonce it is expired\b/i, reason: "Unavailable" },
  ]),
  grants: {
    ClientCredentials: ({ scopes }) =>
      form("/oauth/token", [
        ["grant_type", "client_credentials"],
        ["scope", scopes.join(" ")],
      ]),
  },
}

/** The provider as a value. */
export const provider = /* @__PURE__ */ defineProvider({
  id: "sangoma-cx",
  name: "Sangoma CX",
  page,
  dialect,
  addresses: { standard: "https://auth.sangoma.com" },
  clientAuthentication: "basic",
  // "You should receive your new Client ID and Client Secret": System > Configuration > CPaaS Credentials.
  clientSecret: "required",
  signsInWith: "client",
  // "You should always request for at least one API scope", like `cx.agent-calls`.
  scopes: "required",
  // The sample's `expires_in`, 24 304 413 s, and not the text's "one-year expiration": the shorter one is safe.
  defaultLifetime: 24_304_413_000,
  renewal: { policy: "after_expiry" },
  renewsWith: "sign_in",
  rotation: "none",
  accessLevels: ["cx.agent-calls", "cx.queue-calls", "cx.digital-interactions"],
})

/** What it can do: nothing beyond signing in. */
export type Capabilities = CapabilitiesOf<typeof provider>

/** What a user writes. */
export interface Options extends OptionsOf<typeof provider> {}

/** Its quirks. `Catalog` lists them with the provider. */
export const quirks: ReadonlyArray<Quirk> = [
  {
    name: "renewed_once_expired",
    page,
    sentence: "Token can be renewed only once it is expired.",
    answer:
      "We use a token to its end. We replace it after that, or after a rejection. If you ask sooner, you get the same token.",
  },
  {
    name: "lower_case_bearer",
    page,
    sentence: '"token_type": "bearer"',
    answer: "We read the token type in upper or lower case (RFC 6749 §5.1).",
  },
  {
    name: "raw_basic",
    page,
    sentence: "--basic --user <client_id>:<client_secret>",
    answer:
      "curl sends base64 of `id:secret` as it stands, so that is the default. Form-encoding is an option (`basicEncoding`). The refusal of a client names the option where it makes a difference.",
  },
  {
    name: "life_of_281_days",
    page,
    sentence: '"expires_in": 24304413',
    answer: "The text says one year, the sample 281 days. We believe the reply. No timer gets a life beyond 2^31 ms.",
  },
]

/** Checks a user's options. Fails as `Misconfigured`, naming the field and what to write instead. */
export const configure = (options: Options): Result.Result<Configured<never>, AuthError> => provider.configure(options)
