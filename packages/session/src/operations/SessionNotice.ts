/**
 * What happened to a session, for a log, a dashboard or an alert: plain JSON, without a secret and without a user's name.
 */

import type { Purpose } from "@pbx-auth/machine/SessionCommand"
import { currentFacts, type SessionContext } from "@pbx-auth/machine/SessionContext"
import type { Refusal, SessionEvent } from "@pbx-auth/machine/SessionEvent"
import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { ProviderId } from "@pbx-auth/providers/AuthError"
import { SAME_END } from "../time/RefreshEnd.ts"
import type { StoreFailure, Watched } from "../Watcher.ts"
import type { Settlement } from "./Settlement.ts"

/**
 * What happened. All times are epoch ms of the wall clock.
 *
 * - `opened`, `closed`: in this process.
 * - `signed_in`, `renewed`: the provider issued a token; `renewed` is told of acting tokens as well, by its `purpose`.
 * - `adopted`: another process got the token; the session loaded it from the store.
 * - `challenged`: a second factor is demanded, until then.
 * - `refused`: a presentation failed, and no other try is set.
 * - `waiting`: a presentation failed, and the next try comes then.
 * - `rejected`: an API rejected the token. With `until` it had just replaced another rejected one: the session gets no other before
 *   then, and reports this once for each token.
 * - `acting_started`, `acting_stopped`: for a subject.
 * - `acting_unlike`: the token to act with names the subject differently than it was asked for (IPEX, where a user has an e-mail and
 *   a login). It is used; check whether it is the right one.
 * - `intent_left`: another holder (a random name) began something `age` ms ago, and died or failed before it could store the result.
 * - `lapsed`: the token died, or was rejected, without a renewal; the session is signed out.
 * - `person_needed`: the refresh token ends then, no renewal moves that end, and nobody signs in without a person. Told when 7 days,
 *   a day and an hour are left, with the renewal that comes next after that moment.
 * - `signed_out`: asked for, here or in another process.
 * - `store_failed`: the store did not accept a token, which is kept in memory and reported as issued in the next step (`store`), or
 *   still has those of a session that was signed out (`remove`). `store_recovered`: it has accepted it now, or need not any more.
 *
 * @category models
 */
export type NoticeBody =
  /** It says no more than its type. */
  | {
      readonly type: "opened" | "acting_stopped" | "acting_unlike" | "signed_out" | "closed"
    }
  /** An API rejected the token. */
  | {
      readonly type: "rejected"
      /** Until when the session gets no other, epoch ms. */
      readonly until?: number
    }
  /** There is a token. */
  | {
      readonly type: "signed_in" | "renewed" | "adopted" | "acting_started"
      /** What was presented for it. */
      readonly purpose: Purpose
    }
  /** The provider demands a second factor. */
  | {
      readonly type: "challenged"
      /** What was presented. */
      readonly purpose: Purpose
      /** Until when it may be answered, epoch ms; `null` if that is not known. */
      readonly until: number | null
    }
  /** A presentation failed, and no other try is set. */
  | {
      readonly type: "refused"
      /** What was presented. */
      readonly purpose: Purpose
      /** The tag of the `AuthError` reason. */
      readonly reason: Refusal["code"]
      /** What to do about it. */
      readonly remedy: Refusal["remedy"]
    }
  /** A presentation failed, and another try is set. */
  | {
      readonly type: "waiting"
      /** What was presented. */
      readonly purpose: Purpose
      /** The tag of the `AuthError` reason. */
      readonly reason: Refusal["code"]
      /** What to do about it. */
      readonly remedy: Refusal["remedy"]
      /** When the next try comes, epoch ms. */
      readonly until: number
    }
  /** A person has to sign in before the refresh token ends. */
  | {
      readonly type: "person_needed"
      /** When it ends, epoch ms. */
      readonly until: number
    }
  /** The store did not take a change, or has taken it now. */
  | {
      readonly type: "store_failed" | "store_recovered"
      /** Which change: a token to `store`, or to `remove`. */
      readonly what: StoreFailure
    }
  /** Another holder began something and could not store the result. */
  | {
      readonly type: "intent_left"
      /** Its random name. */
      readonly holder: string
      /** What it presented. */
      readonly purpose: "sign_in" | "renewal"
      /** How long ago it began, in ms. */
      readonly age: number
    }
  /** The token ended without a renewal, and the session is signed out. */
  | {
      readonly type: "lapsed"
      /** The tag of the `AuthError` reason; `null` if there was no refusal. */
      readonly reason: Refusal["code"] | null
      /** What to do about it; `null` if there was no refusal. */
      readonly remedy: Refusal["remedy"] | null
    }

/**
 * The session that a notice is about.
 *
 * @category models
 */
export interface NoticeSource {
  /** When it was told, epoch ms of the wall clock. */
  readonly at: number
  /** A random name of the session for as long as it is open. It does not depend on the account. */
  readonly session: string
  /** For a child: the `session` of its parent. */
  readonly parent?: string
  /** The app's name for it, if there is one (see `Operations.Options`). */
  readonly name?: string
  /** Which provider. */
  readonly provider: ProviderId
  /** It acts for a subject beside its parent. */
  readonly child: boolean
  /** The state of the chart after it, such as `expiring.waiting`; for `closed`, the last state. */
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
  /** When the next one was told that was kept, epoch ms of the wall clock. */
  readonly at: number
  /** How many. */
  readonly count: number
}

/**
 * One line of the log.
 *
 * @category models
 */
export type SessionNotice = (NoticeSource & NoticeBody) | Missed

/** The result of the presentation that ended with this step. */
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

/** 7 days, a day, an hour, in ms. */
const NOTICES = [604_800_000, 86_400_000, 3_600_000]

/** The end of a refresh token that a renewal did not move, if another one of the moments before it has come. */
const endingSoon = (before: SessionContext, after: SessionContext): number | undefined => {
  const end = after.personNeededAt
  if (end === null || before.personNeededAt === null || before.own === null || after.own === null) return undefined
  if (end - before.personNeededAt > SAME_END) return undefined
  const [then, now] = [before.own.issuedAt, after.own.issuedAt]
  return NOTICES.some((left) => then < end - left && end - left <= now) ? end : undefined
}

/**
 * What a step means to a reader of the log: often nothing, seldom two things. `wall` translates a moment of the session's clock to
 * the wall clock's.
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
  // A challenge that was not answered in time. No presentation ended, but something failed all the same.
  if (event.type === "Due" && before.challengeUntil !== null && after.refusal?.code === "ChallengeExpired") {
    const { code: reason, remedy } = after.refusal
    said.push({ type: "refused", purpose: "passcode", reason, remedy })
  }
  const end = endingSoon(before, after)
  if (end !== undefined) said.push({ type: "person_needed", until: wall(end) })
  if (before.acting !== null && after.acting === null && !after.child) said.push({ type: "acting_stopped" })
  if (event.type === "SignOut") said.push({ type: "signed_out" })
  else if (currentFacts(before) !== null && view.path === "unauthenticated.idle") {
    said.push({ type: "lapsed", reason: after.refusal?.code ?? null, remedy: after.refusal?.remedy ?? null })
  }
  return said
}
