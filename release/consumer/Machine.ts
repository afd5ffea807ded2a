/** @pbx-auth/machine as an app without Effect runs it: sign-in, second factor, sign-out, and what the screen shows. */
import { tokenTimes } from "@pbx-auth/machine/Renewal"
import { commandsOf } from "@pbx-auth/machine/SessionCommand"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { SessionView } from "@pbx-auth/machine/SessionView"
import { createActor } from "xstate"

const now = 1_700_000_000_000
const actions = commandsOf({
  requestToken: ({ attempt, purpose }, send) => {
    if (purpose === "sign_in") return send({ type: "Challenged", attempt, challengeUntil: now + 60_000, now })
    const times = tokenTimes({ policy: "never" }, { issuedAt: now, lifetime: 3_600_000, random: 0 })
    send({ type: "Issued", attempt, times, now })
  },
  wakeAt: () => {},
  abandon: () => {},
  discard: () => {},
})
const actor = createActor(sessionMachine.provide({ actions }), {
  input: { unattended: false, renewsWith: "refresh_token" },
})

const seen: Array<string> = []
actor.subscribe((snapshot) => seen.push(SessionView.of(snapshot).state))
actor.start()
actor.send({ type: "SignIn" })
actor.send({ type: "SubmitPasscode" })
actor.send({ type: "SignOut" })

const walked = seen.filter((state, at) => state !== seen[at - 1]).join(" ")
if (walked !== "unauthenticated mfa_required authenticated unauthenticated") throw new Error(`walked: ${walked}`)
