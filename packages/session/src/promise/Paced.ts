/**
 * The pace of an app's own calls, in a registry that paces them.
 */

import * as Effect from "effect/Effect"
import { part } from "../face/Face.ts"
import * as Validation from "../options/Validation.ts"
import type * as Session from "../Session.ts"
import * as PromiseFace from "./PromiseFace.ts"

/**
 * The pace of the app's own calls: the provider counts them together with those for tokens. If the provider publishes no limits,
 * there is nothing to wait for.
 *
 * @category models
 */
export interface PromisePacing {
  /**
   * Waits until one more call may go out, and counts it. Await it before each request to the provider's API, and ask for the token
   * after it. Rejects with `Throttled` when the registry's `patience` is over, and with the reason if there is no token.
   */
  readonly turn: () => Promise<void>
  /**
   * Records what a reply says about the next request (`RateLimit`, `Retry-After`): `note(response.headers, response.status)`.
   * `Retry-After` counts only in a refusal: in a 202 it says when a job may be done. Without a status it holds your calls, but not
   * the requests for tokens. Throws an `AuthError` with `Misconfigured` if these are no headers, or no status.
   */
  readonly note: (headers: Iterable<readonly [name: string, value: string]>, status?: number) => void
}

const isStatus = (u: unknown): boolean => Number.isInteger(u) && Number(u) >= 100 && Number(u) < 600

const isHeaders = (u: unknown): boolean => typeof u === "object" && u !== null && Symbol.iterator in u

/**
 * The context in which the calls of a session and of its children take their turn.
 *
 * @category constants
 */
export const paced = part<Session.BearerSource, PromiseFace.Standing>({
  turn: PromiseFace.waiting(({ bearer, pacing }) =>
    // A presentation for the token comes first, because a turn is valid only now.
    pacing === undefined ? Effect.asVoid(bearer) : Effect.andThen(pacing.patiently(bearer), pacing.turn),
  ),
  note: (of) => (headers: Iterable<readonly [name: string, value: string]>, status?: number) => {
    const example = "note(response.headers, response.status)"
    if (!isHeaders(headers)) throw Validation.wrong("headers", `Give the headers of a reply: ${example}.`)
    if (status !== undefined && !isStatus(status))
      throw Validation.wrong("status", `Give the status of a reply: ${example}.`)
    const byName = Object.fromEntries([...headers].map(([name, value]) => [name.toLowerCase(), value]))
    if (of.pacing !== undefined) PromiseFace.runSyncOf(of)(of.pacing.note(byName, status))
  },
})
