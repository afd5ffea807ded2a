/**
 * How often a caller may try credentials or passcodes at a served session. Each try is one at the provider, which locks an account
 * after a few.
 */

/** How many tries are allowed at once. */
const BURST = 10

/** The time until one more is allowed, in ms. */
const EVERY = 6_000

/**
 * Counts the tries of each session, for as long as the session exists. Mutable.
 *
 * @category models
 */
export class Tries<Session extends { readonly now: number }> {
  /** When a session has all its tries again, by its own clock, epoch ms. */
  readonly #fullAt = new WeakMap<Session, number>()

  /** Takes one. Returns 0, or, if there is none, how long to wait for the next one, in ms. */
  take(session: Session): number {
    const { now } = session
    const fullAt = Math.max(this.#fullAt.get(session) ?? now, now)
    const wait = fullAt - now - (BURST - 1) * EVERY
    if (wait > 0) return wait
    this.#fullAt.set(session, fullAt + EVERY)
    return 0
  }
}
