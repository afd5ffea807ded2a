/**
 * What a session carries only while something is under way, was refused, or is looked at.
 *
 * A hundred thousand sessions may be idle at once, and each of them carries its token and three facts of the chart. Everything else
 * is here. Each part is made when it is first needed; `Rest` drops the whole when nothing is left of it.
 */

import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type * as Deferred from "effect/Deferred"
import type * as Fiber from "effect/Fiber"
import type { Bearer } from "../Bearer.ts"
import type { Snapshot } from "./Chart.ts"
import type { Flight } from "./Flight.ts"
import type { Line } from "./Line.ts"
import type { PendingCalls } from "./PendingCalls.ts"
import type { Rejections } from "./Rejections.ts"
import type { Setbacks } from "./Setbacks.ts"
import type { Throttle } from "./Throttle.ts"

/**
 * Is called after each step, and after the last one.
 *
 * @category models
 */
export interface Listener {
  readonly onView: (view: SessionView, event: SessionEvent | undefined) => void
  readonly onClose: (() => void) | undefined
}

/**
 * Events that wait for the step under way.
 *
 * @category models
 */
export interface Inbox {
  readonly events: Array<() => SessionEvent | undefined>
  isStepping: boolean
}

/**
 * All presentations under way, with those that nobody waits for any more. The chart waits for the `current` one.
 *
 * @category models
 */
export interface Flights {
  current: Flight | undefined
  all: ReadonlyArray<Flight>
}

/**
 * What all callers share that wait for the presentation under way. It is made when the first of them comes. `token` is for callers
 * that want the token alone, `promise` and `text` for callers without a fiber.
 *
 * @category models
 */
export interface Waiting {
  readonly bearer: Deferred.Deferred<Bearer, AuthError>
  readonly token: Deferred.Deferred<Bearer["token"], AuthError>
  promise: Promise<Bearer> | undefined
  text: Promise<string> | undefined
}

/**
 * Calls to act in place come one after the other. `calls` says how many there are.
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
  /** All that the chart remembers, where that is more than a session at rest keeps. */
  context: Snapshot["context"] | undefined
  /** The chart as a whole, once somebody asked for it. */
  snapshot: Snapshot | undefined
  inbox: Inbox | undefined
  /** A person asked for the sign-in that the chart is about to ask for. */
  isUserCall = false
  flights: Flights | undefined
  waiting: Waiting | undefined
  setbacks: Setbacks | undefined
  throttle: Throttle | undefined
  rejections: Rejections | undefined
  children: Set<Child> | undefined
  listeners: Set<Listener> | undefined
  /** Those that a sign-out would end. */
  underWay: PendingCalls | undefined
  turn: Turn | undefined
  removal: Fiber.Fiber<void> | undefined
  closing: Deferred.Deferred<void> | undefined
}

/**
 * Is nothing left that another one, made anew, would not have?
 *
 * @category guards
 */
export const isOver = (work: Work<unknown>): boolean =>
  Object.values(work).every((part) => part === undefined || part === false)
