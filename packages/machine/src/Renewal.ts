/**
 * When a token is due, and until when it may be handed out. Arithmetic only, no clock.
 *
 * A token has two edges before its end. From `dueAt` on (the soft edge) the session still hands it out, while a renewal runs in the
 * background. From `usableUntil` on (the hard edge) the session does not hand it out any more, because a request that starts with it
 * could arrive after the token died.
 *
 * All times are epoch milliseconds, all spans milliseconds. `null` means "never", because a snapshot is plain JSON and JSON has no
 * infinity.
 */

/**
 * How a provider renews, as its description states it. Its source is `Renewal` of `@pbx-auth/providers`, which this package does not
 * know. A type test of the session, which knows both, says that the two are the same.
 *
 * - `before_expiry`: due a `window` before the end, and not handed out any more a `margin` before it. Both are a `fraction` of the
 *   life, at most `atMost` ms. `jitter`, a share of the window, moves the window's beginning, so that sessions that signed in
 *   together do not renew together.
 * - `after_expiry`: due once dead, and handed out until then (Sangoma CX's page: "Token can be renewed only once it is expired").
 * - `never`: handed out until dead, and never renewed.
 *
 * @category models
 */
export type RenewalPolicy =
  /** Renewed in a window before the end. */
  | {
      readonly policy: "before_expiry"
      /** The token is due from this long before its end. */
      readonly window: {
        /** A share of the token's life, from 0 to 1. */
        readonly fraction: number
        /** The longest window, in ms. */
        readonly atMost: number
        /** A share of the window, from 0 to 1, by which its beginning moves to either side. */
        readonly jitter: number
      }
      /** The token is not handed out any more from this long before its end. */
      readonly margin: {
        /** A share of the token's life, from 0 to 1. */
        readonly fraction: number
        /** The longest margin, in ms. */
        readonly atMost: number
      }
    }
  /** Renewed once it is dead. It is handed out until then. */
  | { readonly policy: "after_expiry" }
  /** Not renewed. It is handed out until it is dead. */
  | { readonly policy: "never" }

/**
 * The edges of one token's life, in epoch ms; `null` means "never".
 *
 * @category models
 */
export interface TokenTimes {
  /** A reading taken before the request was sent, so never later than the provider's own moment of issue. */
  readonly issuedAt: number
  /** From then on the session renews it; `null` if it is not renewed. */
  readonly dueAt: number | null
  /** From then on it is not handed out; `null` if it does not expire. */
  readonly usableUntil: number | null
  /** When it dies; `null` if it does not expire. */
  readonly expiresAt: number | null
}

const span = (lifetime: number, part: { readonly fraction: number; readonly atMost: number }): number =>
  Math.min(part.atMost, lifetime * part.fraction)

/**
 * Computes the edges of a token's life, in whole milliseconds.
 *
 * `issuedAt` is a reading taken *before* the request was sent, so that the network's delay shortens the life that we count on and
 * never lengthens it. `lifetime` is in ms, `null` for a token that does not expire. `random` is a number from 0 to 1; the jitter uses
 * it to move the window's beginning, earlier or later. `refreshLifetime`, in ms, is the life of the refresh token that came with it,
 * if the next one will live longer: a token that is renewed `before_expiry` is due a window before the refresh token's end, too.
 *
 * @category constructors
 */
export const tokenTimes = (
  renewal: RenewalPolicy,
  token: {
    readonly issuedAt: number
    readonly lifetime: number | null
    readonly random: number
    readonly refreshLifetime?: number | null
  },
): TokenTimes => {
  const { issuedAt } = token
  if (token.lifetime === null) return { issuedAt, dueAt: null, usableUntil: null, expiresAt: null }
  // A negative life would swap the margins. A token that was dead on arrival is dead from its issue.
  const lifetime = Math.max(0, token.lifetime)
  const expiresAt = issuedAt + lifetime
  switch (renewal.policy) {
    case "before_expiry": {
      const begins = (life: number) =>
        issuedAt + life - span(life, renewal.window) * (1 + renewal.window.jitter * (2 * token.random - 1))
      const usableUntil = Math.floor(expiresAt - span(lifetime, renewal.margin))
      const soonest = Math.min(lifetime, token.refreshLifetime ?? lifetime)
      const dueAt = Math.min(Math.floor(begins(soonest)), usableUntil)
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
export const reached = (at: number | null | undefined, now: number): boolean => now >= (at ?? Infinity)
