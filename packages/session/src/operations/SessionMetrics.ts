/**
 * What is counted and measured of sessions, as metrics of Effect's: whatever exports those (OTLP, Prometheus) exports these.
 *
 * Gauges are read, not kept: each is computed in the moment when somebody looks. No attribute names a user, a subject or a
 * session, so there are never more series than providers times words. `docs/operations.md` has the table.
 */

import type { SessionState } from "@pbx-auth/machine/SessionView"
import type { ProviderId } from "@pbx-auth/providers/AuthError"
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { StoreFailure } from "../Watcher.ts"
import type { Need } from "./Health.ts"
import type { Settlement } from "./Settlement.ts"

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
 * Sign-ins that came to an end, by `pbx_auth.provider` and `pbx_auth.outcome`. The answer to a second factor is one of its own.
 *
 * @category metrics
 */
export const signIns = Metric.counter("pbx_auth.sign_ins", {
  description: "Sign-ins and answers to a second factor, by what came of them",
  incremental: true,
  attributes: { unit: "{sign_in}" },
})

/**
 * Tokens asked for to act for somebody, by `pbx_auth.provider` and `pbx_auth.outcome`.
 *
 * @category metrics
 */
export const impersonations = Metric.counter("pbx_auth.impersonations", {
  description: "Tokens asked for to act for somebody, by what came of it",
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
 * Living tokens that an API did not take, by `pbx_auth.provider`.
 *
 * @category metrics
 */
export const rejections = Metric.counter("pbx_auth.rejections", {
  description: "Tokens that an API rejected before their end",
  incremental: true,
  attributes: { unit: "{token}" },
})

/**
 * What token stores did not do, by `pbx_auth.provider` and `pbx_auth.what`: `store` (a token that was issued is in memory alone) or
 * `remove` (the tokens of a session that was signed out are still stored). A store that cannot be read is a refusal: `StoreFailed`.
 *
 * @category metrics
 */
export const storeFailures = Metric.counter("pbx_auth.store_failures", {
  description: "Tokens that could not be stored, or not be removed",
  incremental: true,
  attributes: { unit: "{failure}" },
})

/**
 * Seconds of life that a token had left when its renewal brought the next one, 0 when it had ended, by `pbx_auth.provider`.
 *
 * @category metrics
 */
export const lifeLeftAtRenewal = Metric.histogram("pbx_auth.renewal.life_left", {
  description: "Seconds of life that a token had left when it was renewed",
  attributes: { unit: "s" },
  boundaries: [0, 1, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600],
})

/**
 * Seconds until the first token ends that is in use, below 0 when it has ended, by `pbx_auth.provider`. While no token has an end
 * there is no such series.
 *
 * @category metrics
 */
export const timeToExpiry = Metric.gauge("pbx_auth.token.time_to_expiry", {
  description: "Seconds until the first token in use ends; below 0 it has ended",
  attributes: { unit: "s" },
})

/**
 * Sessions that are open, by `pbx_auth.provider`, `pbx_auth.state` (the six of the chart) and `pbx_auth.child`.
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
 * Calls that wait for their turn of the rate budget. See `Operations.watchTurns`.
 *
 * @category metrics
 */
export const callsWaiting = Metric.gauge("pbx_auth.calls.waiting", {
  description: "Calls that wait for their turn of the rate budget",
  attributes: { unit: "{call}" },
})

const counterOf = { renewal: renewals, sign_in: signIns, passcode: signIns, act_as: impersonations } as const

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
  /** Its token ends some day. */
  readonly ends: boolean
}

/** How many sessions one series of a gauge counts. */
interface Series {
  count: number
}

/** The tokens of one provider that end some day. The gauge of the soonest has no value for "none", so it comes and goes. */
interface Ending {
  count: number
  registration: Metric.Registration | undefined
}

/**
 * Keeps the metrics of the sessions that it is told of, in the registry of a context.
 *
 * @category models
 * @internal
 */
export class Meter {
  readonly #context: Context.Context<never>
  /** In seconds, of those of a provider's tokens that end. */
  readonly #soonestEnd: (provider: ProviderId) => number
  readonly #counters = new Map<string, Metric.Metric<number, unknown>>()
  readonly #gauges = new Map<string, Series>()
  readonly #endings = new Map<ProviderId, Ending>()
  readonly #registrations = new Set<Metric.Registration>()

  constructor(context: Context.Context<never>, soonestEnd: (provider: ProviderId) => number) {
    this.#context = context
    this.#soonestEnd = soonestEnd
  }

  /** A session is there (1), or is there no more (-1). */
  count({ child, ends, need, provider, state }: Counted, by: 1 | -1): void {
    this.#sessions(provider, child, state).count += by
    if (need !== undefined) this.#waiting(provider, need).count += by
    if (ends) this.#countEnding(provider, by)
  }

  /** With all their words from the start: an alert on a series that is not there yet never fires. */
  announce(provider: ProviderId, child: boolean): void {
    for (const state of states) this.#sessions(provider, child, state)
    for (const need of needs) this.#waiting(provider, need)
  }

  /** A presentation came to an end. `lifeLeft` is that of the token that was to be renewed, in seconds. */
  settle(provider: ProviderId, { outcome, purpose, refusal }: Settlement, lifeLeft: number | undefined): void {
    this.#add(counterOf[purpose], [provider, outcome], ["pbx_auth.provider", "pbx_auth.outcome"])
    if (refusal !== undefined) this.refuse(provider, purpose, refusal.code)
    const isRenewed = purpose === "renewal" && (outcome === "issued" || outcome === "adopted")
    if (isRenewed && lifeLeft !== undefined) {
      this.#add(lifeLeftAtRenewal, [provider], ["pbx_auth.provider"], Math.max(0, lifeLeft))
    }
  }

  /** Something came to nothing. */
  refuse(provider: ProviderId, purpose: Settlement["purpose"], code: string): void {
    this.#add(refusals, [provider, purpose, code], ["pbx_auth.provider", "pbx_auth.purpose", "pbx_auth.reason"])
  }

  /** An API did not take a token. */
  reject(provider: ProviderId): void {
    this.#add(rejections, [provider], ["pbx_auth.provider"])
  }

  /** A store did not do something. */
  failStore(provider: ProviderId, what: StoreFailure): void {
    this.#add(storeFailures, [provider, what], ["pbx_auth.provider", "pbx_auth.what"])
  }

  /** Takes the gauges back; what was counted stays. */
  close(): void {
    for (const registration of this.#registrations) registration.remove()
    for (const { registration } of this.#endings.values()) registration?.remove()
  }

  #sessions(provider: ProviderId, child: boolean, state: SessionState): Series {
    const name = `${provider} ${state} ${child}`
    return (
      this.#gauges.get(name) ??
      this.#show(name, sessions, {
        "pbx_auth.provider": provider,
        "pbx_auth.state": state,
        "pbx_auth.child": String(child),
      })
    )
  }

  #waiting(provider: ProviderId, need: Need): Series {
    const name = `${provider} ${need}`
    return (
      this.#gauges.get(name) ?? this.#show(name, waiting, { "pbx_auth.provider": provider, "pbx_auth.awaited": need })
    )
  }

  #show(name: string, gauge: Metric.Gauge<number>, attributes: Metric.Metric.AttributeSet): Series {
    const series: Series = { count: 0 }
    this.#gauges.set(name, series)
    this.#registrations.add(observe(Metric.withAttributes(gauge, attributes), this.#context, () => series.count))
    return series
  }

  #countEnding(provider: ProviderId, by: 1 | -1): void {
    const ending = this.#endings.get(provider) ?? { count: 0, registration: undefined }
    this.#endings.set(provider, ending)
    ending.count += by
    if (ending.count === 0) {
      ending.registration?.remove()
      ending.registration = undefined
    } else if (ending.registration === undefined) {
      const gauge = Metric.withAttributes(timeToExpiry, { "pbx_auth.provider": provider })
      ending.registration = observe(gauge, this.#context, () => this.#soonestEnd(provider))
    }
  }

  /** The words are the attributes' values, in their order. A series is made once: it would cost more than the counting. */
  #add<State>(
    metric: Metric.Metric<number, State>,
    words: ReadonlyArray<string>,
    attributes: ReadonlyArray<string>,
    input = 1,
  ): void {
    const name = `${metric.id} ${words.join(" ")}`
    let series = this.#counters.get(name)
    if (series === undefined) {
      const set = Object.fromEntries(attributes.map((attribute, index) => [attribute, words[index] ?? ""]))
      series = Metric.withAttributes(metric, set)
      this.#counters.set(name, series)
    }
    series.updateUnsafe(input, this.#context)
  }
}

/**
 * A gauge whose value is computed whenever somebody looks, until the registration is removed.
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
