/**
 * The option `clock` of the promise faces.
 */

import * as Clock from "effect/Clock"
import * as Context from "effect/Context"

/**
 * The time of a session, in place of the machine's. Everything that the session does follows it: how long a token lives, renewals,
 * pauses, deadlines, patience. `promiseClock` of `PromiseClock` makes one from two functions, and the emulator's `openEmulator` has one.
 *
 * @category models
 */
export interface PromiseClock {
  /** The clock as Effect has it. */
  readonly asEffect: Clock.Clock
}

/**
 * What the effects of a session run with: its clock, if it has one.
 *
 * @category getters
 */
export const servicesOf = (clock: PromiseClock | undefined): Context.Context<never> =>
  clock === undefined ? Context.empty() : Context.make(Clock.Clock, clock.asEffect)
