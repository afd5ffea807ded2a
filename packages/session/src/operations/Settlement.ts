/**
 * The result of a presentation: one reading of the chart's outcomes for metrics, events and health.
 */

import type { Purpose } from "@pbx-auth/machine/SessionCommand"
import type { SessionContext } from "@pbx-auth/machine/SessionContext"
import type { Refusal, SessionEvent } from "@pbx-auth/machine/SessionEvent"

/**
 * - `issued`: the provider gave a token.
 * - `adopted`: another process got it first, and the session loaded its token from the store.
 * - `challenged`: a second factor is demanded.
 * - `refused`: a final no.
 * - `unavailable`: not now: the provider is failing, a pause was asked for, or the store failed.
 * - `unknown`: the provider may have acted, and no reply says so; for a renewal a server error is one of these.
 */
type Outcome = "issued" | "adopted" | "challenged" | "refused" | "unavailable" | "unknown"

/**
 * A presentation that a caller still waited for, and its result. There is a refusal whenever there is no token and no challenge that
 * can be answered.
 *
 * @category models
 */
export interface Settlement {
  readonly purpose: Purpose
  readonly outcome: Outcome
  readonly refusal: Refusal | undefined
}

const outcomes: Readonly<Partial<Record<SessionEvent["type"], Outcome>>> = {
  Issued: "issued",
  Adopted: "adopted",
  Challenged: "challenged",
  Refused: "refused",
  Unavailable: "unavailable",
  OutcomeUnknown: "unknown",
}

/**
 * Reads a step; `undefined` if no presentation ended with it. The purpose is read from the chart before the step: afterwards it is
 * gone, or belongs to the next presentation.
 *
 * @category constructors
 */
export const of = (before: SessionContext, event: SessionEvent, after: SessionContext): Settlement | undefined => {
  const outcome = outcomes[event.type]
  const purpose = before.presenting
  if (outcome === undefined || purpose === null) return undefined
  const isAsked = outcome === "challenged" && after.challengeUntil !== null
  // A challenge that no one here can answer is a refusal.
  if (outcome === "challenged" && !isAsked) {
    return { purpose, outcome: "refused", refusal: after.refusal ?? undefined }
  }
  return { purpose, outcome, refusal: "refusal" in event ? event.refusal : undefined }
}
