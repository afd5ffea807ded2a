/**
 * When a rejected token is replaced. The first is replaced at once, because a rotation or a revocation is repaired so. If the new
 * token is rejected as well, another one would not help, and an API that rejects all tokens would cause a renewal for every call. So
 * a pause follows, twice as long each time. Meanwhile the session hands out the token as before: the vendor's other APIs may accept
 * it.
 */

import type { TokenFacts } from "@pbx-auth/machine/SessionContext"

/** The first pause and the longest, in ms. */
const FIRST = 60_000
const LONGEST = 3_600_000

interface Replaced {
  /** When the last rejected token was replaced, epoch ms. */
  readonly at: number
  /** How long its successor stays, ms. */
  readonly pause: number
}

/**
 * The rejections of one session: of the account's own tokens, and of the subject's.
 *
 * @category models
 */
export class Rejections {
  /** By how the token was got: the subject's, or the account's own. */
  readonly #replaced = new Map<boolean, Replaced>()
  #told = 0

  /** Until when a rejected token stays, epoch ms; `undefined` if it is replaced at once. */
  take({ issuedAt, via }: TokenFacts, now: number): number | undefined {
    const last = this.#replaced.get(via === "act_as")
    const since = last === undefined ? 0 : Math.max(last.at, Math.min(issuedAt, now))
    const pause = last?.pause ?? 0
    if (now < since + pause) return since + pause
    // A token that worked for longer than that is no sign of an API that rejects all.
    const isInARow = now < since + 2 * pause
    this.#replaced.set(via === "act_as", { at: now, pause: isInARow ? Math.min(2 * pause, LONGEST) : FIRST })
    return undefined
  }

  /** The token that replaced a rejected one was accepted. So the replacement was right, and the next is replaced at once too. */
  confirm({ via }: TokenFacts): void {
    this.#replaced.delete(via === "act_as")
  }

  /** Whether this rejection is the first one. */
  isNews(generation: number): boolean {
    const isNews = this.#told !== generation
    this.#told = generation
    return isNews
  }

  /** Whether nothing is left that matters. */
  isOver(now: number): boolean {
    return [...this.#replaced.values()].every(({ at, pause }) => now >= at + 2 * pause)
  }
}
