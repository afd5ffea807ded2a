/**
 * Who is told what becomes of a session: its listeners after each step, and the watcher of all sessions.
 */

import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import type { SessionActivity } from "../Watcher.ts"
import { type Core, isClosed, workOf } from "./Core.ts"
import type { Listener } from "./Work.ts"

/**
 * Calls the listener after each step, with the event that led to it, and once more when the session closes, until the function
 * that it returns is called. `onClose` is called after the last view.
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
 * Tells the listeners how the session looks now.
 *
 * @category combinators
 */
export const publish = (core: Core, event?: SessionEvent): void => {
  for (const listener of [...(core.work?.listeners ?? [])]) {
    // One that was called before may have unsubscribed it.
    if (core.work?.listeners?.has(listener) !== true) continue
    try {
      listener.onView(core.view, event)
    } catch {
      complain(core, "pbx-auth: a listener of a session threw")
    }
  }
}

/**
 * Tells the watcher what became of the session.
 *
 * @category combinators
 */
export const tell = (core: Core, activity: () => SessionActivity): void => {
  try {
    core.runtime.watcher?.(core.holder, activity())
  } catch {
    complain(core, "pbx-auth: a watcher of sessions threw")
  }
}

/** What an app's function threw may hold anything, so it is not shown; the session goes on. */
const complain = (core: Core, message: string): void => {
  core.runtime.fork(core.runtime.telemetry.warn(message))
}
