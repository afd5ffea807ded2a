/**
 * What can go wrong next, as the reader arms it. Each is a rule of the emulator.
 */
import type { Rule } from "@pbx-auth/emulator/Fault"
import { type ProviderId, providers } from "./Provider.ts"

interface Choice {
  readonly label: string
  readonly about: string
  readonly fault: Rule["fault"]
  /** It goes on until the reader takes it back; any other hits one request. */
  readonly stays?: true
}

export const faults = {
  "drop-reply": {
    label: "Drop the reply",
    about: "The server acts, and its reply is lost. With strict rotation the refresh token is spent.",
    fault: { _tag: "drop_reply" },
  },
  "bad-gateway": {
    label: "502 after acting",
    about: "The server acts, and a gateway answers 502 instead.",
    fault: { _tag: "server_error", status: 502, acts: true },
  },
  unavailable: {
    label: "503, retry after 30 s",
    about: "The server does not act. It says when to come back.",
    fault: { _tag: "retry_after", status: 503, seconds: 30 },
  },
  hang: {
    label: "Hang",
    about: "No answer ever. The session gives up after 15 s.",
    fault: { _tag: "hang" },
  },
  html: {
    label: "HTML in a 200",
    about: "A portal answers in front of the API.",
    fault: { _tag: "html_200" },
  },
  firewall: {
    label: "Firewall",
    about: "403 in HTML, from something between you and the provider.",
    fault: { _tag: "firewall" },
  },
  "early-death": {
    label: "Token dies early",
    about: "The next access token is dead at once. Only the API notices: it answers 401.",
    fault: { _tag: "early_death", which: "access", seconds: 0 },
  },
  "wrong-clock": {
    label: "Clock two hours ahead",
    about: "The server's clock is wrong, in all that it prints, until you clear it.",
    fault: { _tag: "wrong_clock", seconds: 7_200 },
    stays: true,
  },
} as const satisfies Record<string, Choice>

export type FaultId = keyof typeof faults

export const faultIds = Object.keys(faults) as ReadonlyArray<FaultId>

/** The emulator's name for it, as the wire log notes it. */
export const tagOf = (id: FaultId): string => faults[id].fault._tag

export const staysOn = (id: FaultId): boolean => "stays" in faults[id]

/** The rules to arm: a fault hits requests for tokens; a latency hits every request, as long as it is chosen. */
export const rulesOf = (provider: ProviderId, armed: FaultId | null, latency: number): ReadonlyArray<Rule> => {
  const delay: Rule = { fault: { _tag: "delay", millis: latency }, times: "always" }
  const rules = latency > 0 ? [delay] : []
  if (armed === null) return rules
  const { fault } = faults[armed]
  const path = providers[provider].tokens
  return [...rules, staysOn(armed) ? { fault, times: "always" } : { fault, match: { path } }]
}
