/**
 * The times of a token as a session at rest keeps them, and the store in memory with it. V8 gives a moment in epoch ms an object of its
 * own; a span of up to 24 days is a small integer, which needs none. So this keeps one moment and three spans.
 */

import type { TokenTimes } from "@pbx-auth/machine/Renewal"

/** `null` means "never". */
type Span = number | null

const span = (from: number, to: number | null): Span => (to === null ? null : to - from)
const moment = (from: number, after: Span): number | null => (after === null ? null : from + after)

class KeptTimes implements TokenTimes {
  /** The object's own members, so that they are copied and listed like any others. All objects share these three functions. */
  static readonly #moments = {
    dueAt: {
      enumerable: true,
      get() {
        return moment(this.issuedAt, this.#due)
      },
    },
    usableUntil: {
      enumerable: true,
      get() {
        return moment(this.issuedAt, this.#usable)
      },
    },
    expiresAt: {
      enumerable: true,
      get() {
        return moment(this.issuedAt, this.#life)
      },
    },
  } satisfies PropertyDescriptorMap & ThisType<KeptTimes>

  readonly issuedAt: number
  readonly #due: Span
  readonly #usable: Span
  readonly #life: Span
  declare readonly dueAt: number | null
  declare readonly usableUntil: number | null
  declare readonly expiresAt: number | null

  constructor({ dueAt, expiresAt, issuedAt, usableUntil }: TokenTimes) {
    this.issuedAt = issuedAt
    this.#due = span(issuedAt, dueAt)
    this.#usable = span(issuedAt, usableUntil)
    this.#life = span(issuedAt, expiresAt)
    Object.defineProperties(this, KeptTimes.#moments)
  }
}

/**
 * The same times, lighter.
 *
 * @category constructors
 */
export const of = (times: TokenTimes): TokenTimes => new KeptTimes(times)
