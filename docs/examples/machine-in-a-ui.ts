// The chart in a UI, without Effect: XState's own actor, our commands, your functions. The chart never gets a secret.
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

// A token is due a fifth of its life before its end, five minutes at most, with a margin of half a minute.
const renewal: RenewalPolicy = {
  policy: "before_expiry",
  window: { fraction: 0.2, atMost: 300_000, jitter: 0.25 },
  margin: { fraction: 0.1, atMost: 30_000 },
}

// The secrets stay here, outside the chart. The chart knows that there is a token and when it dies, never what it is.
const typed = { username: "222@abc-company", password: "5678", passcode: "" }
const kept: { challenge?: Tokens; own?: Tokens; acting?: Tokens } = {}
let awaited = 0
let timer: ReturnType<typeof setTimeout> | undefined

interface Tokens {
  readonly access_token: string
  readonly refresh_token?: string
}

// The request to the provider for each purpose of the chart.
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

// The meaning of a refusal for each purpose.
const noTo: Record<Purpose, Refusal> = {
  sign_in: { code: "BadCredentials", remedy: "sign_in" },
  passcode: { code: "BadPasscode", remedy: "passcode" },
  renewal: { code: "RenewalRefused", remedy: "sign_in" },
  act_as: { code: "NotAllowed", remedy: "ask_administrator" },
}

// Asks the provider and tells the chart the outcome. In an app this calls your own server.
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
  if (attempt !== awaited) return // the person signed out or cancelled meanwhile
  const lifetime = reply.expires_in * 1_000
  if (reply.mfa === "mfa_required") {
    // The 200 holds a token, but not a usable one: it only names the challenge.
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
      // No answer. The provider may have acted anyway, so nothing is repeated blindly.
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

// #region actor
const session = createActor(sessionMachine.provide({ actions: commandsOf(port) }), {
  input: { unattended: false, renewsWith: "refresh_token" },
})

// A screen shows the current state and what a person can do about it.
// With React: const view = useSelector(session, SessionView.of)
session.subscribe((snapshot) => {
  const view = SessionView.of(snapshot)
  console.log(`${view.path.padEnd(30)} ${view.label.padEnd(35)} [${view.actions.join(" ")}]`)
})

session.start()
session.send({ type: "SignIn" })
// #endregion
await waitFor(session, (snapshot) => snapshot.matches({ mfa_required: "awaiting_passcode" }))

// What a person types does not go into the chart. The chart learns only that something was typed. A wrong passcode may be corrected.
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

// The whole snapshot is plain JSON. You can log it, inspect it and send it.
console.log(JSON.stringify(session.getSnapshot().context.own))

session.send({ type: "SignOut" })
