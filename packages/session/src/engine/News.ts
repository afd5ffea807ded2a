/**
 * Shows each step of a session to its listeners.
 */

import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { complain } from "../watcher/Report.ts"
import { type Core, isClosed, workOf } from "./Core.ts"
import type { Listener } from "./Work.ts"

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
