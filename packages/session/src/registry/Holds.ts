/**
 * What the provider itself said about the next request, as far as the budget respects it: functions over the pauses of the process.
 */

import type * as AuthError from "@pbx-auth/providers/AuthError"
import { type Account, type RateLimit, rateLimitsOf } from "@pbx-auth/providers/Provider"
import * as Retry from "@pbx-auth/providers/Retry"
import type { Pauses } from "../pace/Pauses.ts"
import type { Ring } from "../SharedQuota.ts"
import type { Payer } from "./Payers.ts"
import { paceOf } from "./Places.ts"
import type { Blocked } from "./TokenQueue.ts"

/** Only for API calls: without a status the meaning of a `Retry-After` is unknown, so it does not hold requests for tokens. */
const ofCalls = (pause: string): string => `calls ${pause}`

/**
 * The moment before which the provider allows no request; `undefined` if it said nothing.
 *
 * @category getters
 */
export const held = (
  pauses: Pauses,
  limits: ReadonlyArray<RateLimit>,
  { paused }: Payer,
  ring: Ring,
): Blocked | undefined => {
  for (const per of ["client", "subscriber"] as const) {
    const calls = ring === "calls" && per === "client" ? pauses.current(ofCalls(paused.client)) : undefined
    const pause = pauses.current(paused[per]) ?? calls
    if (pause === undefined) continue
    const pace = Math.min(...limits.map(paceOf))
    return { policy: pause.said.policy ?? `${per}_minute`, per, pace, wait: pause.until - pauses.clock.now() }
  }
  return undefined
}

/**
 * Records what a reply's headers say; `now` is epoch ms. Without a `status` it holds API calls, but not requests for tokens.
 *
 * @category combinators
 */
export const note = (
  pauses: Pauses,
  account: Account,
  { paused }: Payer,
  headers: Readonly<Record<string, string | undefined>>,
  status: number | undefined,
  now: number,
): void => {
  const { provider } = account
  for (const limit of Retry.limitsOf(headers, now, status ?? 200, rateLimitsOf(provider))) {
    pauses.hold({ ...limit, provider: provider.id }, paused, account)
  }
  if (status !== undefined) return
  for (const limit of Retry.limitsOf({ ...headers, ratelimit: undefined }, now, 429)) {
    pauses.note(ofCalls(paused.client), { ...limit, provider: provider.id })
  }
}

/**
 * Records a refusal, if the provider itself said it. What the budget says about one ring does not matter to the other.
 *
 * @category combinators
 */
export const heed = (pauses: Pauses, { reason }: AuthError.AuthError, { paused }: Payer, account: Account): void => {
  if (reason._tag === "Throttled" && reason.status !== undefined) pauses.hold(reason, paused, account)
}
