/**
 * What a session carries only while something is under way, was refused, or is observed.
 *
 * A hundred thousand sessions may be idle at once, and each of them carries its token and three facts of the chart. Everything else
 * is here. Each part is made when it is first needed. `Rest` drops the whole when nothing is left of it.
 */

import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type * as Fiber from "effect/Fiber"
import type { Bearer } from "../Bearer.ts"
import type { Line } from "../callers/Line.ts"
import type { PendingCalls } from "../callers/PendingCalls.ts"
import type { SharedResult } from "../callers/SharedResult.ts"
import type { Rejections } from "../pace/Rejections.ts"
import type { Setbacks } from "../pace/Setbacks.ts"
import type { Throttle } from "../pace/Throttle.ts"
import type { Snapshot } from "./Chart.ts"
import type { Flight } from "./Flight.ts"

/**
 * Called after each step, and after the last one.
 *
 * @category models
 */
export interface Listener {
  readonly onView: (view: SessionView, event: SessionEvent | undefined) => void
  readonly onClose: (() => void) | undefined
}

/**
 * All presentations under way, including those without waiting callers. The chart waits for the `current` one.
 *
 * @category models
 */
export interface Flights {
  current: Flight | undefined
  all: ReadonlyArray<Flight>
}

/**
 * What all callers share that wait for the presentation under way. The first of them makes it. `token` is for callers that want only
 * the token, `promise` and `text` for callers without a fiber.
 *
 * @category models
 */
export interface Waiting {
  readonly bearer: SharedResult<Bearer, AuthError>
  readonly token: SharedResult<Bearer["token"], AuthError>
  promise: Promise<Bearer> | undefined
  text: Promise<string> | undefined
}

/**
 * Calls to act in place run one after the other. `calls` counts them.
 *
 * @category models
 */
export interface Turn {
  readonly line: Line
  calls: number
}

/**
 * A session's work. Mutable; it belongs to the session.
 *
 * @category models
 */
export class Work<Child> {
  /** All that the chart remembers, if that is more than a session at rest keeps. */
  context: Snapshot["context"] | undefined
  /** The chart's snapshot, once a caller asked for it. */
  snapshot: Snapshot | undefined
  /** The event of the step under way, and those that wait for its end. Absent between steps. */
  inbox: Array<() => SessionEvent | undefined> | undefined
  /** A person asked for the sign-in that the chart is about to request. */
  isUserCall = false
  flights: Flights | undefined
  waiting: Waiting | undefined
  setbacks: Setbacks | undefined
  throttle: Throttle | undefined
  rejections: Rejections | undefined
  children: Set<Child> | undefined
  listeners: Set<Listener> | undefined
  /** The calls that a sign-out would end. */
  underWay: PendingCalls | undefined
  turn: Turn | undefined
  removal: Fiber.Fiber<void> | undefined
  closing: SharedResult<void> | undefined
}

/**
 * Whether nothing is left that a new one would not have.
 *
 * @category guards
 */
export const isOver = (work: Work<unknown>): boolean => Object.values(work).every((part) => !part)
