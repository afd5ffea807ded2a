/** One step of the chart: what came in, where it led, and what came out. */
import type { SessionCommand } from "@pbx-auth/machine/SessionCommand"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { type SnapshotFrom, transition } from "xstate"
import { clock } from "./Words.ts"

export type Snapshot = SnapshotFrom<typeof sessionMachine>

export interface Step {
  /** It counts from 1. */
  readonly n: number
  readonly at: number
  readonly event: SessionEvent["type"]
  readonly from: string
  readonly to: string
  readonly commands: ReadonlyArray<string>
}

const commandOf = ({ params, type }: SessionCommand): string => {
  switch (type) {
    case "requestToken":
      return `requestToken · ${params.purpose}`
    case "wakeAt":
      return params.at === null ? "wakeAt · never" : `wakeAt · ${clock(params.at)}`
    case "discard":
      return `discard · ${params.scope}`
    case "abandon":
      return "abandon"
  }
}

/** The step that an event makes. The chart is pure: the same snapshot and event give the same commands as they gave the session. */
export const stepOf = (
  n: number,
  at: number,
  before: Snapshot,
  { event, from, to }: { readonly event: SessionEvent; readonly from: string; readonly to: string },
): Step => {
  const [, commands] = transition(sessionMachine, before, event)
  // The chart's own typing does not say which params belong to which action; `SessionCommand` does.
  return {
    n,
    at,
    event: event.type,
    from,
    to,
    commands: commands.map((one) => commandOf(one as unknown as SessionCommand)),
  }
}
