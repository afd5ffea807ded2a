/**
 * When a provider's tokens are renewed, and what becomes of a refresh token that is used. A provider's value says both.
 */

/**
 * When a token is renewed, with the numbers that decide it. The chart's `RenewalPolicy` (`@pbx-auth/machine`) follows it.
 *
 * - `before_expiry`: in a window before its end. The window is `fraction` of the life, at most `atMost` ms, and begins
 *   up to `jitter` (a fraction of the window) earlier or later, so that many sessions do not renew at once. Within
 *   `margin` of its end the token is no longer handed out.
 * - `after_expiry`: only once it has expired; asking sooner brings the same token.
 * - `never`.
 */
export type Renewal =
  /** In a window before its end. */
  | {
      readonly policy: "before_expiry"
      /** How long before its end a token is due. */
      readonly window: {
        /** A share of the token's life, from 0 to 1. */
        readonly fraction: number
        /** The longest window, in ms. */
        readonly atMost: number
        /** A share of the window, from 0 to 1, by which its beginning moves to either side. */
        readonly jitter: number
      }
      /** How long before its end a token is no longer handed out. */
      readonly margin: {
        /** A share of the token's life, from 0 to 1. */
        readonly fraction: number
        /** The longest margin, in ms. */
        readonly atMost: number
      }
    }
  /** Only once it has expired. */
  | { readonly policy: "after_expiry" }
  /** Never. A session signs in again. */
  | { readonly policy: "never" }

/**
 * What happens to a refresh token when it is used: it stays (`none`), it may be repeated for a while (`grace`, ms), it is dead at
 * once (`strict`), or the page does not say (`unknown`, treated as `strict`).
 */
export type Rotation =
  | "none"
  | {
      /** For how long after its use it may be repeated, in ms. */
      readonly grace: number
    }
  | "strict"
  | "unknown"
