/**
 * The name of a session's record: who, where, with which client and scopes, for whom, and with which secrets.
 *
 * Two sessions share a record only if all of it is the same. The secrets stand in it as the store's own fingerprint, so that a
 * changed password, or another tenant with the same user name, never meets a stale token.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { Account, Credentials } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { TokenStore } from "./TokenStore.ts"

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
  // Lengths keep two secrets from being read as two others that look the same in a row.
  const given = [account.client.secret, credentials?.password, ...(refreshToken === undefined ? [] : [refreshToken])]
  const secrets = given.map((secret) => (secret === undefined ? "" : Redacted.value(secret)))
  const secret = Redacted.make(secrets.map((text) => `${text.length}:${text}`).join(""))
  return Effect.map(store.fingerprint(secret), (fingerprint) =>
    JSON.stringify([
      account.provider.id,
      account.address.origin + account.address.prefix,
      account.client.id,
      credentials?.username ?? null,
      [...account.scopes].sort(),
      fingerprint,
    ]),
  )
}
