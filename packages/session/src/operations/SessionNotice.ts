/**
 * What became of a session, told for a log, a dashboard or an alert: plain JSON, without a secret and without a user's name.
 */

import type { Purpose } from "@pbx-auth/machine/SessionCommand"
import { currentFacts, type SessionContext } from "@pbx-auth/machine/SessionContext"
import type { Refusal, SessionEvent } from "@pbx-auth/machine/SessionEvent"
import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { ProviderId } from "@pbx-auth/providers/AuthError"
import type { StoreFailure, Watched } from "../Watcher.ts"
import type { Settlement } from "./Settlement.ts"

/**
 * What happened. All times are epoch ms of the wall clock.
 *
 * - `opened`, `closed`: in this process.
 * - `signed_in`, `renewed`: the provider issued a token; `renewed` is told of acting tokens as well, by its `purpose`.
 * - `adopted`: another process got the token; it was taken from the store.
 * - `challenged`: a second factor is demanded, until then.
 * - `refused`: a presentation came to nothing, and no other try is set.
 * - `waiting`: a presentation came to nothing, and the next try is made then.
 * - `rejected`: an API did not take the token. With `until` it had just been issued in place of another one that was rejected: no
 *   other is got before then, and this is told once of each token.
 * - `acting_started`, `acting_stopped`: for somebody else.
 * - `acting_unlike`: the token to act with names the subject otherwise than it was asked for (IPEX, where a user has an e-mail and a
 *   login). It is used; somebody should look whether it is the right one.
 * - `lapsed`: the token died, or was rejected, and nobody renews it; the session is signed out.
 * - `signed_out`: asked for, here or in another process.
 * - `store_failed`: the store did not take a token, which is kept in memory and issued in the next step (`store`), or still has
 *   those of a session that was signed out (`remove`).
 *
 * @category models
 */
export type NoticeBody =
  | {
      readonly type: "opened" | "acting_stopped" | "acting_unlike" | "signed_out" | "closed"
    }
  | { readonly type: "rejected"; readonly until?: number }
  | {
      readonly type: "signed_in" | "renewed" | "adopted" | "acting_started"
      readonly purpose: Purpose
    }
  | { readonly type: "challenged"; readonly purpose: Purpose; readonly until: number | null }
  | {
      readonly type: "refused"
      readonly purpose: Purpose
      readonly reason: Refusal["code"]
      readonly remedy: Refusal["remedy"]
    }
  | {
      readonly type: "waiting"
      readonly purpose: Purpose
      readonly reason: Refusal["code"]
      readonly remedy: Refusal["remedy"]
      readonly until: number
    }
  | { readonly type: "store_failed"; readonly what: StoreFailure }
  | { readonly type: "lapsed"; readonly reason: Refusal["code"] | null; readonly remedy: Refusal["remedy"] | null }

/**
 * Whom a notice is about.
 *
 * @category models
 */
export interface NoticeSource {
  /** When it was told, epoch ms of the wall clock. */
  readonly at: number
  /** A name of the session for as long as it is open: random, and made from nothing that is known of the account. */
  readonly session: string
  /** Of a child: the `session` of its parent. */
  readonly parent?: string
  /** What the app calls it, if it does (see `Operations.Options`). */
  readonly name?: string
  readonly provider: ProviderId
  /** It acts for somebody beside its parent. */
  readonly child: boolean
  /** Where the chart stands after it, such as `expiring.waiting`; of `closed`, where it stood. */
  readonly state: SessionView["path"]
  /** Counts the session's tokens. */
  readonly generation: number
}

/**
 * So many notices before the next one were dropped, because this reader was too slow.
 *
 * @category models
 */
export interface Missed {
  readonly type: "missed"
  readonly at: number
  readonly count: number
}

/**
 * One line of the story.
 *
 * @category models
 */
export type SessionNotice = (NoticeSource & NoticeBody) | Missed

/** What the presentation that ended with this step came to. */
const settled = (
  { outcome, purpose, refusal }: Settlement,
  before: SessionContext,
  after: SessionContext,
  wall: (at: number) => number,
): NoticeBody => {
  switch (outcome) {
    case "issued":
      if (purpose === "act_as") return { type: before.acting === null ? "acting_started" : "renewed", purpose }
      return { type: purpose === "renewal" ? "renewed" : "signed_in", purpose }
    case "adopted":
      return { type: "adopted", purpose }
    case "challenged":
      return {
        type: "challenged",
        purpose,
        until: after.challengeUntil === null ? null : wall(after.challengeUntil),
      }
    case "refused":
    case "unavailable":
    case "unknown": {
      const { code: reason, remedy } = refusal ?? { code: "Unavailable", remedy: "retry" }
      return after.retryAt === null
        ? { type: "refused", purpose, reason, remedy }
        : { type: "waiting", purpose, reason, remedy, until: wall(after.retryAt) }
    }
  }
}

/**
 * What a step means to whoever reads of it: often nothing, seldom two things. `wall` translates a moment of the session's clock
 * to the wall clock's.
 *
 * @category constructors
 */
export const ofStep = (
  before: SessionContext,
  event: SessionEvent,
  { snapshot: { context: after }, view }: Pick<Watched, "snapshot" | "view">,
  settlement: Settlement | undefined,
  wall: (at: number) => number,
): ReadonlyArray<NoticeBody> => {
  const said: Array<NoticeBody> = []
  if (settlement !== undefined) said.push(settled(settlement, before, after, wall))
  if (event.type === "Rejected") {
    const isNews = [before.own, before.acting].some(
      (facts) => facts?.generation === event.generation && !facts.rejected,
    )
    if (isNews) said.push({ type: "rejected", ...(event.doubt && { until: wall(event.doubt.until) }) })
  }
  // A challenge that nobody answered in time: no presentation ended, but something came to nothing all the same.
  if (event.type === "Due" && before.challengeUntil !== null && after.refusal?.code === "ChallengeExpired") {
    const { code: reason, remedy } = after.refusal
    said.push({ type: "refused", purpose: "passcode", reason, remedy })
  }
  if (before.acting !== null && after.acting === null && !after.child) said.push({ type: "acting_stopped" })
  if (event.type === "SignOut") said.push({ type: "signed_out" })
  else if (currentFacts(before) !== null && view.path === "unauthenticated.idle") {
    said.push({ type: "lapsed", reason: after.refusal?.code ?? null, remedy: after.refusal?.remedy ?? null })
  }
  return said
}
