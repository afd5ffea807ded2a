/**
 * Reports each step of a session: to its listeners, and to the watcher of all sessions.
 */

import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import type { SessionActivity, Watched } from "../Watcher.ts"
import { type Core, isClosed, workOf } from "./Core.ts"
import type { Runtime } from "./Runtime.ts"
import type { Listener } from "./Work.ts"

/** The session that something is told of. */
interface Told {
  readonly holder: Watched
  readonly runtime: Pick<Runtime, "fork" | "telemetry" | "watcher">
}

/**
 * Calls the listener after each step, with the event that led to it, and once more when the session closes. The returned function
 * ends that. `onClose` is called after the last view.
 *
 * @category combinators
 */
export const subscribe = (core: Core, onView: Listener["onView"], onClose?: () => void): (() => void) => {
  if (isClosed(core)) {
    onClose?.()
    return () => {}
  }
  const listener: Listener = { onView, onClose }
  const work = workOf(core)
  work.listeners ??= new Set()
  work.listeners.add(listener)
  return () => {
    const { work } = core
    work?.listeners?.delete(listener)
    if (work?.listeners?.size === 0) work.listeners = undefined
  }
}

/**
 * Shows the listeners the session's current state.
 *
 * @category combinators
 */
export const publish = (core: Core, event?: SessionEvent): void => {
  for (const listener of [...(core.work?.listeners ?? [])]) {
    // A listener that was called before may have unsubscribed this one.
    if (core.work?.listeners?.has(listener) !== true) continue
    try {
      listener.onView(core.view, event)
    } catch {
      complain(core, "pbx-auth: a listener of a session threw")
    }
  }
}

/**
 * Tells the watcher what happened to the session.
 *
 * @category combinators
 */
export const tell = (core: Told, activity: () => SessionActivity): void => {
  try {
    core.runtime.watcher?.(core.holder, activity())
  } catch {
    complain(core, "pbx-auth: a watcher of sessions threw")
  }
}

/**
 * Logs that something threw. Its error may hold anything, so it is not shown. The session goes on.
 *
 * @category combinators
 */
export const complain = (core: Told, message: string): void => {
  core.runtime.fork(core.runtime.telemetry.warn(message))
}
