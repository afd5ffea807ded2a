/**
 * The name of a session's record: provider, address, client, user, secrets, scopes, and what else tells the account apart.
 *
 * Two sessions share a record only if all of these are the same. So a changed password, or another tenant with the same user name,
 * never meets a stale token. The name is the provider's name and the store's own fingerprint of all the rest. So it does not reveal
 * whom it belongs to, and a hundred thousand of them are short.
 *
 * A provider's value may change what names its records. Each such change is a version, which is part of the name from the second on. So
 * a name of one version is never by chance that of another account in another version.
 */

import { apartOf } from "@pbx-auth/providers/AccountIdentity"
import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { Account, Credentials } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { TokenStore } from "../TokenStore.ts"

const versionsOf = ({ provider }: Account) => provider.formerAccounts ?? []

/**
 * The names that the record had in earlier versions of the provider's value, the latest first. A version that does not tell the account
 * from others has none.
 *
 * @category getters
 */
export const formerNames = (
  store: TokenStore["Service"],
  account: Account,
  credentials: Credentials | undefined,
  refreshToken: Redacted.Redacted<string> | undefined,
): Effect.Effect<ReadonlyArray<string>, StoreFailed> =>
  Effect.gen(function* () {
    const names: Array<string> = []
    for (const [index, formerOf] of versionsOf(account).entries()) {
      const former = attempted(() => formerOf(account))
      if (former !== undefined) names.unshift(yield* make(store, former, credentials, refreshToken, index + 1))
    }
    return names
  })

/** The function is the provider's. One that throws knows no earlier account. */
const attempted = <A>(made: () => A): A | undefined => {
  try {
    return made()
  } catch {
    return undefined
  }
}

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
  version = versionsOf(account).length + 1,
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
    ...apartOf(account),
    ...(version > 1 ? [version] : []),
  ])
  // Joined, and not made by a template: such a text would keep its pieces.
  return Effect.flatMap(store.fingerprint(Redacted.make(name)), (fingerprint) =>
    Effect.succeed([account.provider.id, fingerprint].join("-")),
  )
}
