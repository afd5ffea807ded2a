/**
 * The health of the sessions of a process, computed on request: the answer of a readiness endpoint.
 */

import { currentFacts, isUsable, type SessionContext, type TokenFacts } from "@pbx-auth/machine/SessionContext"
import type { RefusalCode } from "@pbx-auth/machine/SessionEvent"
import type { ProviderId } from "@pbx-auth/providers/AuthError"
import type { StoreFailure, Watched } from "../Watcher.ts"
import type { Settlement } from "./Settlement.ts"

/**
 * - `ok`: nothing to do.
 * - `degraded`: something is not as it should be, and work goes on.
 * - `failing`: no session can hand out a token, and at least one should.
 *
 * @category models
 */
export type Status = "ok" | "degraded" | "failing"

/**
 * Why a status is not `ok`.
 *
 * @category models
 */
export type Reason = "none_usable" | "needs_person" | "waits_for_retry" | "not_answering" | "not_stored"

/**
 * What an idle session waits for: `retry` (another try is set, or follows when a caller asks for a token), `passcode`, `person` (a
 * person must sign in, or correct the configuration or a right).
 *
 * @category models
 */
export type Need = "retry" | "passcode" | "person"

/**
 * The sessions at one address of a provider. Children are counted beside them and do not affect the status: their callers got the
 * reason why they failed.
 *
 * @category models
 */
export interface ProviderHealth {
  /** Which provider. */
  readonly provider: ProviderId
  /** Such as `https://pbx.skyswitch.com`. */
  readonly origin: string
  /** `failing` if some wait or need a person and none has a usable token, `degraded` if there is another reason. */
  readonly status: Status
  /** Why it is not `ok`; empty if it is. */
  readonly reasons: ReadonlyArray<Reason>
  /** How many sessions are in which condition. One may be in several. */
  readonly sessions: {
    /** Sessions that are open. */
    readonly open: number
    /** A token may be handed out now. */
    readonly usable: number
    /** Something was presented, and its answer is awaited. */
    readonly presenting: number
    /** Another try is set, or follows when a caller asks for a token. */
    readonly waiting: number
    /** Nothing goes on without a person. */
    readonly needingPerson: number
    /** The store has not accepted its token, or its sign-out, yet. */
    readonly unstored: number
  }
  /** Sessions that act for a subject beside their parent. */
  readonly children: {
    /** Children that are open. */
    readonly open: number
    /** A token may be handed out now. */
    readonly usable: number
  }
  /** Why those wait or need a person: how many of each code. */
  readonly refusals: { readonly [Code in RefusalCode]?: number }
  /** Whole seconds until the first token in use ends, below 0 if it has ended; `null` if none has an end. */
  readonly soonestEnd: number | null
  /** Since when every awaited answer failed to come (epoch ms); `null` if the last one came. */
  readonly unansweredSince: number | null
}

/**
 * Plain JSON.
 *
 * @category models
 */
export interface HealthReport {
  /** `failing` if each provider is, `degraded` if one is not `ok`. */
  readonly status: Status
  /** Epoch ms of the wall clock. */
  readonly at: number
  /**
   * How many session runtimes were made with this watcher so far. While it is 0 no session can be seen, whatever is open: the status
   * is `ok` because nothing is known.
   */
  readonly runtimes: number
  /** One entry for each address of each provider that has sessions. */
  readonly providers: ReadonlyArray<ProviderHealth>
}

/**
 * What is kept of an open session after its last step: enough to report its health at any time without asking it. A session at rest
 * has dropped its snapshot, and must not make it again for a count.
 *
 * @category models
 */
export interface Patient {
  /** What the chart remembers. */
  readonly context: SessionContext
  /** What the session waits for; `undefined`: for nothing. */
  readonly need: Need | undefined
  /** What its store has not accepted yet. */
  readonly owed?: StoreFailure | undefined
}

/**
 * What a session waits for, if anything. `hasLapsed`: its token died without a renewal, and no one has signed in since. A session
 * that was never signed in, and has no credentials at hand, waits for nothing: it belongs to a screen.
 *
 * @category getters
 */
export const needOf = (
  { snapshot, view }: Pick<Watched, "snapshot" | "view">,
  hasLapsed: boolean,
): Need | undefined => {
  const { next, refusal, unattended } = snapshot.context
  if (view.awaiting === "passcode") return "passcode"
  if (view.awaiting === "retry") return "retry"
  if (view.path === "expiring.waiting" && next === "nothing") return "person"
  const isAtRest = view.substate === "waiting" || (view.substate === "idle" && (unattended || hasLapsed))
  if (!isAtRest || refusal?.code === "SignedOut") return undefined
  if (refusal === null) return hasLapsed && !unattended ? "person" : undefined
  return refusal.remedy === "wait" || refusal.remedy === "retry" ? "retry" : "person"
}

