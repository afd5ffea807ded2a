// The chart in a UI, without Effect: XState's own actor, our commands, your functions. No secret ever enters it.
//
//   npx pnpm@12 emulator --port 4000                           in one terminal
//   npx pnpm@12 exec node docs/examples/machine-in-a-ui.ts     in another
import { type RenewalPolicy, tokenTimes } from "@pbx-auth/machine/Renewal"
import { commandsOf, type Present, type SessionPort } from "@pbx-auth/machine/SessionCommand"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { SessionView } from "@pbx-auth/machine/SessionView"
import { createActor, waitFor } from "xstate"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

// When a token is due: a fifth of its life before its end, five minutes at most, and half a minute of margin.
const renewal: RenewalPolicy = {
  policy: "before_expiry",
  window: { fraction: 0.2, atMost: 300_000, jitter: 0.25 },
  margin: { fraction: 0.1, atMost: 30_000 },
}

// The secrets stay here, outside of the chart: it is told that there is a token and when it dies, never what it is.
const form = { username: "api-user@example.test", password: "ipex-password" }
let tokens: { access_token: string; refresh_token: string } | undefined
let timer: ReturnType<typeof setTimeout> | undefined

// Asks the provider, and tells the chart what came of it. In an app this calls your own server.
const present = async ({ attempt, purpose }: Present, send: (event: SessionEvent) => void) => {
  const issuedAt = Date.now()
  const grant =
    purpose === "renewal"
      ? { grant_type: "refresh_token", refresh_token: tokens?.refresh_token ?? "" }
      : { grant_type: "password", scope: "openid profile", ...form }
  const response = await fetch(`${address}/token`, {
    method: "POST",
    body: new URLSearchParams({ client_id: "api", ...grant }),
    redirect: "error",
  })
  const now = Date.now()
  if (!response.ok) {
    return send({ type: "Refused", attempt, refusal: { code: "BadCredentials", remedy: "sign_in" }, now })
  }
  const reply = await response.json()
  tokens = reply
  const times = tokenTimes(renewal, { issuedAt, lifetime: reply.expires_in * 1_000, random: Math.random() })
  send({ type: "Issued", attempt, times, now })
}

// The four commands of the chart, each a plain function.
const port: SessionPort = {
  present: (command, send) => {
    present(command, send).catch(() => {
      // No answer: the provider may have acted all the same, so nothing is repeated blindly.
      const refusal = { code: "OutcomeUnknown", remedy: "sign_in" } as const
      send({ type: "OutcomeUnknown", attempt: command.attempt, refusal, retryAt: null, now: Date.now() })
    })
  },
  wakeAt: ({ at, generation }, send) => {
    clearTimeout(timer)
    if (at === null) return
    timer = setTimeout(() => send({ type: "Due", generation, now: Date.now() }), at - Date.now())
  },
  abandon: () => {},
  discard: ({ what }) => {
    if (what === "all") tokens = undefined
  },
}

const session = createActor(sessionMachine.provide({ actions: commandsOf(port) }), {
  input: { unattended: false, renewsWith: "refresh_token" },
})

// A screen: what is the case, and what a person may do about it.
// With React: const view = useSelector(session, SessionView.of)
session.subscribe((snapshot) => {
  const view = SessionView.of(snapshot)
  console.log(`${view.path.padEnd(27)} ${view.words.padEnd(35)} [${view.actions.join(" ")}]`)
})

session.start()
session.send({ type: "SignIn" })
await waitFor(session, (snapshot) => snapshot.matches("authenticated"))

// An API answered 401 to the token of this generation.
session.send({ type: "Rejected", generation: 1, now: Date.now() })
await waitFor(session, (snapshot) => snapshot.matches("refreshed"))

// The whole snapshot is plain JSON, safe to log, to inspect and to send.
console.log(JSON.stringify(session.getSnapshot().context.own))

session.send({ type: "SignOut" })
