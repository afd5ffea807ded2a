/**
 * The emulated world as a value: its accounts and clients, their secrets, and how each vendor behaves.
 *
 * A world is plain JSON. What a page prints is the default. What no page says had to be chosen and is marked `invented`. The pages:
 * SkySwitch https://pbx.readme.io/reference, Landstar
 * https://www.landstartel.co/knowledge-base/getting-an-access-token, IPEX
 * https://ipexas.atlassian.net/wiki/spaces/VD/pages/626720808, Sangoma CX
 * https://sangomakb.atlassian.net/wiki/spaces/SCX/pages/376504348; `fixtures/` holds their samples.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { inWords } from "./Mistake.ts"
import { type AnySection, isRecord, secretFields, sectionToShow } from "./Section.ts"
import { BasicEncoding, onceEach, RateLimits, RefusalStyle, Rotation, Seconds, Text } from "./WorldFields.ts"

export { BasicEncoding, RateLimits, RefusalStyle, Rotation }

const fullDomain = /^[^.@\s]+\.[^.@\s]+\.[^@\s]+$/

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

/** The form of IPEX's world. */
export const Ipex = Schema.Struct({
  /** Client ids; IPEX's client has no secret. */
  clients: Schema.Array(Text).check(onceEach("a client id", (id) => id)),
  /** The API accesses. */
  accounts: Schema.Array(
    Schema.Struct({
      /** Its e-mail, which is also how others name it. */
      email: Text,
      /** Left out: no one signs in as it; others may still act for it. */
      password: Schema.optionalKey(Text),
      /** Whether the API access was created with "Impersonation" checked. */
      impersonation: Schema.Boolean,
    }),
  ).check(onceEach("an e-mail", ({ email }) => email, "email")),
  /** Life of an access token, s. */
  lifetime: Seconds,
  /** Life of a refresh token, s; each renewal starts it again. */
  refreshLifetime: Seconds,
  /** What becomes of a refresh token that was used. */
  rotation: Rotation,
  /** Whether an impersonation answers with a refresh token too. */
  impersonationRefreshToken: Schema.Boolean,
  /** How a refusal looks. */
  refusal: RefusalStyle,
})

/** The form of Sangoma CX's world. */
export const SangomaCx = Schema.Struct({
  /** The clients, each of which is its own account. */
  clients: Schema.Array(
    Schema.Struct({
      /** The client id. */
      id: Text,
      /** Its secret. */
      secret: Text,
      /** The scopes that it may ask for. */
      scopes: Schema.Array(Text),
    }),
  ).check(onceEach("a client id", ({ id }) => id, "id")),
  /** Life of an access token, s. */
  lifetime: Seconds,
  /**
   * The answer to a client that asks again while its token lives: the same one with its remaining life, a new one beside it, or a
   * refusal.
   */
  early: Schema.Literals(["same", "new", "refused"]),
  /** Issues the first token for ever, dead or alive, as if it were new: a client must not loop on it. */
  sameTokenForever: Schema.Boolean,
  /** How HTTP Basic has to be written. */
  basicEncoding: BasicEncoding,
  /** How a refusal looks. */
  refusal: RefusalStyle,
})

/** The schema of a world. */
export const World = Schema.Struct({
  /** SkySwitch, Landstar and other operators: one platform. */
  netsapiens: NetSapiens,
  /** IPEX. */
  ipex: Ipex,
  /** Sangoma CX. */
  sangomaCx: SangomaCx,
})
/** Everything that the emulator knows beforehand. All lives are in seconds. */
export type World = typeof World.Type & {
  /** The worlds of the witnesses that the emulator was given, by id. */
  readonly witnesses?: Readonly<Record<string, unknown>>
}

/** The parts of a world that differ from another. A list replaces the whole list. */
export type WorldInput = Part<World>
type Part<A> = A extends ReadonlyArray<unknown> ? A : A extends object ? { readonly [K in keyof A]?: Part<A[K]> } : A

/** The world of the vendors' pages. What no page prints is marked `invented`. */
export const defaultWorld: World = {
  netsapiens: {
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
  },
  ipex: {
    clients: ["api"],
    accounts: [
      { email: "api-user@example.test", password: "ipex-password", impersonation: true }, // invented
      { email: "someone@example.test", password: "other-password", impersonation: false }, // invented
    ],
    lifetime: 3000, // "valid for 50 minutes"
    refreshLifetime: 7200, // the vendor's own client documentation
    rotation: "strict", // invented, after Keycloak, whose shape the replies have
    impersonationRefreshToken: false, // invented
    refusal: "inferred",
  },
  sangomaCx: {
    clients: [
      {
        id: "sangoma-client-id", // invented
        secret: "sangoma-client-secret", // invented
        scopes: ["cx.agent-calls", "cx.queue-calls"],
      },
    ],
    lifetime: 24_304_413,
    early: "same", // "renewed only once it is expired", and a sample below the year that the page promises
    sameTokenForever: false,
    basicEncoding: "both", // the page's curl sends it raw; that form-encoded does as well is invented
    refusal: "inferred",
  },
}

/** The error for a wrong world. The message names the path of each wrong field, and never a value. */
export class WorldError extends Schema.TaggedError<WorldError>()("WorldError", {
  /** The path of each wrong field and what is expected there, in one line. */
  message: Schema.String,
}) {}

/**
 * Reads a world from JSON. `base` fills what it leaves out, or else the default world; a list replaces the whole list. An unknown
 * field is refused, so that a misspelt one does not pass for the default. `sections` are the given witnesses; each has its world in
 * `witnesses`, by its id.
 */
export const decodeWorld = (
  json: unknown,
  base: World = defaultWorld,
  sections: ReadonlyArray<AnySection> = [],
): Effect.Effect<World, WorldError> =>
  Schema.decodeUnknownEffect(formOf(sections))(over(withSections(base, sections), json), {
    errors: "all",
    onExcessProperty: "error",
  }).pipe(Effect.mapError((error) => new WorldError({ message: inWords(error.issue, "world") })))

const formOf = (sections: ReadonlyArray<AnySection>): Schema.ConstraintDecoder<World> => {
  if (sections.length === 0) return World
  const worlds: Record<string, Schema.ConstraintDecoder<unknown>> = Object.fromEntries(
    sections.map(({ id, world }) => [id, world]),
  )
  return Schema.Struct({ ...World.fields, witnesses: Schema.Struct(worlds) }) as never
}

/** The world, with the default one of each section that it lacks. */
export const withSections = (world: World, sections: ReadonlyArray<AnySection>): World =>
  sections.length === 0
    ? world
    : {
        ...world,
        witnesses: { ...Object.fromEntries(sections.map(({ id, defaults }) => [id, defaults])), ...world.witnesses },
      }

const over = (base: unknown, part: unknown): unknown => {
  if (!isRecord(base) || !isRecord(part)) return part
  const merged = Object.entries(part).map(
    ([key, value]) => [key, key in base ? over(base[key], value) : value] as const,
  )
  return { ...base, ...Object.fromEntries(merged) }
}

/** A world as JSON that you may show: without its passwords, passcodes and client secrets. */
export const withoutSecrets = (world: World, sections: ReadonlyArray<AnySection> = []): unknown => {
  const { witnesses, ...own } = world
  const shown = JSON.parse(JSON.stringify(own, (key, value) => (secretFields.has(key) ? undefined : value)))
  if (!witnesses) return shown
  const others = sections.map((section) => [section.id, sectionToShow(section, witnesses[section.id])] as const)
  return { ...shown, witnesses: Object.fromEntries(others) }
}
