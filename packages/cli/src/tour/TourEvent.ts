/**
 * What a tour reports while it walks: plain data, for a screen or as JSON lines. No secret can be in it: paths, outcomes and names
 * come from the chart and from the emulator's journal, which hold none.
 */

import type { ProviderId } from "@pbx-auth/providers/AuthError"

/**
 * @category models
 */
export type TourEvent =
  /** The emulator is up. */
  | { readonly event: "tour"; readonly origin: string }
  /** A provider's part begins; `promise` is a sentence of its page. */
  | {
      readonly event: "provider"
      readonly provider: ProviderId
      readonly name: string
      readonly page: string
      readonly promise: string
    }
  /** Something is done now; `says` is what the page says about it. */
  | {
      readonly event: "step"
      readonly provider: ProviderId
      readonly words: string
      readonly says: string | undefined
    }
  /** A session has come into a state. `session` tells another one from the provider's main one. */
  | {
      readonly event: "state"
      readonly provider: ProviderId
      readonly session: string | undefined
      readonly path: string
      readonly state: string
      readonly substate: string | null
    }
  /** The emulator has answered a request. */
  | {
      readonly event: "request"
      readonly provider: ProviderId
      readonly method: string
      readonly path: string
      readonly grant: string | undefined
      readonly status: number
      readonly outcome: string
      readonly account: string | undefined
      readonly subject: string | undefined
    }
  /** The one clock has jumped. */
  | {
      readonly event: "clock"
      readonly provider: ProviderId
      readonly words: string
      readonly seconds: number
      readonly says: string | undefined
    }
  /** Something was verified, or found to be otherwise. */
  | {
      readonly event: "check"
      readonly provider: ProviderId
      readonly ok: boolean
      readonly words: string
      readonly saw: string | undefined
    }
  /** A provider's part is over. */
  | ProviderDone
  /** The tour is over. */
  | {
      readonly event: "summary"
      readonly ok: boolean
      readonly providers: ReadonlyArray<ProviderDone>
      /** How long it took, and how much time passed by the tour's clock, in seconds. */
      readonly seconds: { readonly real: number; readonly told: number }
    }

/**
 * @category models
 */
export interface ProviderDone {
  readonly event: "provider_done"
  readonly provider: ProviderId
  readonly name: string
  readonly ok: boolean
  /** The top-level states of the main session, in their order. */
  readonly states: ReadonlyArray<string>
  readonly requests: number
  /** How many of the requests were refused, all of them on purpose. */
  readonly refused: number
  readonly checks: number
  /** How much time passed, in seconds. */
  readonly seconds: number
}
