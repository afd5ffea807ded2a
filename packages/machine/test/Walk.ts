/**
 * A walk through the chart, written down: one line for each event, with the state it leads to and what is to be done there.
 *
 * Times are minutes. A token of the walk lives for 60 of them, is due at 50 and handed out until 59.
 */

import type { TokenTimes } from "@pbx-auth/machine/Renewal"
import type { SessionCommand } from "@pbx-auth/machine/SessionCommand"
import type { SessionInput, TokenFacts } from "@pbx-auth/machine/SessionContext"
import { isUsable } from "@pbx-auth/machine/SessionContext"
import type { KeptFacts, Refusal, Remedy, SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { initialTransition, type SnapshotFrom, transition } from "xstate"

export type Machine = typeof sessionMachine
export type Snapshot = SnapshotFrom<Machine>

export const MINUTE = 60_000

export const attended: SessionInput = { unattended: false, renewsWith: "refresh_token" }
export const unattended: SessionInput = { unattended: true, renewsWith: "refresh_token" }
/** Credentials at hand, and a provider that gives the next token for nothing but a sign-in (Sangoma CX). */
export const signingInAnew: SessionInput = { unattended: true, renewsWith: "sign_in" }
/** With a provider that allows no acting. */
export const alone: SessionInput = { unattended: true, renewsWith: "refresh_token", actsForOthers: false }
export const child: SessionInput = { unattended: true, renewsWith: "refresh_token", subject: "1001@acme" }

/** The edges of a token that is got at `minute`. */
export const times = (minute: number): TokenTimes => ({
  issuedAt: minute * MINUTE,
  dueAt: (minute + 50) * MINUTE,
  usableUntil: (minute + 59) * MINUTE,
  expiresAt: (minute + 60) * MINUTE,
})

/** An event that is made for the state it meets: an outcome echoes the attempt in flight, a system event names the generation. */
export type MakeEvent = (snapshot: Snapshot, now: number) => SessionEvent

const remedies: Record<string, Remedy> = {
  BadCredentials: "sign_in",
  BadPasscode: "passcode",
  ChallengeExpired: "passcode",
  ClientRefused: "configure",
  NotAllowed: "ask_administrator",
  RenewalRefused: "sign_in",
  Unavailable: "retry",
  Throttled: "wait",
  OutcomeUnknown: "sign_in",
}
const refusal = (code: Refusal["code"]): Refusal => ({ code, remedy: remedies[code] ?? "report" })
const later = (minute: number | null) => (minute === null ? null : minute * MINUTE)

export const signIn: MakeEvent = () => ({ type: "SignIn" })
export const submitPasscode: MakeEvent = () => ({ type: "SubmitPasscode" })
export const cancel: MakeEvent = (_, now) => ({ type: "Cancel", now })
export const actAs =
  (subject: string): MakeEvent =>
  (_, now) => ({ type: "ActAs", subject, now })
export const stopActing: MakeEvent = (_, now) => ({ type: "StopActing", now })
export const signOut: MakeEvent = () => ({ type: "SignOut" })

const facts = ({ context }: Snapshot): TokenFacts | null => (context.subject === null ? context.own : context.acting)

/** The wake-up of what the session waits for by now, or of a generation that it is told. */
export const due =
  (generation?: number): MakeEvent =>
  (snapshot, now) => ({
    type: "Due",
    generation: generation ?? facts(snapshot)?.generation ?? snapshot.context.generation,
    now,
  })
/** An API answered 401 to the session's present token, or to that of a generation. */
export const rejected =
  (generation?: number): MakeEvent =>
  (snapshot, now) => ({
    type: "Rejected",
    generation: generation ?? facts(snapshot)?.generation ?? snapshot.context.generation,
    now,
  })

/** The same of a token that has just replaced another rejected one. */
export const doubted =
  (generation?: number): MakeEvent =>
  (snapshot, now) => ({
    type: "Rejected",
    generation: generation ?? facts(snapshot)?.generation ?? snapshot.context.generation,
    now,
    doubt: { refusal: refusal("NotAllowed"), until: now + MINUTE },
  })

export const issued =
  (generation?: number): MakeEvent =>
  ({ context }, now) => ({
    type: "Issued",
    attempt: context.attempt,
    times: times(now / MINUTE),
    ...(generation === undefined ? {} : { generation }),
    now,
  })
export const adopted =
  (generation: number): MakeEvent =>
  ({ context }, now) => ({
    type: "Adopted",
    attempt: context.attempt,
    times: times(now / MINUTE),
    generation,
    now,
  })
export const challenged =
  (until: number): MakeEvent =>
  ({ context }, now) => ({ type: "Challenged", attempt: context.attempt, challengeUntil: until * MINUTE, now })
export const prompted =
  (until: number): MakeEvent =>
  ({ context }, now) => ({ type: "Prompted", attempt: context.attempt, kind: "device", until: until * MINUTE, now })
export const refused =
  (code: Refusal["code"], bearer?: "rejected"): MakeEvent =>
  ({ context }, now) => ({
    type: "Refused",
    attempt: context.attempt,
    refusal: refusal(code),
    ...(bearer === undefined ? {} : { bearer }),
    now,
  })
export const unavailable =
  (retryAt: number | null): MakeEvent =>
  ({ context }, now) => ({
    type: "Unavailable",
    attempt: context.attempt,
    refusal: refusal("Unavailable"),
    retryAt: later(retryAt),
    now,
  })
export const lost =
  (retryAt: number | null, signInAt?: number): MakeEvent =>
  ({ context }, now) => ({
    type: "OutcomeUnknown",
    attempt: context.attempt,
    refusal: refusal("OutcomeUnknown"),
    retryAt: later(retryAt),
    ...(signInAt === undefined ? {} : { signInAt: signInAt * MINUTE }),
    now,
  })
/** The same outcome, of the presentation `attempt` and not of the one in flight. */
export const of =
  (attempt: number, outcome: MakeEvent): MakeEvent =>
  (snapshot, now) =>
    ({ ...outcome(snapshot, now), attempt }) as SessionEvent

/** What was kept from an earlier run: facts of a token that was got at minute 0, or none. */
export const restored =
  (
    kept: Partial<KeptFacts> | null,
    pending: { readonly retryAt: number | null; readonly signInAt?: number } | null = null,
  ): MakeEvent =>
  (_, now) => ({
    type: "Restored",
    facts: kept && { ...times(0), generation: 7, via: "sign_in", ...kept },
    pending: pending && {
      retryAt: later(pending.retryAt),
      ...(pending.signInAt === undefined ? {} : { signInAt: pending.signInAt * MINUTE }),
    },
    now,
  })

export const pathOf = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? Object.entries(value)
        .map(([state, inside]) => `${state}.${pathOf(inside)}`)
        .join()
    : String(value)

const minutes = (at: number | null) => (at === null ? "never" : `${at / MINUTE}m`)
export const commandLine = (command: SessionCommand): string => {
  switch (command.type) {
    case "requestToken": {
      const { attempt, purpose, subject, generation } = command.params
      const parts = [`requestToken(${attempt} ${purpose}`, subject, generation === 0 ? null : `g${generation}`]
      return `${parts.filter((part) => part !== null).join(" ")})`
    }
    case "wakeAt":
      return command.params.at === null
        ? "wakeAt(never)"
        : `wakeAt(${minutes(command.params.at)} g${command.params.generation})`
    case "abandon":
      return `abandon(${command.params.attempt})`
    case "discard":
      return `discard(${command.params.scope})`
  }
}

/**
 * The commands among XState's actions, which are typed without saying which params belong to which type. An action also carries the
 * event that led to it; a command is only its type and params.
 */
export const commandsIn = (
  actions: ReadonlyArray<{ readonly type: string; readonly params: unknown }>,
): ReadonlyArray<SessionCommand> =>
  actions
    .filter(({ type }) => ["requestToken", "wakeAt", "abandon", "discard"].includes(type))
    .map(({ type, params }) => ({ type, params }) as SessionCommand)

/** A session from its start. `at` sets the clock (in minutes), `through` takes steps, `lines` takes steps and tells them. */
export class Walk {
  snapshot: Snapshot
  now = 0
  readonly input: SessionInput
  readonly machine: Machine
  constructor(input: SessionInput, machine: Machine = sessionMachine) {
    this.input = input
    this.machine = machine
    this.snapshot = initialTransition(machine, input)[0]
  }

  get path(): string {
    return pathOf(this.snapshot.value)
  }
  get context() {
    return this.snapshot.context
  }
  get usable(): boolean {
    return isUsable(this.snapshot.context, this.now)
  }

  at(minute: number): this {
    this.now = minute * MINUTE
    return this
  }

  /** One event. */
  step(makeEvent: MakeEvent): ReadonlyArray<SessionCommand> {
    const [next, actions] = transition(this.machine, this.snapshot, makeEvent(this.snapshot, this.now))
    this.snapshot = next
    return commandsIn(actions)
  }

  /** Some events, of which nothing needs to be told. */
  through(...makeEvents: ReadonlyArray<MakeEvent>): this {
    for (const makeEvent of makeEvents) this.step(makeEvent)
    return this
  }

  /** One event, as a line: the state it leads to, whether a bearer may be handed out there, and the commands. */
  line(makeEvent: MakeEvent): string {
    const before = JSON.stringify(this.snapshot)
    const commands = this.step(makeEvent)
    if (commands.length === 0 && JSON.stringify(this.snapshot) === before) return "nothing"
    const words = [this.path, this.usable ? "usable" : null, ...commands.map(commandLine)]
    return words.filter((word) => word !== null).join("  ")
  }

  lines(...makeEvents: ReadonlyArray<MakeEvent>): ReadonlyArray<string> {
    return makeEvents.map((makeEvent) => this.line(makeEvent))
  }
}

export const walk = (input: SessionInput, machine: Machine = sessionMachine): Walk => new Walk(input, machine)
