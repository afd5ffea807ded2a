/** A limit that a provider publishes, as data. */
import type { LimitPolicy } from "./ErrorWords.ts"

/** A limit that a provider publishes: so many requests (`quota`) in `window` ms, of one subscriber or of one client id. */
export interface RateLimit {
  /**
   * The name that the provider's headers give the limit: one of `LimitPolicy`, or one of your own of up to 40 letters, digits, `_`,
   * `.` and `-`.
   */
  readonly policy: LimitPolicy
  /**
   * Whose requests count together: those of a subscriber, or those of all users of a client id. A pause that a reply asks for by the name
   * of this limit holds the same. A pause without a name, or by a name that no limit here has, holds the client.
   */
  readonly per: "subscriber" | "client"
  /** The number of requests. */
  readonly quota: number
  /** The span in which they count, in ms. */
  readonly window: number
  /** The headers of a reply that tell what is left of it, if they are the vendor's own. */
  readonly headers?:
    | {
        /** Says how many requests are left: `X-Rate-Limit-Remaining`. */
        readonly remaining: string
        /** Says when there are more: in seconds, or as a moment, as `Retry-After` does. */
        readonly reset: string
      }
    | undefined
}
