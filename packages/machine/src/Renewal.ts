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
 * A provider's way with renewal.
 *
 * - `before_expiry`: due a `window` before the end, where the window is `fraction` of the life, at most `cap` ms.
 * - `after_expiry`: due once dead, and handed out until then (Sangoma CX's page: a token "can be renewed only once it is
 *   expired").
 * - `never`: handed out until dead, renewed by nobody.
 *
 * @category models
 */
export type RenewalPolicy =
  | { readonly type: "before_expiry"; readonly fraction: number; readonly cap: number }
  | { readonly type: "after_expiry" }
  | { readonly type: "never" }

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

/** The widest hard margin, in ms. A 50-minute token loses half a minute of it, a one-second token a tenth of a second. */
const HARD_MARGIN_CAP = 30_000
const HARD_MARGIN_FRACTION = 0.1

/** By how much jitter may widen the soft window: many sessions that signed in together must not renew together. */
const JITTER_SHARE = 0.5

/**
 * Derives the edges of a token's life.
 *
 * `issuedAt` is a reading taken *before* the request was sent, so that the network's delay shortens the life that we
 * count on and never lengthens it. `lifetime` is in ms, `null` for a token that does not expire. `jitter` is a number
 * from 0 to 1.
 *
 * @category constructors
 */
export const tokenTimes = (
  policy: RenewalPolicy,
  token: { readonly issuedAt: number; readonly lifetime: number | null; readonly jitter: number },
): TokenTimes => {
  const { issuedAt, lifetime } = token
  if (lifetime === null) return { issuedAt, dueAt: null, usableUntil: null, expiresAt: null }
  const expiresAt = issuedAt + lifetime
  switch (policy.type) {
    case "before_expiry": {
      const margin = Math.min(HARD_MARGIN_CAP, lifetime * HARD_MARGIN_FRACTION)
      const window = Math.min(policy.cap, lifetime * policy.fraction) * (1 + JITTER_SHARE * token.jitter)
      const usableUntil = expiresAt - margin
      return { issuedAt, dueAt: Math.min(expiresAt - window, usableUntil), usableUntil, expiresAt }
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