/**
 * Seconds until a token ends, at `now` (epoch ms, by the session's clock), below 0 if it has ended. One that an API has rejected has
 * ended. `undefined` without a token, and for one that has no end.
 *
 * @category getters
 */
export const secondsToEnd = (facts: TokenFacts | null, now: number): number | undefined => {
  if (facts === null || facts.expiresAt === null) return undefined
  const seconds = (facts.expiresAt - now) / 1_000
  return facts.rejected ? Math.min(0, seconds) : seconds
}

/** A refusal is an answer. What the store or another process did says nothing about the provider. */
const SILENCE: ReadonlySet<RefusalCode> = new Set<RefusalCode>(["Unavailable", "OutcomeUnknown"])

/**
 * Whether the provider answered a presentation; `undefined` if the event says nothing about that.
 *
 * @category getters
 */
export const isAnswered = ({ outcome, refusal }: Settlement): boolean | undefined => {
  if (outcome === "adopted" || refusal?.code === "StoreFailed") return undefined
  return refusal === undefined || !SILENCE.has(refusal.code)
}

/** A passcode is the screen's concern, unless there is no screen or a token is at risk. */
const isStuck = ({ context, need }: Patient): boolean =>
  need === "passcode" ? context.unattended || context.own !== null : need !== undefined

/**
 * The health of the sessions at one address, at `now` (epoch ms, by the sessions' clock).
 *
 * @category constructors
 */
export const ofProvider = (
  { origin, provider, unansweredSince }: Pick<ProviderHealth, "origin" | "provider" | "unansweredSince">,
  patients: Iterable<Patient>,
  now: number,
): ProviderHealth => {
  const sessions = { open: 0, usable: 0, presenting: 0, waiting: 0, needingPerson: 0, unstored: 0 }
  const children = { open: 0, usable: 0 }
  const refusals: { [Code in RefusalCode]?: number } = {}
  let soonestEnd: number | null = null
  for (const patient of patients) {
    const { context, need } = patient
    const usable = isUsable(context, now) ? 1 : 0
    const end = secondsToEnd(currentFacts(context), now)
    if (end !== undefined) soonestEnd = Math.min(soonestEnd ?? end, end)
    if (context.child) {
      children.open += 1
      children.usable += usable
      continue
    }
    sessions.open += 1
    sessions.usable += usable
    if (context.presenting !== null) sessions.presenting += 1
    if (patient.owed !== undefined) sessions.unstored += 1
    if (!isStuck(patient)) continue
    if (need === "retry") sessions.waiting += 1
    else sessions.needingPerson += 1
    const code = context.refusal?.code
    if (code !== undefined) refusals[code] = (refusals[code] ?? 0) + 1
  }
  const isNoneUsable = sessions.usable === 0 && sessions.waiting + sessions.needingPerson > 0
  const reasons: ReadonlyArray<Reason> = [
    ...(isNoneUsable ? (["none_usable"] as const) : []),
    ...(sessions.needingPerson > 0 ? (["needs_person"] as const) : []),
    ...(sessions.waiting > 0 ? (["waits_for_retry"] as const) : []),
    ...(sessions.unstored > 0 ? (["not_stored"] as const) : []),
    ...(unansweredSince === null ? [] : (["not_answering"] as const)),
  ]
  const status = isNoneUsable ? "failing" : reasons.length > 0 ? "degraded" : "ok"
  return {
    provider,
    origin,
    status,
    reasons,
    sessions,
    children,
    refusals,
    soonestEnd: soonestEnd && Math.floor(soonestEnd),
    unansweredSince,
  }
}

/**
 * The status of all, provider by provider, sorted by name: `failing` if each provider is, `degraded` if one is not `ok`. An app
 * without sessions is `ok`.
 *
 * @category constructors
 */
export const of = (at: number, runtimes: number, providers: ReadonlyArray<ProviderHealth>): HealthReport => {
  const inOrder = [...providers].sort((a, b) => (`${a.provider} ${a.origin}` < `${b.provider} ${b.origin}` ? -1 : 1))
  const isFailing = providers.length > 0 && providers.every(({ status }) => status === "failing")
  const isWell = providers.every(({ status }) => status === "ok")
  return { status: isFailing ? "failing" : isWell ? "ok" : "degraded", at, runtimes, providers: inOrder }
}
