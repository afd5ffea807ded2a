// The chart in a UI, without Effect: XState's own actor, our commands, your functions. No secret ever enters it.
//
//   npm run emulator -- --port 4000                  in one terminal
//   npm run node docs/examples/machine-in-a-ui.ts    in another
import { type RenewalPolicy, tokenTimes } from "@pbx-auth/machine/Renewal"
import { commandsOf, type Purpose, type RequestToken, type SessionPort } from "@pbx-auth/machine/SessionCommand"
import type { Refusal, SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { SessionView } from "@pbx-auth/machine/SessionView"
import { createActor, waitFor } from "xstate"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"
const client = { client_id: "your-client-id", client_secret: "your-client-secret" }

// When a token is due: a fifth of its life before its end, five minutes at most, and half a minute of margin.
const renewal: RenewalPolicy = {
  policy: "before_expiry",
  window: { fraction: 0.2, atMost: 300_000, jitter: 0.25 },
  margin: { fraction: 0.1, atMost: 30_000 },
}

// The secrets stay here, outside of the chart: it is told that there is a token and when it dies, never what it is.
const typed = { username: "222@abc-company", password: "5678", passcode: "" }
const kept: { challenge?: Tokens; own?: Tokens; acting?: Tokens } = {}
let awaited = 0
let timer: ReturnType<typeof setTimeout> | undefined

interface Tokens {
  readonly access_token: string
  readonly refresh_token?: string
}

// What the provider is sent for each purpose of the chart.
const grantOf = ({ purpose, subject }: RequestToken): Record<string, string> => {
  switch (purpose) {
    case "sign_in":
      return { grant_type: "password", username: typed.username, password: typed.password }
    case "passcode":
      return { grant_type: "mfa", access_token: kept.challenge?.access_token ?? "", passcode: typed.passcode }
    case "renewal":
      return { grant_type: "refresh_token", refresh_token: kept.own?.refresh_token ?? "" }
    case "act_as":
      return { grant_type: "masquerade", access_token: kept.own?.access_token ?? "", mask_uid: subject ?? "" }
  }
}

// And what its no means there.
const noTo: Record<Purpose, Refusal> = {
  sign_in: { code: "BadCredentials", remedy: "sign_in" },
  passcode: { code: "BadPasscode", remedy: "passcode" },
  renewal: { code: "RenewalRefused", remedy: "sign_in" },
  act_as: { code: "NotAllowed", remedy: "ask_administrator" },
}

// Asks the provider, and tells the chart what came of it. In an app this calls your own server.
const requestToken = async (command: RequestToken, send: (event: SessionEvent) => void) => {
  const { attempt, purpose } = command
  const issuedAt = Date.now()
  awaited = attempt
  const response = await fetch(`${address}/ns-api/oauth2/token/`, {
    method: "POST",
    body: new URLSearchParams({ ...client, ...grantOf(command) }),
    redirect: "error",
  })
  const now = Date.now()
  if (response.status >= 500) {
    const refusal = { code: "Unavailable", remedy: "retry" } as const
    return send({ type: "Unavailable", attempt, refusal, retryAt: now + 30_000, now })
  }
  if (!response.ok) return send({ type: "Refused", attempt, refusal: noTo[purpose], now })

  const reply = await response.json()
  if (attempt !== awaited) return // somebody signed out meanwhile, or changed their mind
  const lifetime = reply.expires_in * 1_000
  if (reply.mfa === "mfa_required") {
    // The 200 holds a token. It is none: it names the challenge, and nothing else.
    kept.challenge = reply
    return send({ type: "Challenged", attempt, challengeUntil: issuedAt + lifetime, now })
  }
  kept[purpose === "act_as" ? "acting" : "own"] = reply
  send({ type: "Issued", attempt, times: tokenTimes(renewal, { issuedAt, lifetime, random: Math.random() }), now })
}

// The four commands of the chart, each a plain function.
const port: SessionPort = {
  requestToken: (command, send) => {
    requestToken(command, send).catch(() => {
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
  abandon: () => {
    awaited = 0
    delete kept.challenge
  },
  discard: ({ scope }) => {
    delete kept.acting
    if (scope === "all") delete kept.own
  },
}

const session = createActor(sessionMachine.provide({ actions: commandsOf(port) }), {
  input: { unattended: false, renewsWith: "refresh_token" },
})

// A screen: what is the case, and what a person may do about it.
// With React: const view = useSelector(session, SessionView.of)
session.subscribe((snapshot) => {
  const view = SessionView.of(snapshot)
  console.log(`${view.path.padEnd(30)} ${view.label.padEnd(35)} [${view.actions.join(" ")}]`)
})

session.start()
session.send({ type: "SignIn" })
await waitFor(session, (snapshot) => snapshot.matches({ mfa_required: "awaiting_passcode" }))

// What a person types goes past the chart, which hears only that something was typed. A wrong one may be mended.
for (const passcode of ["000000", "246802"]) {
  typed.passcode = passcode
  session.send({ type: "SubmitPasscode" })
  await waitFor(session, (snapshot) => !snapshot.matches({ mfa_required: "verifying" }))
}

// An API answered 401 to the token of this generation.
session.send({ type: "Rejected", generation: 1, now: Date.now() })
await waitFor(session, (snapshot) => snapshot.matches("refreshed"))

session.send({ type: "ActAs", subject: "111@abc-company.12345.service" })
await waitFor(session, (snapshot) => snapshot.matches({ masqueraded: "live" }))
session.send({ type: "StopActing", now: Date.now() })

// The whole snapshot is plain JSON, safe to log, to inspect and to send.
console.log(JSON.stringify(session.getSnapshot().context.own))

session.send({ type: "SignOut" })
