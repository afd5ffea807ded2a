/**
 * What a face without Effect tells about a session's steps.
 */

import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { Driver } from "../engine/Driver.ts"

/**
 * Calls the listener after each step, and after a close that the listener must know of. The returned function ends that.
 *
 * @category combinators
 */
export const subscribe = (driver: Driver, listener: (view: SessionView) => void): (() => void) => {
  let shown = driver.view.path
  return driver.subscribe((view) => {
    // A close matters only to a screen that still shows a signed-in user.
    const isNews = driver.snapshot.status !== "done" || view.path !== shown
    shown = view.path
    if (isNews) listener(view)
  })
}
