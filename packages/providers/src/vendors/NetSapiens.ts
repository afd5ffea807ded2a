/**
 * NetSapiens: the dialect that SkySwitch, Landstar and many other operators share, and the provider for any operator
 * that has no file of its own here.
 *
 * Source: the SkySwitch page (https://pbx.readme.io/reference) unless said otherwise.
 */
import * as Result from "effect/Result"
import { type Defined, definePlainProvider, type PlainDialect } from "../definition/Definition.ts"
import { byExtension } from "../description/Naming.ts"
import type { OptionsOf } from "../description/Options.ts"
import { form } from "../description/Presentation.ts"
import type { Configured, Quirk, RateLimit } from "../description/Provider.ts"
import { type AuthError, ClientRefused, fromReason, Misconfigured } from "../error/AuthError.ts"
import { wordsOf } from "../refusal/Refusal.ts"
import type * as Address from "../wire/Address.ts"
import type { Fields } from "../wire/TokenRequest.ts"

const page = "https://pbx.readme.io/reference"

const token = "/oauth2/token/"

/**
 * The limits of the platform, for all requests of a subscriber and for all of a client id. The page does not say whether token calls
 * count; the vendor's own demo client counts them. Source: https://pbx.readme.io/reference/rate-limiting.
 */
export const rateLimits: ReadonlyArray<RateLimit> = [
  { policy: "subscriber_minute", per: "subscriber", quota: 60, window: 60_000 },
  { policy: "subscriber_hour", per: "subscriber", quota: 1_800, window: 3_600_000 },
  { policy: "client_minute", per: "client", quota: 90, window: 60_000 },
  { policy: "client_hour", per: "client", quota: 2_700, window: 3_600_000 },
]

/** How to talk to every NetSapiens platform. A provider's capabilities say which of it the provider offers. */
export const dialect: PlainDialect & {
  /** `POST` is the default. `GET` puts secrets into URLs, as the page does. */
  readonly refreshMethods: readonly ["POST", "GET"]
} = {
  id: "netsapiens",
  challenges: true,
  refreshMethods: ["POST", "GET"],
  // What it says about a refresh token is not documented. Its refusals of other requests are numbered (OpenAPI v2, version 45).
  verdicts: ["numbered", "invalid_token"],
  // Texts of its software in the field.
  sentences: ["Invalid User Login", "The access token provided has expired"],
  // Its code for an unknown client, which may stand within a sentence.
  refusals: ({ body, provider, status }) =>
    status !== 429 && wordsOf(body).some((words) => /\bOA101\b/i.test(words))
      ? fromReason(new ClientRefused({ provider, status, code: "OA101" }))
      : undefined,
  codes: ["OA101"],
  rateLimits,
  grants: {
    Password: ({ password, username }) =>
      form(token, [
        ["username", username],
        ["password", password],
        ["grant_type", "password"],
      ]),
    Passcode: ({ challenge, passcode, password, username }, { settings }) => {
      const again: Fields =
        settings.passcodeRepeatsCredentials && username !== undefined && password !== undefined
          ? [
              ["username", username],
              ["password", password],
            ]
          : []
      return form(token, [
        ...again,
        ["ns_id_type", "subscriber"],
        ["mfa-type", challenge.type],
        ["mfa_type", challenge.type],
        ["mfa_vendor", challenge.vendor],
        ["access_token", challenge.token],
        ["passcode", passcode],
        ["grant_type", "mfa"],
      ])
    },
    RefreshToken: ({ refreshToken }, { settings }) => ({
      method: settings.refreshMethod,
      path: token,
      encoding: settings.refreshMethod === "GET" ? "query" : "form",
      fields: [
        ["grant_type", "refresh_token"],
        ["refresh_token", refreshToken],
      ],
    }),
    ActAs: ({ bearer, subject }) =>
      form(token, [
        ["grant_type", "masquerade"],
        ["mask_uid", subject],
        ["access_token", bearer],
      ]),
  },
  acting: byExtension,
  inspection: (bearer) => ({
    method: "GET",
    path: "/oauth2/read",
    encoding: "query",
    fields: [["format", "json"]],
    bearer,
  }),
  revocation: (bearer) => form("/oauth2/revoke", [["token", bearer]]),
}

/** 3600 s: every sample's `expires_in`. */
export const defaultLifetime = 3_600_000

/** The access levels of NetSapiens' own documents; operators add their own. */
export const accessLevels = [
  "Basic User",
  "Simple User",
  "Advanced User",
  "Call Center Agent",
  "Call Center Supervisor",
  "Site Manager",
  "Office Manager",
  "Reseller",
  "Super User",
  "NDP",
  "Route Manager",
]

