/**
 * When a rejected token is replaced. The first one at once: a rotation or a revocation is mended so. Where the new token is rejected as
 * well, yet another one would not help, and an API that takes none would cause a renewal for every call; so there is a pause then,
 * twice as long each time. Meanwhile the token is handed out as before: the vendor's other APIs may take it.
 */

import type { TokenFacts } from "@pbx-auth/machine/SessionContext"

/** The first pause and the longest, in ms. */
const FIRST = 60_000
const LONGEST = 3_600_000

interface Replaced {
  /** When the last rejected token was replaced, epoch ms. */
  readonly at: number
  /** How long its successor is left alone, ms. */
  readonly pause: number
}

/**
 * The rejections of one session: of the account's own tokens, and of the subject's that it acts for.
 *
 * @category models
 */
export class Rejections {
  /** By how the token was got: the subject's, or the account's own. */
  readonly #replaced = new Map<boolean, Replaced>()
  #told = 0

  /** Until when a rejected token is left in place, epoch ms; `undefined` when it is replaced at once. */
  take({ issuedAt, via }: TokenFacts, now: number): number | undefined {
    const last = this.#replaced.get(via === "act_as")
    const since = last === undefined ? 0 : Math.max(last.at, Math.min(issuedAt, now))
    const pause = last?.pause ?? 0
    if (now < since + pause) return since + pause
    // One that was taken for longer than that is no sign of an API that takes none.
    const isInARow = now < since + 2 * pause
    this.#replaced.set(via === "act_as", { at: now, pause: isInARow ? Math.min(2 * pause, LONGEST) : FIRST })
    return undefined
  }

  /** The token that replaced a rejected one was taken: it was right to replace it, and so it is the next time. */
  confirm({ via }: TokenFacts): void {
    this.#replaced.delete(via === "act_as")
  }

  /** Is this the first that is heard of it? */
  isNews(generation: number): boolean {
    const isNews = this.#told !== generation
    this.#told = generation
    return isNews
  }

  /** Nothing is left that matters. */
  isOver(now: number): boolean {
    return [...this.#replaced.values()].every(({ at, pause }) => now >= at + 2 * pause)
  }
}
