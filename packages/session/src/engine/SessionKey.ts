/**
 * The name of a session's record: provider, address, client, user, secrets, scopes, and what else tells the account apart.
 *
 * Two sessions share a record only if all of these are the same. So a changed password, or another tenant with the same user name,
 * never meets a stale token. The name is the provider's name and the store's own fingerprint of all the rest. So it does not reveal
 * whom it belongs to, and a hundred thousand of them are short.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { Account, Credentials } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { TokenStore } from "../TokenStore.ts"

/**
 * What else tells an account apart (`Account.identity`), in the order of its names; nothing for most accounts.
 *
 * @category getters
 */
export const identityOf = ({ identity = {} }: Account): ReadonlyArray<readonly [name: string, value: string]> =>
  Object.entries(identity).sort()

/** The secrets among the options that tell the account apart, where they are not the default. Only the fingerprint may read them. */
const secretsOf = ({ options, provider }: Account): ReadonlyArray<readonly [name: string, value: string]> =>
  Object.entries(provider.options ?? {}).flatMap(([name, field]) => {
    const value = options?.[name]
    const text = field.identifies && Redacted.isRedacted(value) ? Redacted.value(value) : field.default
    return text === field.default || text === undefined ? [] : [[name, text] as const]
  })

/**
 * Makes the name of a record. Fails as `StoreFailed` when the store cannot make the fingerprint.
 *
 * @category constructors
 */
export const make = (
  store: TokenStore["Service"],
  account: Account,
  credentials: Credentials | undefined,
  refreshToken?: Redacted.Redacted<string> | undefined,
): Effect.Effect<string, StoreFailed> => {
  const name = JSON.stringify([
    account.provider.id,
    account.address.origin + account.address.prefix,
    account.client.id,
    account.client.secret === undefined ? null : Redacted.value(account.client.secret),
    credentials?.username ?? null,
    credentials === undefined ? null : Redacted.value(credentials.password),
    refreshToken === undefined ? null : Redacted.value(refreshToken),
    [...account.scopes].sort(),
    // An account without it has the name that its record has always had.
    ...[...identityOf(account), ...secretsOf(account)].sort(),
  ])
  // Joined, and not made by a template: such a text would keep its pieces.
  return Effect.map(store.fingerprint(Redacted.make(name)), (fingerprint) =>
    [account.provider.id, fingerprint].join("-"),
  )
}
