/**
 * When a token is due, and until when it may be handed out: arithmetic only, no clock.
 *
 * A token has two edges before its end. From `dueAt` on (the soft edge) it is still handed out, while a renewal runs in
 * the background; from `usableUntil` on (the hard edge) it is not handed out any more, because a request that starts
 * with it could arrive after it died.
 *
 * All times are epoch milliseconds, all spans milliseconds. `null` stands for "never", because a snapshot is plain JSON
 * and JSON has no infinity.
 */

/**
 * A provider's way with renewal, as its description states it.
 *
 * - `before_expiry`: due a `window` before the end, not handed out any more a `margin` before it. Both are a `fraction` of the
 *   life, at most `atMost` ms; `jitter`, a share of the window, moves its beginning, because many sessions that signed in
 *   together must not renew together.
 * - `after_expiry`: due once dead, and handed out until then (Sangoma CX's page: "Token can be renewed only once it is
 *   expired").
 * - `never`: handed out until dead, renewed by nobody.
 *
 * @category models
 */
export type RenewalPolicy =
  | {
      readonly policy: "before_expiry"
      readonly window: { readonly fraction: number; readonly atMost: number; readonly jitter: number }
      readonly margin: { readonly fraction: number; readonly atMost: number }
    }
  | { readonly policy: "after_expiry" }
  | { readonly policy: "never" }

/**
 * The edges of one token's life, in epoch ms; `null` is "never".
 *
 * @category models
 */
export interface TokenTimes {
  readonly issuedAt: number
  readonly dueAt: number | null
  readonly usableUntil: number | null
  readonly expiresAt: number | null
}

const span = (lifetime: number, part: { readonly fraction: number; readonly atMost: number }): number =>
  Math.min(part.atMost, lifetime * part.fraction)

/**
 * Derives the edges of a token's life, in whole milliseconds.
 *
 * `issuedAt` is a reading taken *before* the request was sent, so that the network's delay shortens the life that we
 * count on and never lengthens it. `lifetime` is in ms, `null` for a token that does not expire. `random` is a number
 * from 0 to 1, by which the jitter moves the window's beginning, earlier or later.
 *
 * @category constructors
 */
export const tokenTimes = (
  renewal: RenewalPolicy,
  token: { readonly issuedAt: number; readonly lifetime: number | null; readonly random: number },
): TokenTimes => {
  const { issuedAt } = token
  if (token.lifetime === null) return { issuedAt, dueAt: null, usableUntil: null, expiresAt: null }
  // A negative life would turn the margins round; a token that was born dead is dead from its birth.
  const lifetime = Math.max(0, token.lifetime)
  const expiresAt = issuedAt + lifetime
  switch (renewal.policy) {
    case "before_expiry": {
      const window = span(lifetime, renewal.window) * (1 + renewal.window.jitter * (2 * token.random - 1))
      const usableUntil = Math.floor(expiresAt - span(lifetime, renewal.margin))
      const dueAt = Math.min(Math.floor(expiresAt - window), usableUntil)
      return { issuedAt, dueAt, usableUntil, expiresAt }
    }
    case "after_expiry":
      return { issuedAt, dueAt: expiresAt, usableUntil: expiresAt, expiresAt }
    case "never":
      return { issuedAt, dueAt: null, usableUntil: expiresAt, expiresAt }
  }
}

/**
 * True from `at` on; never for `null`.
 *
 * @category guards
 */
export const reached = (at: number | null, now: number): boolean => at !== null && now >= at
