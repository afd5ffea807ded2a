/**
 * 8x8, by an app of its Admin Console. It serves the analytics and content APIs (Contact Center analytics, storage, quality management,
 * chat). Work analytics, administration and CPaaS sign in elsewhere and are not this provider.
 * Source: https://developer.8x8.com/analytics/docs/oauth-authentication-for-8x8-xcaas-apis.
 */
import type * as Result from "effect/Result"
import { type CapabilitiesOf, defineProvider } from "../definition/Definition.ts"
import type { OptionsOf } from "../description/Options.ts"
import { form } from "../description/Presentation.ts"
import type { Configured, Quirk, RefusalRule } from "../description/Provider.ts"
import type { AuthError } from "../error/AuthError.ts"

const page = "https://developer.8x8.com/analytics/docs/oauth-authentication-for-8x8-xcaas-apis"

/** The provider as a value. */
export const provider = /* @__PURE__ */ defineProvider({
  id: "8x8",
  name: "8x8",
  page,
  addresses: { standard: "https://api.8x8.com" },
  clientAuthentication: "basic",
  // "Using the key and secret from Admin Console as the username and password".
  clientSecret: "required",
  signsInWith: "client",
  // The app has its API products from the Admin Console. A request names none.
  scopes: "none",
  // The sample's `expires_in`, 1 799 s.
  defaultLifetime: 1_799_000,
  renewsWith: "sign_in",
  rotation: "none",
  grants: {
    ClientCredentials: () => form("/oauth/v2/token", [["grant_type", "client_credentials"]]),
  },
  reply: { bearerTypes: ["BearerToken"] },
  refusals: [
    { field: "ErrorCode", value: "invalid_client", reason: "ClientRefused", code: "invalid_client" },
    ...["invalid_request", "unsupported_grant_type", "unauthorized_client"].map(
      (code): RefusalRule => ({
        field: "ErrorCode",
        value: code,
        reason: "Misconfigured",
        code,
        option: "client",
        fix: "8x8 does not take this request. Check in the Admin Console that the app has the API products that you need.",
      }),
    ),
  ],
})

/** What it can do: nothing beyond signing in. */
export type Capabilities = CapabilitiesOf<typeof provider>

/** What a user writes. */
export interface Options extends OptionsOf<typeof provider> {}

/** Its quirks. */
export const quirks: ReadonlyArray<Quirk> = [
  {
    name: "bearer_token_type",
    page,
    sentence: '"token_type": "BearerToken"',
    answer: "We read it as `Bearer`. The token goes into `Authorization: Bearer`, as the page says.",
  },
  {
    name: "numbers_as_texts",
    page,
    sentence: '"expires_in": "1799"',
    answer: "We read a text of digits as a number.",
  },
  {
    name: "capital_error_fields",
    page: "https://github.com/api-evangelist/8x8",
    sentence: "OAuthConstraintViolationProblem",
    answer: "A refusal has `ErrorCode` and `Error`, and not `error`. We read `ErrorCode`.",
  },
]

/** Checks a user's options. Fails as `Misconfigured`, naming the field and what to write instead. */
export const configure = (options: Options): Result.Result<Configured<never>, AuthError> => provider.configure(options)
