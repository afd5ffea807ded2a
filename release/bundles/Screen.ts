/** What a screen takes: the chart as a plain XState actor, run by a port of its own, and the view of it. */
import { commandsOf, type SessionPort } from "@pbx-auth/machine/SessionCommand"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { SessionView } from "@pbx-auth/machine/SessionView"
import { createActor } from "xstate"

export const open = (port: SessionPort, show: (view: SessionView) => void) => {
  const actor = createActor(sessionMachine.provide({ actions: commandsOf(port) }), {
    input: { unattended: false, renewsWith: "refresh_token" },
  })
  actor.subscribe((snapshot) => show(SessionView.of(snapshot)))
  return actor.start()
}
