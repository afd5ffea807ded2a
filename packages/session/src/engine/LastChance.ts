/**
 * When a refresh token that may be used up is shown again.
 *
 * A vendor that rotates strictly ends every token of the session when it is shown a used refresh token, the living access token among
 * them. So after an answer that leaves open whether it acted, the refresh token stays in the pocket until there is little left to
 * lose: the access token lives on, and serves.
 */

import { reached } from "@pbx-auth/machine/Renewal"
import type { TokenFacts } from "@pbx-auth/machine/SessionContext"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Account, Provider } from "@pbx-auth/providers/Provider"

/** The last presentations of many sessions are spread over so many ms. */
const JITTER = 60_000

/** The part of the time from due to the end that is kept for them at most. */
const SHARE = 0.25

/** Whoever answers so has not done what was asked: too slow a request, another server's, too early, too many, a ban. */
const UNDONE: ReadonlySet<number> = new Set([403, 408, 421, 425, 429])

/**
 * Does a failed renewal leave open whether the provider acted? A lost answer does, and one that cannot be read, and a server error:
 * a gateway's 502 or 504 says nothing of the server behind it. Where no reply came because nothing was sent, nothing is open.
 *
 * @category guards
 */
export const leavesOpen = ({ reason }: AuthError): boolean => {
  switch (reason._tag) {
    case "OutcomeUnknown":
    case "Unreadable":
      return true
    case "Unavailable":
      // The request was not understood: the refresh token was perhaps not even seen.
      if (reason.garbled === true) return false
      return reason.status !== undefined && !UNDONE.has(reason.status)
    case "Throttled":
      // Something in between turned it away.
      if (reason.policy === "firewall") return false
      return reason.status !== undefined && !UNDONE.has(reason.status)
    case "Misconfigured":
      return reason.outcomeUnknown === true
    default:
      return false
  }
}

/**
 * May a renewal be repeated `elapsed` ms after it was presented, when nobody knows what came of it, whatever there is to lose?
 *
 * @category guards
 */
export const isHarmless = ({ renewsWith, rotation }: Provider, elapsed: number): boolean => {
  if (renewsWith === "sign_in" || rotation === "none") return true
  return typeof rotation === "object" && elapsed < rotation.grace
}

/**
 * Is a refresh token at stake while nobody knows what came of a renewal?
 *
 * @category guards
 */
export const isAtStake = (provider: Provider): boolean => !isHarmless(provider, Number.POSITIVE_INFINITY)

/** Of a token that is there, and that an API may have refused. */
export type Held = Pick<TokenFacts, "dueAt" | "usableUntil" | "rejected">

/**
 * The moment from which on a refresh token that may be used up is shown again, epoch ms: a deadline and a jitter of up to a minute
 * before its access token is not handed out any more, or a quarter of the time from due to then, whichever is later. `random` is from
 * 0 to 1; with 1 it is the earliest such moment. A token that was refused by an API is not waited for.
 *
 * @category getters
 */
export const of = ({ dueAt, rejected, usableUntil }: Held, { settings }: Account, random: number): number => {
  if (rejected || usableUntil === null) return 0
  const time = usableUntil - (dueAt ?? usableUntil)
  return Math.ceil(usableUntil - Math.min(settings.deadline + JITTER * random, time * SHARE))
}

/**
 * Has the earliest such moment come, or is there no token to lose?
 *
 * @category guards
 */
export const hasCome = (held: Held | null, account: Account, now: number): boolean =>
  held === null || reached(of(held, account, 1), now)
