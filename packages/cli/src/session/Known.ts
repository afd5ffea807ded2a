/** What is known of an account before its session opens: from a profile, from what is sealed, and from the environment. */

import type { Provider } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Profile } from "../profile/Profile.ts"
import { type Chosen, find } from "../provider/ProviderTable.ts"
import * as Environment from "../shell/Environment.ts"
import { ofOption, type Variable } from "../shell/Variable.ts"

/**
 * @category models
 */
export interface Known {
  readonly clientId?: string | undefined
  readonly clientSecret?: Redacted.Redacted<string> | undefined
  readonly scopes?: ReadonlyArray<string> | undefined
  /** The options that the provider declares. */
  readonly options?: Readonly<Record<string, string | Redacted.Redacted<string>>> | undefined
  readonly username?: string | undefined
  readonly beginning?: Environment.Beginning | undefined
}

/** The secrets that are kept of a profile. */
type Sealed = Pick<Known, "clientSecret" | "options">

/** A provider reads only what its line in the table says, and that is known by then. */
const held = <A>(value: A | undefined): Effect.Effect<A> =>
  value === undefined ? Effect.die(new Error("It is not known.")) : Effect.succeed(value)

/**
 * Answers that need no question.
 *
 * @category conversions
 */
export const answers = ({
  beginning,
  clientId,
  clientSecret,
  options,
  scopes,
  username,
}: Known): Environment.Answers => ({
  clientId: held(clientId),
  clientSecret: held(clientSecret),
  otherClientSecret: Effect.succeed(clientSecret),
  // What is not kept comes from the environment.
  own: (name, fields) =>
    options?.[name] === undefined ? Environment.answers.own(name, fields) : Effect.succeed(options[name]),
  otherClientId: Effect.succeed(clientId),
  scopes: held(scopes),
  otherScopes: Effect.succeed(scopes),
  beginning: held(beginning),
  atBrowser: Effect.succeed(Environment.atBrowser(username, beginning)),
})

/**
 * All that a login needs. The environment comes first, then the profile, then the person at the terminal.
 *
 * @category constructors
 */
export const gather = Effect.fnUntraced(function* (
  { provider, name }: { readonly provider: Provider; readonly name: Chosen },
  profile: Profile | undefined,
  sealed: Sealed,
  begins: "password" | "refresh_token" | "later",
) {
  // `ProviderChoice` has loaded it.
  const { goesOn, reads } = find(name) ?? { reads: [] }
  const takes = (variable: Variable) => reads.some((one) => one.variable === variable)
  const needs = (variable: Variable) => reads.some((one) => one.variable === variable && one.isNeeded)
  const { answers: asked, set } = Environment
  const clientId = takes("PBX_AUTH_CLIENT_ID")
    ? ((yield* set.clientId) ?? profile?.clientId ?? (needs("PBX_AUTH_CLIENT_ID") ? yield* asked.clientId : undefined))
    : undefined
  // A secret belongs to its client.
  const kept: Sealed = clientId === profile?.clientId ? sealed : {}
  const clientSecret = takes("PBX_AUTH_CLIENT_SECRET")
    ? ((yield* set.clientSecret) ??
      kept.clientSecret ??
      (needs("PBX_AUTH_CLIENT_SECRET") ? yield* asked.clientSecret : undefined))
    : undefined
  const scopes = takes("PBX_AUTH_SCOPES")
    ? ((yield* set.scopes) ?? profile?.scopes ?? (needs("PBX_AUTH_SCOPES") ? yield* asked.scopes : undefined))
    : undefined
  const options: Record<string, string | Redacted.Redacted<string>> = {}
  for (const [option, { secret }] of Object.entries(provider.options ?? {})) {
    const variable = ofOption(option)
    const given = secret === true ? yield* set.ownSecret(variable) : yield* set.own(variable)
    const value =
      given ??
      profile?.options?.[option] ??
      kept.options?.[option] ??
      (yield* asked.own(option, provider.options ?? {}))
    if (value !== undefined) options[option] = value
  }
  const client = { clientId, clientSecret, options, scopes }
  if (!takes("PBX_AUTH_USERNAME") && (goesOn !== true || begins === "later")) return client satisfies Known
  if (begins === "refresh_token") {
    return { ...client, beginning: { refreshToken: yield* Environment.refreshToken } } satisfies Known
  }
  const shown = (yield* set.username) ?? profile?.account
  if (provider.signsInWith === "browser") return { ...client, username: shown } satisfies Known
  const username = shown ?? (yield* Environment.username)
  if (begins === "later") return { ...client, username } satisfies Known
  const password = yield* Environment.password
  return { ...client, username, beginning: { credentials: { username, password } } } satisfies Known
})