/** Quirks of the dialect, by name. A provider lists those that its own page shows. */
export const quirks = {
  challengeInSuccess: {
    name: "challenge_in_success",
    page,
    sentence:
      '"mfa":"mfa_required", "mfa_vendor":"google", "mfa_type":"authenticator", "access_token":"51fdab21ca330f6b0c88b2a98ex8932s" ,"expires_in":3600',
    answer:
      "The demand for a second factor is an HTTP 200 with an access token. We look for it before we look for success. Its token pair is never a bearer, never stored, never renewed.",
  },
  mfaTypeTwice: {
    name: "mfa_type_twice",
    page,
    sentence: "-dmfa-type=authenticator",
    answer:
      "The request's sample spells it `mfa-type`. Its reply and every known client spell it `mfa_type`. We send both.",
  },
  refreshByGet: {
    name: "refresh_by_get",
    page,
    sentence:
      "curl --location --request GET 'https://pbx.skyswitch.com/ns-api/oauth2/token/?grant_type=refresh_token&client_id=your-client-id&client_secret=your-client-secret&refresh_token=c7bf58a0247e02efc6ee4340f01ed629'",
    answer:
      'Secrets in a URL end in access logs. So the default is a POST form, which these servers take as well. Set `refreshMethod: "GET"` to send the page\'s form.',
  },
  masqueradeAtRoot: {
    name: "masquerade_at_root",
    page,
    sentence: "curl --location -g --request POST '<https://pbx.skyswitch.com/oauth2/token/>'",
    answer:
      "The sample's URL lacks `/ns-api`, unlike all others of the page. We send every request below the address's prefix. For an operator whose endpoints are at the root, set the option `prefix: \"/\"`.",
  },
  masqueradeBearerInBody: {
    name: "masquerade_bearer_in_body",
    page,
    sentence: "Then use the Reseller's access_token above as the access_token param in next API call.",
    answer: "The higher user's token goes into the form and not into a header.",
  },
  masqueradeReplyUnchecked: {
    name: "masquerade_reply_unchecked",
    page,
    sentence: '"client_id": "teams.client", "apiversion": "your-client-id"',
    answer: "We keep the reply's `client_id` and `apiversion` as details, and compare them with nothing.",
  },
  expiresWithoutZone: {
    name: "expires_without_zone",
    page,
    sentence: '"expires": "2020-06-11 21:04:14"',
    answer: "We show a moment without a time zone as printed. We plan the renewal by `expires_in` only.",
  },
  readEchoesToken: {
    name: "read_echoes_token",
    page,
    sentence: '"token": "3b9d3229d70b442e99e0dfa050473d63"',
    answer: "The inspection repeats the token. We drop it.",
  },
  revokeUndocumented: {
    name: "revoke_undocumented",
    page: "https://github.com/SkySwitch/pbx-api-v1-clients",
    sentence: "oauth2/revoke",
    answer:
      "The page has no sign-out. The vendor's own demo client posts client_id, client_secret and token to `oauth2/revoke`. We take any 2xx as done.",
  },
} satisfies Record<string, Quirk>

const everything = ["passcode", "act_as", "inspect", "revoke"] as const

/** What an operator of the platform may offer. A person's sign-in in a browser is not among it. */
export type Capabilities = (typeof everything)[number]

/** What all accounts of an operator share. */
interface Operator<C extends Capabilities> {
  /** For people, in messages. Default `NetSapiens`. */
  readonly name?: string | undefined
  /** The operator's host, origin, or origin with `/ns-api`. Absent: each account names its own. */
  readonly address?: Address.Input | undefined
  /** What the operator offers. */
  readonly capabilities: ReadonlyArray<C>
}

const describe = ({ address, capabilities, name }: Operator<Capabilities>) =>
  definePlainProvider({
    id: "netsapiens",
    name: name ?? "NetSapiens",
    page,
    dialect,
    addresses: { standard: address, prefix: "/ns-api", prefixOption: true },
    clientAuthentication: "form",
    // Some operators issue clients without a secret.
    clientSecret: "optional",
    clientIdsBy: "address",
    signsInWith: "password",
    defaultLifetime,
    // "An expiring token can be refreshed": before its end, so no caller ever waits for a renewal. That is the default.
    renewsWith: "refresh_token",
    capabilities,
    accessLevels,
  })

type AccountOptions = OptionsOf<ReturnType<typeof describe>>

/** What a user writes for an account at an operator of the platform. */
export interface Options<C extends Capabilities = Capabilities> extends AccountOptions {
  /** For people, in messages. Default `NetSapiens`. */
  readonly name?: string | undefined
  /** What the operator offers. Default: everything that the platform can do. */
  readonly capabilities?: ReadonlyArray<C> | undefined
}

/**
 * Describes an operator of the platform: its name, its address, and what it offers.
 */
export const make = <const C extends Capabilities>(operator: Operator<C>): Defined<C, AccountOptions> =>
  describe(operator) as Defined<C, AccountOptions>

/** Any operator, with everything that the platform can do. Marked as pure, so that a bundle with another operator leaves it out. */
export const provider: Defined<Capabilities, AccountOptions> = /* @__PURE__ */ make({ capabilities: everything })

/** Checks a user's options. Fails as `Misconfigured`, naming the field and what to write instead. */
export const configure = <const C extends Capabilities = Capabilities>(
  options: Options<C>,
): Result.Result<Configured<C>, AuthError> => {
  const { capabilities = everything, name, ...rest } = Object(options) as Partial<Options<C>>
  if (!Array.isArray(capabilities) || capabilities.some((one) => !everything.includes(one))) {
    const fix = `Expected a list of: ${everything.join(", ")}.`
    return Result.fail(fromReason(new Misconfigured({ provider: provider.id, field: "capabilities", fix })))
  }
  return make({ name, capabilities: capabilities as ReadonlyArray<C> }).configure(rest as AccountOptions)
}
