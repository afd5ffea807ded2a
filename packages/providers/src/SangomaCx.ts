/**
 * Sangoma CX. The client is the account: there is no user, no refresh token, and at least one scope.
 * Source: https://sangomakb.atlassian.net/wiki/spaces/SCX/pages/376504348 ("API Authentication").
 */
import type * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import type * as Address from "./Address.ts"
import type { AuthError } from "./AuthError.ts"
import * as Configuration from "./Configuration.ts"
import type { Configured, Dialect, Provider, Quirk } from "./Provider.ts"

const page = "https://sangomakb.atlassian.net/wiki/spaces/SCX/pages/376504348"

/** What it can do: nothing beyond signing in. */
export type Capabilities = never

/** What a user writes. */
export interface Options {
  /** Default `https://auth.sangoma.com`. */
  readonly address?: Address.Input | undefined
  /** "You should receive your new Client ID and Client Secret": System > Configuration > CPaaS Credentials. */
  readonly client: {
    /** The client id that the vendor issued. */
    readonly id: string
    /** The secret that came with it. */
    readonly secret: string | Redacted.Redacted<string>
  }
  /** "You should always request for at least one API scope", like `cx.agent-calls`. */
  readonly scopes: ReadonlyArray<string>
  /**
   * How HTTP Basic writes id and secret: `raw`, joined as they are, as the page's curl sends them, or `form`, form-encoded first (RFC
   * 6749 §2.3.1). The two differ only for characters beyond letters, digits and `*-._`. Default `raw`. The client is presented once,
   * in this way: a `ClientRefused` says if the other way may help.
   */
  readonly basicEncoding?: "raw" | "form" | undefined
  /** For one request, headers and body together, in ms. Default 15 000. */
  readonly deadline?: number | undefined
  /**
   * Whether the token endpoint's path ends with a slash. Some servers answer only one of the two, and redirect the other or do not
   * know it. Default: as the provider's page prints it.
   */
  readonly trailingSlash?: boolean | undefined
}

/** Its wire, which no other provider shares. */
export const dialect: Dialect = {
  id: "sangoma-cx",
  challenges: false,
  refreshMethods: ["POST"],
  verdicts: [],
  // "Token can be renewed only once it is expired": a fast clock asked too early.
  refusals: [
    { on: "ClientCredentials", status: [400, 401, 403, 422], value: /\bonce it is expired\b/i, reason: "Unavailable" },
  ],
  grants: {
    ClientCredentials: ({ scopes }) => ({
      method: "POST",
      path: "/oauth/token",
      encoding: "form",
      fields: [
        ["grant_type", "client_credentials"],
        ["scope", scopes.join(" ")],
      ],
    }),
  },
}

/** The provider as a value. */
export const provider: Provider<never> = {
  id: "sangoma-cx",
  name: "Sangoma CX",
  page,
  dialect,
  addresses: { standard: "https://auth.sangoma.com", prefix: "", prefixOption: false },
  clientAuthentication: "basic",
  clientSecret: "required",
  signsInWith: "client",
  scopes: "required",
  // The sample's `expires_in`, 24 304 413 s, and not the text's "one-year expiration": the shorter one is safe.
  defaultLifetime: 24_304_413_000,
  renewal: { policy: "after_expiry" },
  renewsWith: "sign_in",
  rotation: "none",
  capabilities: new Set<never>(),
  accessLevels: ["cx.agent-calls", "cx.queue-calls", "cx.digital-interactions"],
}

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
export const configure = (options: Options): Result.Result<Configured<never>, AuthError> =>
  Configuration.configure(provider, options)
