/**
 * What a face without Effect tells of a session's steps.
 */

import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { Driver } from "../engine/Driver.ts"

/**
 * Calls the listener after each step, and tells of an end that is news, until the function that it returns is called.
 *
 * @category combinators
 */
export const subscribe = (driver: Driver, listener: (view: SessionView) => void): (() => void) => {
  let shown = driver.view.path
  return driver.subscribe((view) => {
    // That a session was closed is news to a screen that still shows somebody signed in, and to no other.
    const isNews = driver.snapshot.status !== "done" || view.path !== shown
    shown = view.path
    if (isNews) listener(view)
  })
}
