/**
 * The steps of the chart: an event goes in, the chart says what to do, and this file does it.
 *
 * A step is synchronous and runs to its end. The result of a command comes back as a later event. The chart learns only *that* there
 * are secrets; they are in `Secrets`.
 */

import type { SessionCommand } from "@pbx-auth/machine/SessionCommand"
import { currentGeneration } from "@pbx-auth/machine/SessionContext"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { pathOf } from "@pbx-auth/machine/SessionView"
import { complain, tell } from "../watcher/Report.ts"
import * as Chart from "./Chart.ts"
import { childrenOf, orphan } from "./Children.ts"
import { become, type Core, isClosed, workOf } from "./Core.ts"
import * as Flights from "./Flights.ts"
import * as News from "./News.ts"
import * as OwnRecord from "./OwnRecord.ts"
import { compact } from "./Rest.ts"
import * as Secrets from "./Secrets.ts"
import { leave } from "./SignOuts.ts"
import * as Waiting from "./Waiting.ts"

/**
 * Passes an event to the chart. When this returns, its effects are done or under way.
 *
 * @category combinators
 */
export const send = (core: Core, event: SessionEvent): void => post(core, () => event)

/**
 * The moment of the chart's `wakeAt` has come, or a caller needs a token.
 *
 * @category combinators
 */
export const due = (core: Core, now: number): void =>
  send(core, { type: "Due", generation: currentGeneration(core.context), now })

/**
 * Passes an event to the chart that is made just before it is taken. The thunk may put secrets into slots, or find that it came too
 * late. An event that comes during a step waits for the step's end. It never throws: what a step throws is logged, and a presentation that
 * would have no outcome because of it ends as `Unreadable`.
 *
 * @category combinators
 */
export const post = (core: Core, thunk: () => SessionEvent | undefined): void => {
  const work = workOf(core)
  // A step is under way.
  if (work.inbox?.push(thunk)) return
  work.inbox = [thunk]
  const lost = () => Flights.lost(core)
  // What comes during a step is added at the end.
  for (const next of work.inbox) {
    try {
      const event = next()
      if (event !== undefined && !isClosed(core)) step(core, event)
    } catch {
      complain(core, "pbx-auth: a step of a session threw")
      if (next !== lost) work.inbox.push(lost)
    }
  }
  work.inbox = undefined
  Waiting.release(core)
  compact(core)
}

const step = (core: Core, event: SessionEvent): void => {
  const before = core.snapshot
  const [snapshot, commands] = Chart.step(before, event)
  // What the chart does not take is no step: a late reply, or a demand that is met already.
  if (commands.length === 0 && snapshot.context === before.context && snapshot.value === before.value) {
    // The chart may have no use for what was stored.
    if (event.type === "Restored") tell(core, () => ({ _tag: "Opened" }))
    return
  }
  become(core, snapshot)
  // While the session closes nothing follows from an event, but it is recorded.
  if (!isClosed(core)) follow(core, commands, event)
  // The event from the store leads to the state in which the session opens.
  tell(core, () =>
    event.type === "Restored" ? { _tag: "Opened" } : { _tag: "Stepped", event, from: pathOf(before.value) },
  )
}

const follow = (core: Core, commands: ReadonlyArray<SessionCommand>, event: SessionEvent): void => {
  core.ready = undefined
  // A caller that comes from now on may be served at once.
  const { waiting } = workOf(core)
  if (waiting !== undefined) waiting.text = undefined
  for (const command of commands) carryOut(core, command, event)
  const path = pathOf(core.value)
  Secrets.forget(core, core.context, path)
  if (path === "unauthenticated.idle") orphan(core)
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
      // The acting token is dropped with the chart's memory of it (see `Secrets.forget`).
      if (command.params.scope === "all") discardAll(core, event.type === "SignOut" && event.elsewhere === true)
      break
  }
}

/** While the session closes only the watcher is told. A renewal is stored by now. */
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
  if (key !== undefined && !isRemovedElsewhere) OwnRecord.discard(core, key)
}
