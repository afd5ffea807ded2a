/**
 * When the next try of a session may go out: by the retry schedule, and not before its quiet time is over.
 */

import type { Outcome } from "@pbx-auth/machine/SessionEvent"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Retry from "@pbx-auth/providers/Retry"
import { type SessionClock, wallNow } from "../time/SessionClock.ts"

/**
 * Times are epoch ms by the session's clock.
 *
 * @category models
 */
export class Backoff {
  readonly #clock: SessionClock
  #pauseAfter: ReturnType<typeof Retry.pausesAt> | undefined
  /** If no try follows by itself, a request for a token may begin one, but not before this moment. */
  quietUntil = 0

  constructor(clock: SessionClock) {
    this.#clock = clock
  }

  /** Resets the schedule to its beginning. */
  beginAnew(): void {
    this.#pauseAfter = undefined
    this.quietUntil = 0
  }

  /** Whether a new one would say the same. */
  get isEmpty(): boolean {
    return this.#pauseAfter === undefined && this.quietUntil === 0
  }

  /** The next pause of the schedule in ms. `undefined` when the schedule is over, or the error is not one to repeat. */
  next(error: AuthError): number | undefined {
    this.#pauseAfter ??= Retry.pausesAt()
    return this.#pauseAfter(error, wallNow(this.#clock))
  }

  /** If no try follows by itself, the session is quiet for a while. */
  quiet(outcome: Outcome): Outcome {
    if (!("retryAt" in outcome) || outcome.retryAt === null) this.quietUntil = outcome.now + Retry.maxBackoff
    return outcome
  }
}
