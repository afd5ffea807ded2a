/**
 * A presentation under way: what the chart asked for, and whether a caller still waits for it.
 */

import type { Purpose } from "@pbx-auth/machine/SessionCommand"
import type * as Fiber from "effect/Fiber"

/**
 * One presentation, from the chart's command to its landing. Mutable; it belongs to its driver.
 *
 * @category models
 */
export interface Flight {
  /** Changes when the chart asks again for a renewal that still runs. */
  attempt: number
  readonly purpose: Purpose
  /** The chart's generation of the token to be replaced. */
  readonly generation: number
  /** The subject to act for. Set only for `act_as`. */
  readonly subject: string | null
  /** Set if a person asks for it, and not the session. */
  readonly userCall: "sign_in" | "passcode" | undefined
  /** When it began, by the session's clock, epoch ms. */
  readonly startedAt: number
  /**
   * For a sign-in whose answer could not be read: when it is presented again by itself, by the session's clock, epoch ms; `null` if a
   * person has to look. Else `undefined`.
   */
  again: number | null | undefined
  /** It waits for a person at a browser, so it may be interrupted without loss. */
  waits: boolean
  /** No caller waits for it any more: its result is neither used nor stored. */
  abandoned: boolean
  /** The name of its record, once that is known. */
  key: string | undefined
  fiber: Fiber.Fiber<void> | undefined
}
