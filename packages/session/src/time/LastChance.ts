/**
 * When a refresh token that may be used up is presented again.
 *
 * A vendor with strict rotation ends every token of the session when it sees a used refresh token, including the living access token.
 * So if an answer leaves open whether the provider acted, the session keeps the refresh token back until there is little left to
 * lose: meanwhile the access token lives on and serves.
 */

import { reached } from "@pbx-auth/machine/Renewal"
import type { TokenFacts } from "@pbx-auth/machine/SessionContext"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Account, Provider } from "@pbx-auth/providers/Provider"

/** The last presentations of many sessions are spread over so many ms. */
const JITTER = 60_000

/** At most this part of the time from due to the end is kept for them. */
const SHARE = 0.25

/** With these statuses the server has not done what was asked: too slow a request, another server's, too early, too many, a ban. */
const UNDONE: ReadonlySet<number> = new Set([403, 408, 421, 425, 429])

/**
 * Whether a failed renewal leaves open if the provider acted. It does after a lost answer, an unreadable one, and a server error: a
 * gateway's 502 or 504 says nothing about the server behind it. If nothing was sent, nothing is open.
 *
 * @category guards
 */
export const leavesOpen = ({ reason }: AuthError): boolean => {
  switch (reason._tag) {
    case "OutcomeUnknown":
    case "Unreadable":
      return true
    case "Unavailable":
      // The request was not understood, so the refresh token was perhaps not even seen.
      if (reason.garbled === true) return false
      return reason.status !== undefined && !UNDONE.has(reason.status)
    case "Throttled":
      // Something between us and the provider refused the request.
      if (reason.policy === "firewall") return false
      return reason.status !== undefined && !UNDONE.has(reason.status)
    case "Misconfigured":
      return reason.outcomeUnknown === true
    default:
      return false
  }
}

/**
 * May a renewal with an unknown result be repeated `elapsed` ms after it was presented, without any risk?
 *
 * @category guards
 */
export const isHarmless = ({ renewsWith, rotation }: Provider, elapsed: number): boolean => {
  if (renewsWith === "sign_in" || rotation === "none") return true
  return typeof rotation === "object" && elapsed < rotation.grace
}

/**
 * Is a refresh token at risk while the result of a renewal is unknown?
 *
 * @category guards
 */
export const isAtStake = (provider: Provider): boolean => !isHarmless(provider, Number.POSITIVE_INFINITY)

/** For a token that exists, and that an API may have rejected. */
export type Held = Pick<TokenFacts, "dueAt" | "usableUntil" | "rejected">

/**
 * The moment from which a refresh token that may be used up is presented again, epoch ms. It is a deadline and a jitter of up to a
 * minute before its access token is not handed out any more, or a quarter of the time from due to then, whichever is later. `random`
 * is from 0 to 1; with 1 it is the earliest such moment. If an API rejected the access token, there is no wait.
 *
 * @category getters
 */
export const of = ({ dueAt, rejected, usableUntil }: Held, { settings }: Account, random: number): number => {
  if (rejected || usableUntil === null) return 0
  const time = usableUntil - (dueAt ?? usableUntil)
  return Math.ceil(usableUntil - Math.min(settings.deadline + JITTER * random, time * SHARE))
}

/**
 * Whether the earliest such moment has come, or there is no token to lose.
 *
 * @category guards
 */
export const hasCome = (held: Held | null, account: Account, now: number): boolean =>
  held === null || reached(of(held, account, 1), now)
