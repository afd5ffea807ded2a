/**
 * A record that is stored under a name of an earlier version of the provider's value is moved to the session's own. The value brings what
 * moves it (`OwnGrammar.arrive`), so a provider without an earlier version does not load it.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { Mover } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { wallNow } from "../time/SessionClock.ts"
import * as LeftIntents from "./LeftIntents.ts"
import type { Keeper } from "./RecordKeeping.ts"
import * as SessionKey from "./SessionKey.ts"
import { nameOf } from "./SessionName.ts"
import * as StoreAccess from "./StoreAccess.ts"

/**
 * Where the provider's value has changed what names a record: moves it from the names that it had. The latest wins. Fails only as
 * `StoreFailed`.
 *
 * @category combinators
 */
export const arrive = (
  session: Keeper,
  key: string,
  refreshToken: Redacted.Redacted<string> | undefined,
): Effect.Effect<void, StoreFailed> => {
  const { account, kept, runtime } = session
  const { formerAccounts, ownGrammar } = account.provider
  if (formerAccounts === undefined || ownGrammar === undefined) return Effect.void
  return Effect.flatMap(SessionKey.formerNames(runtime.store, account, kept, refreshToken), (names) => {
    const moving = ownGrammar.arrive(moverOf(session), names, key)
    // A fiber that is given anything else ends at once, and whoever waits for it would wait for ever.
    return Effect.isEffect(moving) ? moving : Effect.die(new TypeError())
  })
}

const moverOf = (session: Keeper): Mover => {
  const { runtime } = session
  return {
    holder: nameOf(session),
    wall: () => wallNow(runtime.clock),
    read: (name) => StoreAccess.read(runtime, name),
    replace: (...what) => StoreAccess.replace(runtime, ...what),
    wait: () => LeftIntents.wait(session),
  }
}

/**
 * A move that another process did not finish must be over before anything is presented: until then both names have the same refresh token.
 * Only the record of the account itself is looked after here. That of a refresh token which the session was given has other former names,
 * and is moved when the session opens. Fails only as `StoreFailed`.
 *
 * @category combinators
 */
export const finish = (session: Keeper, key: string): Effect.Effect<void, StoreFailed> => {
  const { account, kept, runtime } = session
  if (account.provider.formerAccounts === undefined) return Effect.void
  return Effect.flatMap(SessionKey.make(runtime.store, account, kept), (own) =>
    own === key ? Effect.interruptible(arrive(session, key, undefined)) : Effect.void,
  )
}
