/**
 * The steps of the chart: an event goes in, the chart says what is to be done, and it is done.
 *
 * A step is synchronous and runs to its end. What a command brings comes back as a later event. The chart is told only *that* there
 * are secrets; they lie in `Secrets`.
 */

import type { SessionCommand } from "@pbx-auth/machine/SessionCommand"
import { currentGeneration } from "@pbx-auth/machine/SessionContext"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { SessionView } from "@pbx-auth/machine/SessionView"
import * as Chart from "./Chart.ts"
import { childrenOf, orphan } from "./Children.ts"
import { become, type Core, isClosed, workOf } from "./Core.ts"
import * as Flights from "./Flights.ts"
import * as News from "./News.ts"
import * as Records from "./Records.ts"
import { compact } from "./Rest.ts"
import * as Secrets from "./Secrets.ts"
import { leave } from "./SignOuts.ts"
import * as Waiting from "./Waiting.ts"

/**
 * Hands an event to the chart. What it brings about is done when this returns, or is under way.
 *
 * @category combinators
 */
export const send = (core: Core, event: SessionEvent): void => post(core, () => event)

/**
 * The moment has come that the chart asked to be woken at, or that somebody needs a token.
 *
 * @category combinators
 */
export const due = (core: Core, now: number): void =>
  send(core, { type: "Due", generation: currentGeneration(core.context), now })

/**
 * Hands an event to the chart that is made just before it is taken: the thunk may put secrets into slots, or find that it came too
 * late. An event that comes during a step waits for its end.
 *
 * @category combinators
 */
export const post = (core: Core, thunk: () => SessionEvent | undefined): void => {
  const work = workOf(core)
  work.inbox ??= { events: [], isStepping: false }
  const { inbox } = work
  inbox.events.push(thunk)
  if (inbox.isStepping) return
  inbox.isStepping = true
  try {
    for (let next = inbox.events.shift(); next !== undefined; next = inbox.events.shift()) {
      const event = next()
      if (event !== undefined && !isClosed(core)) step(core, event)
    }
    work.inbox = undefined
  } finally {
    inbox.isStepping = false
  }
  Waiting.release(core)
  compact(core)
}

const step = (core: Core, event: SessionEvent): void => {
  const before = core.snapshot
  const [snapshot, commands] = Chart.step(before, event)
  // What the chart does not take is no step: a late reply, or a demand that is met already.
  if (commands.length === 0 && snapshot.context === before.context && snapshot.value === before.value) {
    // What was stored may be of no use to it.
    if (event.type === "Restored") News.tell(core, () => ({ _tag: "Opened" }))
    return
  }
  become(core, snapshot)
  // Nothing follows from what still comes while the session closes; but it happened.
  if (!isClosed(core)) follow(core, commands, event)
  // What is taken up from the store leads to where the session opens.
  News.tell(core, () =>
    event.type === "Restored" ? { _tag: "Opened" } : { _tag: "Stepped", event, from: SessionView.of(before).path },
  )
}

const follow = (core: Core, commands: ReadonlyArray<SessionCommand>, event: SessionEvent): void => {
  core.ready = undefined
  // A caller that comes from now on may be served at once.
  const { waiting } = workOf(core)
  if (waiting !== undefined) waiting.text = undefined
  for (const command of commands) carryOut(core, command, event)
  const view = core.view
  Secrets.forget(core, core.snapshot, view)
  if (view.path === "unauthenticated.idle") orphan(core)
  if (event.type === "SignOut") leave(core)
  News.publish(core, event)
}

const carryOut = (core: Core, command: SessionCommand, event: SessionEvent): void => {
  switch (command.type) {
    case "requestToken":
      Flights.present(core, command.params, (landed) => land(core, landed))
      break
    case "wakeAt":
      wakeAt(core, command.params.at)
      break
    case "abandon":
      Flights.abandon(core, command.params.attempt)
      break
    case "discard":
      // The acting token goes with the chart's memory of it (see `Secrets.forget`).
      if (command.params.scope === "all") discardAll(core, event.type === "SignOut" && event.elsewhere === true)
      break
  }
}

/** While the session closes nobody is told but the watcher; a renewal is stored by now. */
const land = (core: Core, landed: Parameters<Flights.Land>[0]): void =>
  post(core, () => {
    const brought = landed()
    if (brought?.isCertain === true && isClosed(core)) step(core, brought.event)
    return brought?.event
  })

const wakeAt = ({ holder, runtime: { alarm } }: Core, at: number | null): void => {
  if (at === null) alarm.clear(holder)
  else alarm.set(holder, at)
}

const discardAll = (core: Core, isRemovedElsewhere: boolean): void => {
  const { key } = core
  Secrets.signOut(core)
  for (const child of childrenOf(core)) core.runtime.fork(child.holder.close)
  if (key !== undefined && !isRemovedElsewhere) Records.discard(core, key)
}
