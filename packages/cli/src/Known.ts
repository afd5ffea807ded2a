/** What is known of an account before its session opens: from a profile, from what is sealed, and from the environment. */

import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Environment from "./Environment.ts"
import type { Profile } from "./Profile.ts"
import { type Name, providers } from "./ProviderTable.ts"
import type { Variable } from "./Variable.ts"

/**
 * @category models
 */
export interface Known {
  readonly clientId?: string | undefined
  readonly clientSecret?: Redacted.Redacted<string> | undefined
  readonly scopes?: ReadonlyArray<string> | undefined
  readonly username?: string | undefined
  readonly beginning?: Environment.Beginning | undefined
}

/** A provider reads only what its line in the table says, and that is known by then. */
const held = <A>(value: A | undefined): Effect.Effect<A> =>
  value === undefined ? Effect.die(new Error("It is not known.")) : Effect.succeed(value)

/**
 * Answers that need no question.
 *
 * @category conversions
 */
export const answers = ({ beginning, clientId, clientSecret, scopes }: Known): Environment.Answers => ({
  clientId: held(clientId),
  clientSecret: held(clientSecret),
  otherClientId: Effect.succeed(clientId),
  scopes: held(scopes),
  otherScopes: Effect.succeed(scopes),
  beginning: held(beginning),
})

/**
 * All that a login needs. The environment comes first, then the profile, then the person at the terminal.
 *
 * @category constructors
 */
export const gather = Effect.fnUntraced(function* (
  name: Name,
  profile: Profile | undefined,
  sealed: Redacted.Redacted<string> | undefined,
  begins: "password" | "refresh_token" | "later",
) {
  const { reads } = providers[name]
  const takes = (variable: Variable) => reads.some((one) => one.variable === variable)
  const needs = (variable: Variable) => reads.some((one) => one.variable === variable && one.isNeeded)
  const { answers: asked, set } = Environment
  const clientId = takes("PBX_AUTH_CLIENT_ID")
    ? ((yield* set.clientId) ?? profile?.clientId ?? (needs("PBX_AUTH_CLIENT_ID") ? yield* asked.clientId : undefined))
    : undefined
  // A secret belongs to its client.
  const kept = clientId === profile?.clientId ? sealed : undefined
  const clientSecret = takes("PBX_AUTH_CLIENT_SECRET")
    ? ((yield* set.clientSecret) ?? kept ?? (yield* asked.clientSecret))
    : undefined
  const scopes = takes("PBX_AUTH_SCOPES")
    ? ((yield* set.scopes) ?? profile?.scopes ?? (needs("PBX_AUTH_SCOPES") ? yield* asked.scopes : undefined))
    : undefined
  const client = { clientId, clientSecret, scopes }
  if (!takes("PBX_AUTH_USERNAME")) return client satisfies Known
  if (begins === "refresh_token") {
    return { ...client, beginning: { refreshToken: yield* Environment.refreshToken } } satisfies Known
  }
  const username = (yield* set.username) ?? profile?.account ?? (yield* Environment.username)
  if (begins === "later") return { ...client, username } satisfies Known
  const password = yield* Environment.password
  return { ...client, username, beginning: { credentials: { username, password } } } satisfies Known
})
