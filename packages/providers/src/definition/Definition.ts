/**
 * Defines a provider as one value, in any package. Its own options, the type of what a user writes, and its `configure` follow from
 * the value.
 *
 * ```ts
 * export const acme = defineProvider({
 *   id: "acme-voice",
 *   name: "Acme Voice",
 *   page: "https://acme.example/tokens",
 *   options: { tenant: { title: "Tenant", doc: "The name before .acme.example.", identifies: true } },
 *   addresses: { standard: "https://api.acme.example" },
 *   …
 * })
 *
 * acme.configure({ tenant: "north", client: { id: "app" } })
 * ```
 */
import type { Result } from "effect/Result"
import { configure, configurePlain } from "../configuration/Configuration.ts"
import type { OptionFields, OptionsFor, OwnValues } from "../description/Options.ts"
import type {
  Account,
  BearerPlace,
  Capability,
  Configured,
  Dialect,
  Grants,
  Presentation,
  Provider,
  Renewal,
} from "../description/Provider.ts"
import type { AuthError } from "../error/AuthError.ts"
import type { RefusalOf } from "../refusal/Refused.ts"
import type * as Grant from "../token/Grant.ts"
import type * as Address from "../wire/Address.ts"
import type { OnlyKnown } from "./KnownFields.ts"
import { ownGrammar } from "./OwnGrammar.ts"

/** A provider that checks its own options. `O` is what a user writes. */
export interface Defined<out C extends Capability, in O> extends Provider<C> {
  /** Checks a user's options. Fails as `Misconfigured`, naming the field and what to write instead. */
  configure(options: O): Result<Configured<C>, AuthError>
}

/** What a provider can do: `CapabilitiesOf<typeof zoom>`. */
export type CapabilitiesOf<P> = P extends Provider<infer C> ? C : never

/** An account with options that its provider declares. */
export type AccountWith<F extends OptionFields, C extends Capability = Capability> = Omit<Account<C>, "options"> & {
  /** The checked values, the defaults among them. */
  readonly options: OwnValues<F>
}

/** The grants of a provider, each a function that also sees the provider's own options, checked. */
export type GrantsWith<F extends OptionFields> = {
  readonly [Tag in Grant.Grant["_tag"]]?: (
    grant: Extract<Grant.Grant, { readonly _tag: Tag }>,
    account: AccountWith<F>,
  ) => Presentation
}

/** The fields of a value that say which standard options it has, and all others that do not see an account. */
export interface Fields
  extends Omit<
      Provider,
      "accessLevels" | "addresses" | "capabilities" | "dialect" | "options" | "renewal" | "rotation" | "scopes"
    >,
    Partial<Pick<Provider, "accessLevels" | "renewal" | "rotation" | "scopes">>,
    Partial<Omit<Dialect, "grants" | "id">> {
  /** Which addresses it accepts, and which one is the default. */
  readonly addresses: Partial<Address.Rules>
  /** What it can do beyond signing in, renewing and signing out. Default: nothing. */
  readonly capabilities?: Iterable<Capability>
  /** A grammar that several providers share. Without it the value has the fields of one itself: `grants` and the others. */
  readonly dialect?: Dialect
}

/** A grammar of its own is read alone: the same fields beside it would be ignored. */
type KnownIn<D> = D extends { readonly dialect: object }
  ? Omit<Known, Exclude<keyof Dialect, "id" | "rateLimits">>
  : Known

/** All fields that a description may have. What `defineProvider` adds is among them, so you can spread one of its values. */
interface Known extends Fields {
  readonly options?: OptionFields | undefined
  readonly grants?: Grants | undefined
  readonly configure?: unknown
}

/** The capabilities of a value with the fields `D`. */
export type CapabilitiesIn<D> = D extends { readonly capabilities: Iterable<infer C extends Capability> } ? C : never

/** "Before its end", with a window that grows with the token's life: no caller waits for a renewal. */
export const beforeExpiry: Renewal = {
  policy: "before_expiry",
  window: { fraction: 0.2, atMost: 300_000, jitter: 0.25 },
  margin: { fraction: 0.1, atMost: 30_000 },
}

/** What holds where a description says nothing. */
const usual = { rotation: "unknown", renewal: beforeExpiry, scopes: "none" } as const

