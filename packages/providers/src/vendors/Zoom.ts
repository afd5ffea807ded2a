/**
 * Zoom, by a Server-to-Server OAuth app. The app is the account: it asks with the account's id, gets a token for an hour, and there is no
 * refresh token. Source: https://developers.zoom.us/docs/internal-apps/s2s-oauth/.
 */
import type * as Result from "effect/Result"
import { type CapabilitiesOf, defineProvider } from "../definition/Definition.ts"
import type { OptionsOf } from "../description/Options.ts"
import { form } from "../description/Presentation.ts"
import type { Configured, Quirk, RefusalRule } from "../description/Provider.ts"
import type { AuthError } from "../error/AuthError.ts"

const page = "https://developers.zoom.us/docs/internal-apps/s2s-oauth/"

/** The provider as a value. */
export const provider = /* @__PURE__ */ defineProvider({
  id: "zoom",
  name: "Zoom",
  page,
  options: {
    accountId: {
      title: "Account ID",
      doc: "The Zoom account that the app belongs to. It stands on the app's page, beside the client id.",
      // A client id belongs to one account. It is in the key all the same, so that a mistake in one never meets the other's token.
      identifies: true,
      pattern: /[\w-]{1,64}/,
      example: "gYz8S9w5Q5yrDoIvmdClYw",
    },
  },
  addresses: { standard: "https://zoom.us" },
  clientAuthentication: "basic",
  clientSecret: "required",
  signsInWith: "client",
  // The app has its scopes from the account's administrator. A request names none.
  scopes: "none",
  // "The token's time to live is one hour (3600 seconds)."
  defaultLifetime: 3_600_000,
  renewsWith: "sign_in",
  rotation: "none",
  grants: {
    ClientCredentials: (_grant, { options }) =>
      form("/oauth/token", [
        ["grant_type", "account_credentials"],
        ["account_id", options.accountId],
      ]),
  },
  // The host of the account's region: "api_url": "https://api.zoom.us".
  reply: { origin: { field: "api_url", below: ["zoom.us"] } },
  refusals: [
    {
      on: "ClientCredentials",
      status: 400,
      field: "error",
      value: "invalid_request",
      reason: "Misconfigured",
      code: "invalid_request",
      option: "accountId",
      fix: "Zoom does not take this account id for this client. Copy the Account ID from the app's page, and check that the app is activated.",
    },
    ...["unsupported_grant_type", "unauthorized_client"].map(
      (code): RefusalRule => ({
        on: "ClientCredentials",
        field: "error",
        value: code,
        reason: "Misconfigured",
        code,
        option: "client",
        fix: "This client may not ask by account_credentials. Use the client of a Server-to-Server OAuth app.",
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
    name: "grant_of_its_own",
    page,
    sentence: "Use the `account_credentials` grant type to generate an access token.",
    answer: "We send it, with `account_id` beside it. OAuth 2 would call it `client_credentials`.",
  },
  {
    name: "several_tokens_live",
    page,
    sentence: "You can generate and use multiple access tokens.",
    answer: "A new token ends none before it, so we renew in good time, and calls under way finish.",
  },
  {
    name: "refused_client_is_400",
    page: "https://github.com/JubaerHossain/zoom-laravel/issues/3",
    sentence: '{"reason":"Invalid client_id or client_secret","error":"invalid_client"}',
    answer: "We go by the code `invalid_client`, and not by the status, which RFC 6749 §5.2 wants to be 401.",
  },
]

/** Checks a user's options. Fails as `Misconfigured`, naming the field and what to write instead. */
export const configure = (options: Options): Result.Result<Configured<never>, AuthError> => provider.configure(options)
