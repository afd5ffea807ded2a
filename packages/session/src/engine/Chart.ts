/**
 * The chart, one step at a time and without an actor.
 *
 * XState's own `transition` makes an actor for every step, with a system and a first snapshot that are never used; that is most of a
 * step's cost. Here one idle actor serves all steps of all sessions. This is safe because a step is synchronous, and the chart keeps
 * nothing in the actor.
 */

import type { SessionCommand } from "@pbx-auth/machine/SessionCommand"
import type { SessionInput } from "@pbx-auth/machine/SessionContext"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { createActor, type SnapshotFrom } from "xstate"

/**
 * A snapshot of the chart: plain JSON, for display. No secret is in it.
 *
 * @category models
 */
export type Snapshot = SnapshotFrom<typeof sessionMachine>

type Scope = Parameters<typeof sessionMachine.transition>[2]

const nothing = () => {}

let scope: Scope | undefined

const scopeOf = (actionExecutor: Scope["actionExecutor"]): Scope => {
  if (scope === undefined) {
    const self = createActor(sessionMachine, { input: { unattended: false, renewsWith: "sign_in" } })
    const { id, sessionId, system } = self
    scope = {
      self,
      id,
      sessionId,
      system,
      logger: nothing,
      defer: nothing,
      emit: nothing,
      stopChild: nothing,
      actionExecutor,
    }
  }
  scope.actionExecutor = actionExecutor
  return scope
}

/**
 * Where a session begins.
 *
 * @category constructors
 */
export const begin = (input: SessionInput): Snapshot => sessionMachine.getInitialSnapshot(scopeOf(nothing), input)

/**
 * The state that an event leads to, and the commands that follow, in order.
 *
 * @category combinators
 */
export const step = (
  snapshot: Snapshot,
  event: SessionEvent,
): readonly [next: Snapshot, commands: ReadonlyArray<SessionCommand>] => {
  const commands: Array<SessionCommand> = []
  // The chart's own typing does not say which params belong to which action; `SessionCommand` does.
  const take = (action: unknown) => void commands.push(action as SessionCommand)
  return [sessionMachine.transition(snapshot, event, scopeOf(take)), commands]
}