/**
 * Makes a provider of its description. A field whose name is not known does not compile: its type is `NoSuchField`. A description from
 * JavaScript may have one all the same: `configure` says what is wrong with a description, as `Misconfigured` with the field `provider`.
 * `defineProvider` itself never throws. A page that is built for production (conditions `browser` and `production`) has no such check.
 *
 * What you may leave out: `dialect` if the value has `grants`, then no second factor is answered unless you write `challenge`, and a refresh token is sent by `POST`;
 * `renewal` (`beforeExpiry`), `rotation` (`unknown`), `scopes` (`none`), `capabilities` and `accessLevels` (none), and in `addresses`
 * the prefix (`""`), `prefixOption` and `plainHttpOption` (false).
 */
export const defineProvider = <const D extends Fields, const F extends OptionFields = Record<never, never>>(
  definition: D & {
    /** The vendor's own options, by name. */
    readonly options?: F | undefined
    /** How each grant becomes a request. A grant that is absent is not offered. */
    readonly grants?: GrantsWith<NoInfer<F>> | undefined
  } & OnlyKnown<D, KnownIn<D>>,
): Defined<CapabilitiesIn<D>, OptionsFor<D, F>> => {
  const { addresses, capabilities = [] } = definition
  const provider = {
    ...usual,
    accessLevels: [],
    dialect: { challenges: false, refreshMethods: ["POST"], verdicts: [], grants: {}, ...definition },
    ...definition,
    // In JavaScript these may be anything, and then `configure` refuses them.
    addresses: typeof addresses === "object" ? { prefix: "", prefixOption: false, ...addresses } : addresses,
    capabilities: Symbol.iterator in Object(capabilities) ? new Set(capabilities) : capabilities,
    ownGrammar,
    configure: (options: unknown) => configure(provider, options),
  } as unknown as Defined<CapabilitiesIn<D>, OptionsFor<D, F>>
  return provider
}

/** A grammar that is read without tables: its replies are those of OAuth 2. */
export type PlainDialect = Omit<Dialect, "challenge" | "inspectionReply" | "reply" | "refusals"> & {
  /** Not in such a grammar. */
  readonly challenge?: never
  /** Not in such a grammar. */
  readonly inspectionReply?: never
  /** Its own refusals, as a function. */
  readonly refusals?: RefusalOf
  /** Not in such a grammar. */
  readonly reply?: never
}

/** How an API takes an access token that it refuses by a 401 alone. */
export type PlainBearerPlace = BearerPlace & {
  /** Not in such a value. */
  readonly refused?: never
}

/** The fields of a value that only the general grammar reads, and that has the standard options alone. */
export interface PlainFields
  extends Omit<
      Provider,
      | "addresses"
      | "capabilities"
      | "dialect"
      | "formerAccounts"
      | "options"
      | "ownGrammar"
      | "renewal"
      | "rotation"
      | "scopes"
    >,
    Partial<Pick<Provider, "renewal" | "rotation" | "scopes">> {
  /** Which addresses it accepts: those with https, and this machine's. */
  readonly addresses: Address.Rules & {
    /** Not in such a value. */
    readonly plainHttpOption?: never
  }
  /** How its APIs take an access token. They refuse it by a 401 alone, so there is no `refused`. */
  readonly bearer?: PlainBearerPlace | undefined
  /** What it can do beyond signing in, renewing and signing out. */
  readonly capabilities: Iterable<Capability>
  /** How the client proves itself: in the form, or not at all. */
  readonly clientAuthentication: "form" | "none"
  /** How requests are written and replies are read. */
  readonly dialect: PlainDialect
  /** Not in such a value. */
  readonly formerAccounts?: never
  /** Not in such a value. */
  readonly options?: never
  /** Not here: the dialect may have them, as a function. */
  readonly refusals?: never
  /** Not in such a value. */
  readonly reply?: never
  /** What signs in: a person's username and password, or the client itself. */
  readonly signsInWith: "password" | "client"
}

/**
 * Makes a provider without options, refusals and replies of its own, and without a sign-in at a browser. Its clients have none of the
 * code that reads and checks these: about 10 kB (gzip) of a browser's bundle. When the program runs, its description is not checked.
 */
export const definePlainProvider = <const D extends PlainFields>(
  definition: D & OnlyKnown<D, PlainFields>,
): Defined<CapabilitiesIn<D>, OptionsFor<D, Record<never, never>>> => {
  const provider = {
    ...usual,
    ...definition,
    capabilities: new Set(definition.capabilities),
    configure: (options: unknown) => configurePlain(provider, options),
  } as unknown as Defined<CapabilitiesIn<D>, OptionsFor<D, Record<never, never>>>
  return provider
}
