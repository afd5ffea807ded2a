/**
 * A presentation under way: what the chart asked for, and whether anybody still waits for it.
 */

import type { Purpose } from "@pbx-auth/machine/SessionCommand"
import type * as Fiber from "effect/Fiber"

/**
 * One presentation from the chart's command to its landing; mutable, and its driver's own.
 *
 * @category models
 */
export interface Flight {
  /** Moves when the chart asks again for a renewal that still runs. */
  attempt: number
  readonly purpose: Purpose
  /** The chart's generation of the token that is to be replaced. */
  readonly generation: number
  /** Whom to act for; set for `act_as` alone. */
  readonly subject: string | null
  /** Set where a person asks for it, and not the session. */
  readonly userCall: "sign_in" | "passcode" | undefined
  /** When it began, by the session's clock, epoch ms. */
  readonly startedAt: number
  /**
   * Of a sign-in that nobody could read the answer to: when it is presented again by itself, by the session's clock, epoch ms; `null`
   * when a person has to look. Else `undefined`.
   */
  again: number | null | undefined
  /** Nobody waits for it any more: what it brings is neither used nor stored. */
  abandoned: boolean
  /** The name of the record that it is about, once that is known. */
  key: string | undefined
  fiber: Fiber.Fiber<void> | undefined
}
