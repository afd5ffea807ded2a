// Mounts a card for the session whose tokens outlive the tab.
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { SessionLive } from "./session.ts"

const runtime = ManagedRuntime.make(SessionLive)

const token = SkySwitch.use((session) => Effect.map(session.accessToken, Redacted.value))

/** The last digits alone: a page shows no token. */
document.body.textContent = (await runtime.runPromise(token)).slice(-6)
