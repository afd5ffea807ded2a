/**
 * The metrics of sessions, as Effect metrics: an exporter of those (OTLP, Prometheus) exports these.
 *
 * `Tally` counts, and `Gauges` computes values when they are read. No attribute names a user, a subject or a session, so there are
 * never more series than providers times label values. `docs/operations.md` has the table.
 */

import * as Metric from "effect/Metric"

/**
 * Renewals that came to an end, by `pbx_auth.provider` and `pbx_auth.outcome`.
 *
 * @category metrics
 */
export const renewals = Metric.counter("pbx_auth.renewals", {
  description: "Renewals of a token, by what came of them",
  incremental: true,
  attributes: { unit: "{renewal}" },
})

/**
 * Sign-ins that came to an end, by `pbx_auth.provider` and `pbx_auth.outcome`. The answer to a second factor counts separately.
 *
 * @category metrics
 */
export const signIns = Metric.counter("pbx_auth.sign_ins", {
  description: "Sign-ins and answers to a second factor, by what came of them",
  incremental: true,
  attributes: { unit: "{sign_in}" },
})

/**
 * Requests for tokens to act with, by `pbx_auth.provider` and `pbx_auth.outcome`.
 *
 * @category metrics
 */
export const impersonations = Metric.counter("pbx_auth.impersonations", {
  description: "Requests for a token to act with, by outcome",
  incremental: true,
  attributes: { unit: "{impersonation}" },
})

/**
 * Refusals, by `pbx_auth.provider`, `pbx_auth.purpose` and `pbx_auth.reason`: the code of an `AuthError`'s reason.
 *
 * @category metrics
 */
export const refusals = Metric.counter("pbx_auth.refusals", {
  description: "Presentations that brought no token, by reason",
  incremental: true,
  attributes: { unit: "{refusal}" },
})

/**
 * Living tokens that an API rejected, by `pbx_auth.provider`.
 *
 * @category metrics
 */
export const rejections = Metric.counter("pbx_auth.rejections", {
  description: "Tokens that an API rejected before their end",
  incremental: true,
  attributes: { unit: "{token}" },
})

/**
 * Failures of token stores, by `pbx_auth.provider` and `pbx_auth.what`: `store` (an issued token is only in memory) or `remove` (the
 * tokens of a session that was signed out are still stored). A store that cannot be read is a refusal: `StoreFailed`.
 *
 * @category metrics
 */
export const storeFailures = Metric.counter("pbx_auth.store_failures", {
  description: "Tokens that could not be stored, or not be removed",
  incremental: true,
  attributes: { unit: "{failure}" },
})

/**
 * Intents that another holder left behind, by `pbx_auth.provider` and `pbx_auth.purpose` (`sign_in` or `renewal`).
 *
 * @category metrics
 */
export const intentsLeft = Metric.counter("pbx_auth.intents_left", {
  description: "Intents of holders that died or failed before they could store the result",
  incremental: true,
  attributes: { unit: "{intent}" },
})

/**
 * Seconds of life that a token had left when its renewal brought the next one, 0 if it had ended, by `pbx_auth.provider`.
 *
 * @category metrics
 */
export const lifeLeftAtRenewal = Metric.histogram("pbx_auth.renewal.life_left", {
  description: "Seconds of life that a token had left when it was renewed",
  attributes: { unit: "s" },
  boundaries: [0, 1, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600],
})

/**
 * Seconds until the first token in use ends, below 0 if it has ended, by `pbx_auth.provider`. While no token has an end there is no
 * such series.
 *
 * @category metrics
 */
export const timeToExpiry = Metric.gauge("pbx_auth.token.time_to_expiry", {
  description: "Seconds until the first token in use ends; below 0 it has ended",
  attributes: { unit: "s" },
})

/**
 * Seconds until the first session needs a person because its refresh token ends, by `pbx_auth.provider`. A session that signs in by
 * itself has none. While no such end is known there is no such series.
 *
 * @category metrics
 */
export const timeToPerson = Metric.gauge("pbx_auth.sessions.time_to_person", {
  description: "Seconds until the first refresh token ends, after which a person must sign in; below 0 it has ended",
  attributes: { unit: "s" },
})

/**
 * Open sessions, by `pbx_auth.provider`, `pbx_auth.state` (the six of the chart) and `pbx_auth.child`.
 *
 * @category metrics
 */
export const sessions = Metric.gauge("pbx_auth.sessions", {
  description: "Open sessions, by state",
  attributes: { unit: "{session}" },
})

/**
 * Sessions that wait, children too, by `pbx_auth.provider` and `pbx_auth.awaited`: `retry`, `passcode` or `person` (see `Health.Need`).
 *
 * @category metrics
 */
export const waiting = Metric.gauge("pbx_auth.sessions.waiting", {
  description: "Sessions that wait for another try, a passcode or a person",
  attributes: { unit: "{session}" },
})

/**
 * Whether a registry keeps to its own share of the limits. See `Operations.watchTurns`.
 *
 * @category metrics
 */
export const ownShare = Metric.gauge("pbx_auth.quota.own_share", {
  description: "1 while the shared quota does not answer and the process keeps to its own share, else 0",
  attributes: { unit: "1" },
})

/**
 * Sessions whose store has not accepted something yet, by `pbx_auth.provider` and `pbx_auth.what`: `store` (a token that is in memory
 * alone) or `remove` (a sign-out).
 *
 * @category metrics
 */
export const unstored = Metric.gauge("pbx_auth.sessions.unstored", {
  description: "Sessions whose token or sign-out the store has not accepted yet",
  attributes: { unit: "{session}" },
})

/**
 * Calls that wait for their turn of the rate budget. See `Operations.watchTurns`.
 *
 * @category metrics
 */
export const callsWaiting = Metric.gauge("pbx_auth.calls.waiting", {
  description: "Calls that wait for their turn of the rate budget",
  attributes: { unit: "{call}" },
})
