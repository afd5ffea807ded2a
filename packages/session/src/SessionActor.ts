/**
 * A session as an XState actor, for XState's own bindings and inspectors.
 *
 * It mirrors the session: each step of the chart is one event and one snapshot of the actor. It is made when it is first asked for,
 * costs as much as an XState actor, and decides nothing: what a screen sends goes through the session's methods. Stopping it ends the
 * mirror, not the session.
 */

import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import type { ScreenEvent } from "@pbx-auth/machine/SessionRef"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { type ActorLogic, type ActorRef, createActor, type InspectionEvent, type Observer } from "xstate"
import type { Attempted } from "./engine/Core.ts"
import { Driver, type Snapshot } from "./engine/Driver.ts"
import { Source } from "./engine/Source.ts"
import { Face } from "./face/Face.ts"

/**
 * A full XState actor. `useSelector(actor, SessionView.of)` of `@xstate/react`, `@xstate/vue` and `@xstate/svelte` takes it,
 * and so does `fromActorRef(actor)` of `@xstate/solid`.
 *
 * `send` takes events without a secret. An event that the session cannot fulfil changes nothing: a `SignIn` without credentials at
 * hand, or at a provider where people sign in at a browser; an `ActAs` with a provider that has no acting; any event to a child. A
 * `SignIn` that begins nothing is logged. The snapshot of a closed session has the status `done`.
 *
 * @category models
 */
export type SessionActor = ActorRef<Snapshot, ScreenEvent>

/**
 * Gets XState's own inspection events (`@xstate.actor`, `@xstate.event`, `@xstate.snapshot`): pass Stately's inspector, or a logger.
 * No event holds a secret. Without this option you can add an inspector later: `actor.system.inspect(observer)`.
 *
 * @category models
 */
export type Inspect = Observer<InspectionEvent> | ((event: InspectionEvent) => void)

/**
 * The inspector of all sessions that are opened while this is provided: `Layer.provide(layer, Layer.succeed(Inspector, inspect))`.
 *
 * @category services
 */
export const Inspector = /* @__PURE__ */ Context.Reference<Inspect | undefined>("@pbx-auth/session/Inspector", {
  defaultValue: () => undefined,
})

const actors = new WeakMap<Driver, SessionActor>()
const drivers = new WeakMap<object, Driver>()

/** Carries out an event. The snapshots show its result. A mistake of the caller, which they do not show, is logged. */
const fulfil = (driver: Driver, event: unknown): void => {
  // A child belongs to its parent: it ends with its scope, and signs in by itself.
  if (driver.subject !== undefined) return
  // A screen in JavaScript may send anything, and another actor may send events of its own.
  const { subject, type }: { readonly subject?: unknown; readonly type?: unknown } = Object(event)
  switch (type) {
    case "SignIn":
      run(driver, driver.signIn())
      break
    case "Cancel":
      run(driver, driver.cancel)
      break
    case "ActAs":
      if (typeof subject === "string" && driver.account.provider.capabilities.has("act_as"))
        run(driver, driver.startActing(subject))
      break
    case "StopActing":
      run(driver, driver.stopActing)
      break
    case "SignOut":
      run(driver, driver.signOut)
      break
  }
}

/** With the app's services: its tracer, its loggers, its clock. */
const run = (driver: Driver, effect: Attempted<unknown>): void => {
  const { fork, telemetry } = Source.core(driver).runtime
  // A refusal of the provider is in the snapshot. This one is nowhere else.
  const told = ({ message, reason }: AuthError) =>
    reason._tag === "Misconfigured" ? telemetry.warn(message) : Effect.void
  fork(Effect.catch(effect, told))
}

/**
 * The actor of an Effect app's session, or of a child: the same one every time. A promise session has it as
 * its member `actor`.
 *
 * Throws a `TypeError` for anything else, such as a mock or a copy of a session.
 *
 * **Example** (A screen of an Effect app's session)
 *
 * ```ts
 * const view = useSelector(SessionActor.of(pbx), SessionView.of)
 * ```
 *
 * @category constructors
 */
export const of = (session: object): SessionActor => {
  const driver = Face.of(session)
  if (!(driver instanceof Driver)) throw new TypeError("This is no session of pbx-auth.")
  return mirror(driver)
}

/**
 * The same, from the engine.
 *
 * @category constructors
 * @internal
 */
export const mirror = (driver: Driver, inspect?: Inspect): SessionActor => {
  const known = actors.get(driver)
  if (known !== undefined) return known
  /** The snapshot that an event of the chart led to. An event that is not in here was sent by another XState actor. */
  const steps = new WeakMap<object, Snapshot>()
  const logic: ActorLogic<Snapshot, SessionEvent | ScreenEvent> = {
    // An inspector draws the chart from it.
    config: sessionMachine.config,
    getInitialSnapshot: () => driver.snapshot,
    getPersistedSnapshot: (snapshot) => snapshot,
    transition: (snapshot, event) => {
      const next = steps.get(event)
      if (next === undefined) fulfil(driver, event)
      return next ?? snapshot
    },
  }
  const id = driver.subject === undefined ? "session" : "acting"
  const actor = createActor(logic, { id, ...(inspect && { inspect }) })
  // Effect's formatter would print a chart once per path through it.
  Object.defineProperty(actor, "toString", { value: () => `SessionActor(${id})` })
  const tell = actor.send
  // What was sent is not yet an event of the chart. The chart's own event is shown when the chart takes it.
  actor.send = (event) => fulfil(driver, event)
  actors.set(driver, actor)
  drivers.set(actor, driver)
  const forget = driver.subscribe((_, event) => {
    const step = event ?? { type: "Closed" }
    steps.set(step, driver.snapshot)
    tell(step as SessionEvent)
  })
  actor.subscribe({
    complete: () => {
      forget()
      // An actor that was stopped is made again. That of a closed session stays as it is.
      if (driver.snapshot.status !== "done") actors.delete(driver)
    },
  })
  return actor.start()
}

/**
 * The session that an actor mirrors; `undefined` for any other actor.
 *
 * @category getters
 * @internal
 */
export const driverOf = (actor: object): Driver | undefined => drivers.get(actor)
