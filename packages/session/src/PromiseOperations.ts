/**
 * For whoever runs an app without Effect: what becomes of its sessions, how they are, and metrics (see `Operations`).
 *
 * ```ts
 * const operations = makeOperations((event) => console.log(JSON.stringify(event)))
 * const pbx = await openSkySwitch({ client, credentials }, { watch: operations.watch })
 * ```
 *
 * It is made once, and every session that is opened with its `watch` is seen by it. An app that does not import it does not carry it.
 */

import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as Validation from "./face/Validation.ts"
import type { HealthReport } from "./operations/Health.ts"
import * as Lookout from "./operations/Lookout.ts"
import type { SessionNotice } from "./operations/SessionNotice.ts"
import type { Watcher } from "./Watcher.ts"

/**
 * @category models
 */
export interface Options {
  /**
   * What your people call a session, such as the number of a customer; it stands in its events as `name`. It is asked once for each
   * session, and what it throws is no name. Without it a session has a random name alone, so that no log holds who it is.
   */
  readonly name?: Lookout.Naming | undefined
}

/**
 * What an app without Effect sees of its sessions.
 *
 * @category models
 */
export interface PromiseOperations {
  /** For each session that is to be seen: `openSkySwitch(options, { watch })`. */
  readonly watch: Watcher
  /** How the sessions are, computed now, as plain JSON: for a readiness check. It asks nobody. */
  readonly health: () => HealthReport
  /** The metrics as Prometheus reads them (text exposition format 0.0.4), computed now. */
  readonly metrics: () => string
}

const optionRules: Validation.Fields<Options> = {
  name: [Validation.isFunction, "Expected a function that gives a text, or leave it out."],
}

/**
 * Watches the sessions that are opened with it. `listener` is called with each event as it happens, from the session's own step, so it
 * must be quick; the event is frozen, plain JSON, and without a secret. What the listener throws, or rejects with, is not shown and
 * changes nothing.
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
  const within = Effect.provideService(Metric.MetricRegistry, registry)
  // In a promise of its own: a function that is async does not throw, and what it rejects with must not end the process.
  const pass = async (notice: SessionNotice) => listener(notice)
  const { health, watcher } = Lookout.make({
    clock: Effect.runSync(Clock.Clock),
    context: Effect.runSync(within(Effect.context<never>())),
    name: options?.name,
    tell: (notice) =>
      void pass(notice()).catch(() => Effect.runFork(Effect.logWarning("pbx-auth: a listener of sessions threw"))),
  })
  return { watch: watcher, health, metrics: () => Effect.runSync(within(PrometheusMetrics.format())) }
}
