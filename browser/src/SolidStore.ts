/**
 * `node --conditions browser src/SolidStore.ts`: prints what a view shows of a snapshot that Solid keeps in a store, before a step
 * and after it. A store changes in place, so a view that is kept too long would show here.
 */
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { SessionView } from "@pbx-auth/machine/SessionView"
import { fromActorRef } from "@xstate/solid"
import { createRoot } from "solid-js"
import { createActor } from "xstate"

const actor = createActor(sessionMachine, { input: { unattended: false, renewsWith: "refresh_token" } }).start()
createRoot(() => {
  const snapshot = fromActorRef(actor)
  const print = () => process.stdout.write(`${SessionView.of(snapshot()).path}\n`)
  // Solid subscribes once this is over.
  queueMicrotask(() => {
    print()
    actor.send({ type: "SignIn" })
    print()
  })
})
