/**
 * When a session may present although another holder's renewal has no known result, or although the others cannot be asked. The
 * provider's rotation decides.
 */

import type { Intent } from "../TokenStore.ts"
import * as LastChance from "../time/LastChance.ts"
import type { Keeper } from "./RecordKeeping.ts"

/**
 * Whether the refresh token is at risk while the result of a renewal is unknown.
 *
 * @category guards
 */
export const isAtStake = ({ account }: Keeper, purpose: Intent["purpose"]): boolean =>
  purpose === "renewal" && LastChance.isAtStake(account.provider)

/**
 * An earlier renewal, `elapsed` ms ago, was never answered. May the same refresh token be presented now?
 *
 * @category guards
 */
export const mayRepeat = ({ account, context, runtime }: Keeper, elapsed: number): boolean =>
  LastChance.isHarmless(account.provider, elapsed) || LastChance.hasCome(context.own, account, runtime.clock.now())

/**
 * May a session present while the store is away? A sign-in uses nothing up. A refresh token may be used up if another session presents
 * it too, unless the provider does not rotate it, or the app said that its process is the only one.
 *
 * @category guards
 */
export const mayPresentAlone = (session: Keeper, purpose: Intent["purpose"]): boolean =>
  !isAtStake(session, purpose) || session.runtime.store.isSoleHolder === true
