/**
 * Operations of an app without Effect: events of its sessions, their health, and metrics (see `Operations`).
 *
 * ```ts
 * import { makeOperations } from "@pbx-auth/session/PromiseOperations"
 * import { openSkySwitch } from "@pbx-auth/session/Promises"
 *
 * const operations = makeOperations((event) => console.log(JSON.stringify(event)))
 * const pbx = await openSkySwitch({ client, credentials }, { watch: operations.watch })
 * ```
 *
 * You make it once. It sees every session that is opened with its `watch`. An app that does not import it does not load it.
 */

import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import type { HealthReport } from "./operations/Health.ts"
import * as Lookout from "./operations/Lookout.ts"
import type { SessionNotice } from "./operations/SessionNotice.ts"
import * as Validation from "./options/Validation.ts"
import { type PromiseClock, servicesOf } from "./promise/ClockOption.ts"
import type { Watcher } from "./Watcher.ts"

/**
 * How you name sessions in metrics and health.
 *
 * @category models
 */
export interface Options {
  /** The clock of your sessions, if they have one of their own: see `OpenOptions`. */
  readonly clock?: PromiseClock | undefined
  /**
   * Your own name for a session, such as the number of a customer; its events carry it as `name`. It is asked for once per session,
   * and if it throws there is no name. Without it a session has only a random name, so that no log identifies a user.
   */
  readonly name?: Lookout.Naming | undefined
}

/**
 * What an app without Effect sees of its sessions.
 *
 * @category models
 */
export interface PromiseOperations {
  /** For each session that you want to see: `openSkySwitch(options, { watch })`. */
  readonly watch: Watcher
  /** The health of the sessions, computed now, as plain JSON: for a readiness check. It sends nothing. */
  readonly health: () => HealthReport
  /** The metrics in the format that Prometheus reads (text exposition format 0.0.4), computed now. */
  readonly metrics: () => string
}

const optionRules: Validation.Fields<Options> = {
  clock: Validation.runtimeRules.clock,
  name: [Validation.isFunction, "Expected a function that gives a text, or leave it out."],
}

/**
 * Watches the sessions that are opened with it. `listener` is called with each event as it happens, within the session's own step, so
 * it must be quick. The event is frozen, plain JSON, and without a secret. What the listener throws, or rejects with, is not shown
 * and changes nothing.
 *
 * Throws an `AuthError` with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const makeOperations = (
  listener: (notice: SessionNotice) => void = () => {},
  options?: Options,
): PromiseOperations => {
  if (!Validation.isFunction(listener))
    throw Validation.wrong("listener", "Expected a function that takes an event, or leave it out.")
  Effect.runSync(Validation.check("options", options, optionRules))
  const registry: Metric.MetricRegistry = new Map()
  const services = Context.add(servicesOf(options?.clock), Metric.MetricRegistry, registry)
  const runSync = Effect.runSyncWith(services)
  // In a promise of its own: an async function does not throw, and its rejection must not end the process.
  const pass = async (notice: SessionNotice) => listener(notice)
  const { health, watcher } = Lookout.make({
    clock: runSync(Clock.Clock),
    context: runSync(Effect.context<never>()),
    name: options?.name,
    tell: (notice) =>
      void pass(notice()).catch(() =>
        Effect.runForkWith(services)(Effect.logWarning("pbx-auth: a listener of sessions threw")),
      ),
  })
  return { watch: watcher, health, metrics: () => runSync(PrometheusMetrics.format()) }
}
