/**
 * The one timer of all sessions whose layers are built together, even with different clients and stores.
 */

import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Alarm } from "./Alarm.ts"
import * as SessionClock from "./SessionClock.ts"

/**
 * A clock, and the alarm that follows it.
 *
 * @category models
 */
export interface Timer {
  readonly clock: SessionClock.SessionClock
  readonly alarm: Alarm
}

/**
 * Makes the timer of a clock. `nap` is the alarm's longest sleep, in ms.
 *
 * @category constructors
 */
export const timerOf = (of: Clock.Clock, nap?: number): Timer => {
  const clock = SessionClock.make(of)
  return { clock, alarm: new Alarm({ clock, fork: Effect.runForkWith(Context.make(Clock.Clock, of)), nap }) }
}

/**
 * The timer of a clock. Made when it is first asked for, and the same one from then on.
 *
 * @category services
 */
export class Timers extends /* @__PURE__ */ Context.Service<Timers, (clock: Clock.Clock) => Timer>()(
  "@pbx-auth/session/Timers",
) {
  /** One constant: Effect builds it once for all layers that are built together, which is the intention. */
  static readonly layer = /* @__PURE__ */ Layer.effect(
    Timers,
    /* @__PURE__ */ Effect.sync(() => {
      const timers = new WeakMap<Clock.Clock, Timer>()
      return (of) => {
        const timer = timers.get(of) ?? timerOf(of)
        timers.set(of, timer)
        return timer
      }
    }),
  )
}
