/**
 * Counts the events of sessions: each once, when it happens.
 */

import type { ProviderId } from "@pbx-auth/providers/AuthError"
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { StoreFailure } from "../Watcher.ts"
import * as SessionMetrics from "./SessionMetrics.ts"
import type { Settlement } from "./Settlement.ts"

const counterOf = {
  renewal: SessionMetrics.renewals,
  sign_in: SessionMetrics.signIns,
  passcode: SessionMetrics.signIns,
  act_as: SessionMetrics.impersonations,
} as const

/**
 * Counts in the metric registry of a context.
 *
 * @category models
 * @internal
 */
export class Tally {
  readonly #context: Context.Context<never>
  readonly #counters = new Map<string, Metric.Metric<number, unknown>>()

  constructor(context: Context.Context<never>) {
    this.#context = context
  }

  /** A presentation ended. `lifeLeft` is that of the token to be renewed, in seconds. */
  settle(provider: ProviderId, { outcome, purpose, refusal }: Settlement, lifeLeft: number | undefined): void {
    this.#add(counterOf[purpose], [provider, outcome], ["pbx_auth.provider", "pbx_auth.outcome"])
    if (refusal !== undefined) this.refuse(provider, purpose, refusal.code)
    const isRenewed = purpose === "renewal" && (outcome === "issued" || outcome === "adopted")
    if (isRenewed && lifeLeft !== undefined) {
      this.#add(SessionMetrics.lifeLeftAtRenewal, [provider], ["pbx_auth.provider"], Math.max(0, lifeLeft))
    }
  }

  /** Something failed. */
  refuse(provider: ProviderId, purpose: Settlement["purpose"], code: string): void {
    this.#add(
      SessionMetrics.refusals,
      [provider, purpose, code],
      ["pbx_auth.provider", "pbx_auth.purpose", "pbx_auth.reason"],
    )
  }

  /** An API rejected a token. */
  reject(provider: ProviderId): void {
    this.#add(SessionMetrics.rejections, [provider], ["pbx_auth.provider"])
  }

  /** A store failed. */
  failStore(provider: ProviderId, what: StoreFailure): void {
    this.#add(SessionMetrics.storeFailures, [provider, what], ["pbx_auth.provider", "pbx_auth.what"])
  }

  /** A holder left its intent behind. */
  leaveIntent(provider: ProviderId, purpose: string): void {
    this.#add(SessionMetrics.intentsLeft, [provider, purpose], ["pbx_auth.provider", "pbx_auth.purpose"])
  }

  /**
   * The words are the attributes' values, in their order. A series is kept after it is made: making it would cost more than the
   * counting.
   */
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
