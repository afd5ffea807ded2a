/**
 * Gauges of sessions: how many there are, how many wait, when the first token ends. Each is computed at the moment when it is read.
 */

import type { SessionState } from "@pbx-auth/machine/SessionView"
import type { ProviderId } from "@pbx-auth/providers/AuthError"
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { StoreFailure } from "../Watcher.ts"
import type { Need } from "./Health.ts"
import * as SessionMetrics from "./SessionMetrics.ts"

const states: ReadonlyArray<SessionState> = [
  "unauthenticated",
  "mfa_required",
  "authenticated",
  "expiring",
  "refreshed",
  "masqueraded",
]
const needs: ReadonlyArray<Need> = ["retry", "passcode", "person"]

/**
 * A session as the gauges count it.
 *
 * @category models
 * @internal
 */
export interface Counted {
  readonly provider: ProviderId
  readonly child: boolean
  readonly state: SessionState
  readonly need: Need | undefined
  readonly owed: StoreFailure | undefined
  /** Whether its token has an end. */
  readonly ends: boolean
  /** Whether it is known when it needs a person. */
  readonly needsPerson: boolean
}

/** What comes soonest of all sessions of a provider: the end of a token, or a person. */
type Soonest = keyof typeof soonestOf

const soonestOf = { end: SessionMetrics.timeToExpiry, person: SessionMetrics.timeToPerson }

/** How many sessions one series of a gauge counts. */
interface Series {
  count: number
}

/** The tokens, or sessions, of one provider that have an end. The gauge of the soonest has no value for "none", so it comes and goes. */
interface Ending {
  count: number
  registration: Metric.Registration | undefined
}

/**
 * The gauges of the sessions that it is told about, in the metric registry of a context.
 *
 * @category models
 * @internal
 */
export class Gauges {
  readonly #context: Context.Context<never>
  /** In seconds, for a provider's sessions that have one. */
  readonly #soonest: (provider: ProviderId, what: Soonest) => number
  readonly #series = new Map<string, Series>()
  readonly #endings = new Map<string, Ending>()
  readonly #registrations = new Set<Metric.Registration>()

  constructor(context: Context.Context<never>, soonest: (provider: ProviderId, what: Soonest) => number) {
    this.#context = context
    this.#soonest = soonest
  }

  /** A session opened (1) or closed (-1). */
  count({ child, ends, need, needsPerson, owed, provider, state }: Counted, by: 1 | -1): void {
    this.#sessions(provider, child, state).count += by
    if (need !== undefined) this.#waiting(provider, need).count += by
    if (owed !== undefined) this.#unstored(provider, owed).count += by
    if (ends) this.#countEnding(provider, "end", by)
    if (needsPerson) this.#countEnding(provider, "person", by)
  }

  /** With all label values from the start: an alert on a series that does not exist yet never fires. */
  announce(provider: ProviderId, child: boolean): void {
    for (const state of states) this.#sessions(provider, child, state)
    for (const need of needs) this.#waiting(provider, need)
    for (const what of ["store", "remove"] as const) this.#unstored(provider, what)
  }

  /** Removes the gauges. What was counted stays. */
  close(): void {
    for (const registration of this.#registrations) registration.remove()
    for (const { registration } of this.#endings.values()) registration?.remove()
  }

  #sessions(provider: ProviderId, child: boolean, state: SessionState): Series {
    const name = `${provider} ${state} ${child}`
    return (
      this.#series.get(name) ??
      this.#show(name, SessionMetrics.sessions, {
        "pbx_auth.provider": provider,
        "pbx_auth.state": state,
        "pbx_auth.child": String(child),
      })
    )
  }

  #waiting(provider: ProviderId, need: Need): Series {
    const name = `${provider} ${need}`
    return (
      this.#series.get(name) ??
      this.#show(name, SessionMetrics.waiting, { "pbx_auth.provider": provider, "pbx_auth.awaited": need })
    )
  }

  #unstored(provider: ProviderId, what: StoreFailure): Series {
    const name = `${provider} ${what}`
    return (
      this.#series.get(name) ??
      this.#show(name, SessionMetrics.unstored, { "pbx_auth.provider": provider, "pbx_auth.what": what })
    )
  }

  #show(name: string, gauge: Metric.Gauge<number>, attributes: Metric.Metric.AttributeSet): Series {
    const series: Series = { count: 0 }
    this.#series.set(name, series)
    this.#registrations.add(observe(Metric.withAttributes(gauge, attributes), this.#context, () => series.count))
    return series
  }

  #countEnding(provider: ProviderId, what: Soonest, by: 1 | -1): void {
    const name = `${provider} ${what}`
    const ending = this.#endings.get(name) ?? { count: 0, registration: undefined }
    this.#endings.set(name, ending)
    ending.count += by
    if (ending.count === 0) {
      ending.registration?.remove()
      ending.registration = undefined
    } else if (ending.registration === undefined) {
      const gauge = Metric.withAttributes(soonestOf[what], { "pbx_auth.provider": provider })
      ending.registration = observe(gauge, this.#context, () => this.#soonest(provider, what))
    }
  }
}

/**
 * A gauge whose value is computed whenever it is read, until the registration is removed.
 *
 * @category constructors
 * @internal
 */
export const observe = (
  gauge: Metric.Metric<number, Metric.GaugeState<number>>,
  context: Context.Context<never>,
  value: () => number,
): Metric.Registration =>
  Metric.registerUnsafe(gauge, context, { get: () => ({ value: value() }), update: () => {}, modify: () => {} })
