/**
 * Tells the watcher of all sessions what happened to one, and logs that something threw.
 */

import type { Telemetry } from "@pbx-auth/providers/Telemetry"
import type * as Effect from "effect/Effect"
import type { SessionActivity, Watched, Watcher } from "../Watcher.ts"

/** The session that something is told of. */
interface Told {
  readonly holder: Watched
  readonly runtime: {
    readonly fork: (effect: Effect.Effect<void>) => unknown
    readonly telemetry: Pick<Telemetry, "warn">
    readonly watcher: Watcher | undefined
  }
}

/**
 * Tells the watcher what happened to the session.
 *
 * @category combinators
 */
export const tell = (session: Told, activity: () => SessionActivity): void => {
  try {
    session.runtime.watcher?.(session.holder, activity())
  } catch {
    complain(session, "pbx-auth: a watcher of sessions threw")
  }
}

/**
 * Logs that something threw: an app's function, a provider's value, or a step. Its error may hold anything, so it is not shown. The session goes on.
 *
 * @category combinators
 */
export const complain = ({ runtime }: Told, message: string): void => {
  runtime.fork(runtime.telemetry.warn(message))
}
