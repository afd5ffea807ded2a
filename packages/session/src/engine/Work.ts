/**
 * What a session carries only while something is under way, was refused, or is looked at.
 *
 * A hundred thousand may be idle at once, and each of them carries its token and three facts of the chart. Everything else is here:
 * it is made when it is first needed, and dropped as a whole when nothing is left of it.
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
 * Who is called after each step, and after the last one.
 *
 * @category models
 */
export interface Listener {
  readonly onView: (view: SessionView, event: SessionEvent | undefined) => void
  readonly onClose: (() => void) | undefined
}

const none: ReadonlyArray<never> = []

/**
 * A session's work; mutable, and its driver's own.
 *
 * @category models
 */
export class Work<Child> {
  /** All that the chart remembers, where that is more than a session at rest keeps. */
  context: Snapshot["context"] | undefined
  /** The chart as a whole, once somebody asked for it. */
  snapshot: Snapshot | undefined
  inbox: Array<() => SessionEvent | undefined> | undefined
  isStepping = false
  /** The sign-in that the chart is about to ask for was asked for by a person. */
  isUserCall = false
  /** The presentation that the chart waits for. */
  flight: Flight | undefined
  /** With those that nobody waits for any more. */
  flights: ReadonlyArray<Flight> = none
  /** What all who wait for the presentation under way share; it is made when the first of them comes. */
  rest: Deferred.Deferred<Bearer, AuthError> | undefined
  /** The same for those who wait without a fiber. */
  promise: Promise<Bearer> | undefined
  text: Promise<string> | undefined
  setbacks: Setbacks | undefined
  throttle: Throttle | undefined
  rejections: Rejections | undefined
  children: Set<Child> | undefined
  listeners: Set<Listener> | undefined
  /** Those that a sign-out would end. */
  underWay: PendingCalls | undefined
  /** Calls to act in place come one after the other. */
  turn: Line | undefined
  /** How many of them there are. */
  calls = 0
  removal: Fiber.Fiber<void> | undefined
  isRemovedElsewhere = false
  closing: Deferred.Deferred<void> | undefined

  /** Is nothing left that another one, made anew, would not have? */
  get isOver(): boolean {
    return Object.values(this).every((part) => part === undefined || part === false || part === 0 || part === none)
  }

  take(flight: Flight): void {
    this.flight = flight
    this.flights = [...this.flights, flight]
  }

  forget(flight: Flight): void {
    const others = this.flights.filter((one) => one !== flight)
    this.flights = others.length === 0 ? none : others
  }

  adopt(child: Child): void {
    this.children ??= new Set()
    this.children.add(child)
  }

  /** A child is closed. */
  part(child: Child): void {
    this.children?.delete(child)
    if (this.children?.size === 0) this.children = undefined
  }

  listen(listener: Listener): void {
    this.listeners ??= new Set()
    this.listeners.add(listener)
  }

  unlisten(listener: Listener): void {
    this.listeners?.delete(listener)
    if (this.listeners?.size === 0) this.listeners = undefined
  }

  /** A call that acts is over. */
  grant(): void {
    this.calls -= 1
    if (this.calls === 0) this.turn = undefined
  }

  /** A presentation brought what it was for: what is left of earlier failures may be nothing. */
  overcome(purpose: Flight["purpose"]): void {
    this.setbacks?.overcome(purpose)
    if (this.setbacks?.isEmpty === true) this.setbacks = undefined
    // Children that are asking right now share it, and so does a presentation that nobody waits for any more.
    const isShared = this.children !== undefined || this.flights.length > 1
    if (!isShared && this.throttle?.isOver === true) this.throttle = undefined
  }
}
