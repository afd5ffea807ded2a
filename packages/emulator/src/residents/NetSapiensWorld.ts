/**
 * A NetSapiens platform's part of the world. The pages: SkySwitch https://pbx.readme.io/reference, Landstar
 * https://www.landstartel.co/knowledge-base/getting-an-access-token.
 */
import * as Schema from "effect/Schema"
import { BasicEncoding, onceEach, RateLimits, RefusalStyle, Rotation, Seconds, Text } from "../exchange/WorldFields.ts"

const fullDomain = /^[^.@\s]+\.[^.@\s]+\.[^@\s]+$/

/** The form of a subscriber. */
const NetSapiensAccount = Schema.Struct({
  /** The number of the subscriber within its domain. */
  extension: Text,
  /** One of `domains`. */
  domain: Text,
  /** Another name to sign in with, printed as `username`. */
  login: Schema.optionalKey(Text),
  /** Without a password no one signs in as this account; others may still act for it. */
  password: Schema.optionalKey(Text),
  /** What it may do: `Reseller`, `Office Manager`, `Basic User`, or a scope of the operator's own. */
  scope: Text,
  /** Printed as `displayName`. */
  displayName: Schema.optionalKey(Schema.String),
  /** Printed as `user_email`. */
  email: Schema.optionalKey(Schema.String),
  /** The second factor that a sign-in demands. */
  mfa: Schema.optionalKey(
    Schema.Struct({
      /** Printed as `mfa_vendor`, such as `google`. */
      vendor: Text,
      /** Printed as `mfa_type`, such as `authenticator`. */
      type: Text,
      /** The one passcode that is right. */
      passcode: Text,
    }),
  ),
  /** Which of the two sets of fields that the SkySwitch page prints answers its sign-in; `short` if left out. */
  reply: Schema.optionalKey(Schema.Literals(["short", "long"])),
})

/** A subscriber of a NetSapiens domain. */
export type NetSapiensAccount = typeof NetSapiensAccount.Type

/** A NetSapiens account's uid, `<extension>@<full domain>`. */
export const uidOf = (account: NetSapiensAccount): string => `${account.extension}@${account.domain}`

/** The form of the NetSapiens platform's world. */
export const NetSapiens = Schema.Struct({
  /** A client without a secret needs only its id. */
  clients: Schema.Array(
    Schema.Struct({
      /** The client id. */
      id: Text,
      /** Its secret; left out: it has none. */
      secret: Schema.optionalKey(Text),
    }),
  ).check(onceEach("a client id", ({ id }) => id, "id")),
  /** Full domains, `<name>.<territory>.service`: the middle label is the reseller's territory. */
  domains: Schema.Array(
    Text.check(Schema.isPattern(fullDomain, { expected: "a full domain, <name>.<territory>.service" })),
  ),
  /** The subscribers. */
  accounts: Schema.Array(NetSapiensAccount),
  /** Life of an access token, s. */
  lifetime: Seconds,
  /** Life of a refresh token, s; null: it does not die of age. */
  refreshLifetime: Schema.NullOr(Seconds),
  /** What becomes of a refresh token that was used. */
  rotation: Rotation,
  /** Whether a renewal kills the access token that it replaces. */
  renewalEndsAccess: Schema.Boolean,
  /** How a demand for a second factor behaves. */
  challenge: Schema.Struct({
    /** How long a challenge can be answered, s. */
    lifetime: Seconds,
    /** Whether a wrong passcode spends the challenge. */
    wrongPasscodeSpends: Schema.Boolean,
  }),
  /** How a refusal looks. */
  refusal: RefusalStyle,
  /** Which limits are enforced. */
  rateLimits: RateLimits,
  /** How HTTP Basic has to be written. */
  basicEncoding: BasicEncoding,
  /** API keys of version 2 (OpenAPI, "API Key"): each may ask for a JWT of a user in its domain, or in every one (`*`). */
  apiKeys: Schema.Array(
    Schema.Struct({
      /** The page's `key-id`. It is no secret. */
      id: Text,
      /** The secret key itself. */
      key: Text,
      /** The domain whose users it may ask tokens for. */
      domain: Text,
    }),
  ),
  /** Whether version 2 of the API is there too: `/ns-api/v2/tokens`, `/jwt` and `/version`. */
  v2: Schema.Boolean,
  /** Life of a JWT of version 2, s. */
  jwtLifetime: Seconds,
  /** What replies print as `apiversion`. */
  apiVersion: Schema.String,
}).check(
  Schema.makeFilter((world) => {
    const known = new Set(world.domains)
    const seen = new Set<string>()
    return world.accounts.flatMap((account, index) => {
      const uid = uidOf(account)
      const twice = seen.has(uid)
      seen.add(uid)
      return [
        ...(known.has(account.domain)
          ? []
          : [{ path: ["accounts", index, "domain"], issue: "Expected one of domains" }]),
        ...(twice
          ? [{ path: ["accounts", index, "extension"], issue: "Expected an extension used once per domain" }]
          : []),
      ]
    })
  }),
)

/** The NetSapiens platform's part of the world. */
export type NetSapiens = typeof NetSapiens.Type

/** The world of the vendor's page. What no page prints is marked `invented`. */
export const defaults: NetSapiens = {
  clients: [{ id: "your-client-id", secret: "your-client-secret" }],
  domains: ["abc-company.12345.service", "acmecorp.12345.service"],
  accounts: [
    // SkySwitch prints this account with scope Reseller, Landstar with Office Manager. One world has one answer.
    {
      extension: "111",
      domain: "abc-company.12345.service",
      password: "1234",
      scope: "Office Manager",
    },
    // Name and password are invented; factor, passcode and scope are those of SkySwitch's second-factor samples.
    {
      extension: "222",
      domain: "abc-company.12345.service",
      password: "5678",
      scope: "Reseller",
      mfa: { vendor: "google", type: "authenticator", passcode: "246802" },
    },
    // SkySwitch's reseller; the page spells the login with one `r` more than the domain.
    {
      extension: "1000",
      domain: "acmecorp.12345.service",
      login: "reseller@acmercorp",
      password: "mypassword",
      scope: "Reseller",
      displayName: "Reseller ABC",
      email: "",
      reply: "long",
    },
    // SkySwitch's masquerade sample; the password is invented.
    {
      extension: "1001",
      domain: "acmecorp.12345.service",
      password: "basic-password",
      scope: "Basic User",
    },
  ],
  lifetime: 3600,
  refreshLifetime: null, // invented: no page gives a life
  rotation: "none", // SkySwitch and Landstar print the same refresh token after a renewal
  renewalEndsAccess: false, // invented
  challenge: {
    lifetime: 3600, // the challenge's own `expires_in`
    wrongPasscodeSpends: false, // invented
  },
  refusal: "inferred",
  rateLimits: "off",
  basicEncoding: "both", // invented; clients in the field send either
  apiKeys: [{ id: "nsr-made-up", key: `nsr_${"0".repeat(48)}checksum`, domain: "acmecorp.12345.service" }],
  v2: true, // NetSapiens' own OpenAPI; old cores lack it
  jwtLifetime: 86_400, // the OpenAPI's sample: `exp` less `iat`
  apiVersion: "Version: 41.1.0",
}
