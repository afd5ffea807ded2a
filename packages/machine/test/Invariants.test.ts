import type { SessionContext, SessionInput } from "@pbx-auth/machine/SessionContext"
import { currentFacts, isUsable, isUsableAt } from "@pbx-auth/machine/SessionContext"
import type { Refusal } from "@pbx-auth/machine/SessionEvent"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { SessionView } from "@pbx-auth/machine/SessionView"
import { describe, expect, it } from "vitest"
import { assign, enqueueActions } from "xstate"
import { type Checked, check, type Mix } from "./Invariants.ts"
import { alone, attended, child, signingInAnew, times, unattended } from "./Walk.ts"

// Set them to search further: PBX_AUTH_EVENTS=1000000 PBX_AUTH_SEED=$RANDOM
const known = 5331
const { PBX_AUTH_SEED = known, PBX_AUTH_EVENTS = 20_000 } = process.env
const seed = Number(PBX_AUTH_SEED)
const events = Number(PBX_AUTH_EVENTS)

const inputs: ReadonlyArray<readonly [string, SessionInput]> = [
  ["attended", attended],
  ["unattended", unattended],
  ["signing in anew", signingInAnew],
  ["acting for nobody", alone],
  ["a child", child],
]
/** Of the fifteen, where a session cannot come to all of them. */
const leastPaths: Record<string, number> = { "a child": 6, "acting for nobody": 9 }
const mixes: ReadonlyArray<Mix> = ["calm", "adversarial"]
const runs = inputs.flatMap(([name, input]) => mixes.map((mix) => [name, mix, input] as const))

describe("invariants hold after every one of many random events", () => {
  const paths = new Set<string>()
  it.each(runs)("%s, %s", (name, mix, input) => {
    const tally = check({}, input, { seed, mix, events: Math.ceil(events / runs.length) })
    for (const path of tally.paths) paths.add(path)
    expect(tally.inTime, "outcomes that came in time").toBeGreaterThan(tally.events / 100)
    expect(tally.late, "outcomes that came late").toBeGreaterThan(tally.events / 50)
    expect(tally.paths.size).toBeGreaterThanOrEqual(leastPaths[name] ?? 12)
  })

  it("in every state of the chart", () => {
    expect(paths.size).toBe(15)
  })
})

/** Each is broken in one place. What the checks say of it proves that they look. */
const broken: ReadonlyArray<readonly [string, string, Checked, SessionInput]> = [
  [
    "a guard that ignores the attempt",
    "a late reply changes nothing",
    { machine: sessionMachine.provide({ guards: { late: () => false } }) },
    attended,
  ],
  [
    "presentations that are not counted",
    "every presentation has a number of its own",
    {
      machine: sessionMachine.provide({
        actions: {
          begin: assign((_, { purpose }) => ({ attempt: 1, presenting: purpose === "next" ? "renewal" : purpose })),
        },
      }),
    },
    attended,
  ],
  [
    "a sign-out that forgets what is in flight",
    "the chart awaits what is in flight",
    { machine: sessionMachine.provide({ actions: { abandon: assign({}) } }) },
    attended,
  ],
  [
    "a presentation that is never settled",
    "the chart awaits what is in flight",
    { machine: sessionMachine.provide({ actions: { settle: assign({}) } }) },
    attended,
  ],
  [
    "the token of a challenge taken for a success",
    "nothing is usable before a whole sign-in",
    {
      machine: sessionMachine.provide({
        actions: {
          keepChallenge: assign(({ event }) => ({
            challengeUntil: event.type === "Challenged" ? event.challengeUntil : null,
            own: { ...times(0), usableUntil: null, generation: 0, via: "sign_in", rejected: false },
          })),
        },
      }),
    },
    attended,
  ],
  [
    "the account's wider token handed out in the subject's place",
    "nothing is usable while acting only starts",
    { usable: (context: SessionContext, now: number) => isUsableAt(context.acting ?? context.own, now) },
    attended,
  ],
  [
    "a dead or a rejected token handed out",
    "what is usable lives, and is that of the subject while acting",
    { usable: (context: SessionContext) => currentFacts(context) !== null },
    attended,
  ],
  [
    "a live token withheld",
    "what lives is usable",
    { usable: (context: SessionContext, now: number) => isUsable(context, now) && context.presenting === null },
    attended,
  ],
  [
    "a rejection that is not kept",
    "a rejected token stays rejected",
    { machine: sessionMachine.provide({ actions: { rejectOwn: assign({}) } }) },
    unattended,
  ],
  [
    "a challenge that is dropped when it comes",
    "what is to be answered is still at hand",
    {
      machine: sessionMachine.provide({
        actions: {
          keepChallenge: enqueueActions(({ context, enqueue }) => {
            enqueue.assign(({ event }) => (event.type === "Challenged" ? { challengeUntil: event.challengeUntil } : {}))
            enqueue({ type: "abandon", params: { attempt: context.attempt } })
          }),
        },
      }),
    },
    attended,
  ],
  [
    "a way into expiring without a token",
    "what expires is there",
    { machine: sessionMachine.provide({ guards: { ownIsKept: () => true } }) },
    attended,
  ],
  [
    "a sign-out that keeps the token",
    "idle keeps nothing",
    { machine: sessionMachine.provide({ actions: { forget: assign({}) } }) },
    attended,
  ],
  [
    "acting that is not stopped",
    "a subject is there while acting",
    { machine: sessionMachine.provide({ actions: { stopActing: assign({}) } }) },
    attended,
  ],
  [
    "a child that takes a token for its own",
    "a child is signed out or acts",
    { machine: sessionMachine.provide({ guards: { child: () => false } }) },
    child,
  ],
  [
    "a count that begins anew",
    "generations never go back",
    { machine: sessionMachine.provide({ actions: { signedOut: assign({ generation: 0 }) } }) },
    attended,
  ],
  [
    "a snapshot with an infinity in it",
    "a snapshot is plain JSON",
    {
      machine: sessionMachine.provide({
        actions: {
          begin: assign(({ context }) => ({
            attempt: context.attempt + 1,
            presenting: "sign_in",
            retryAt: Number.POSITIVE_INFINITY,
          })),
        },
      }),
    },
    attended,
  ],
  [
    "a wider object kept as it came",
    "a snapshot has known keys alone",
    {
      machine: sessionMachine.provide({
        actions: { keepRefusal: assign(({ event }) => ("refusal" in event ? { refusal: event.refusal } : {})) },
      }),
    },
    attended,
  ],
  [
    "a secret as a value of a known key",
    "no secret gets in",
    {
      machine: sessionMachine.provide({
        actions: {
          keepRefusal: assign(({ event }) =>
            "refusal" in event ? { refusal: { code: JSON.stringify(event) as Refusal["code"], remedy: "report" } } : {},
          ),
        },
      }),
    },
    attended,
  ],
  [
    "an alarm that is not heard",
    "an alarm is heard",
    { machine: sessionMachine.provide({ guards: { retryIsDue: () => false } }) },
    unattended,
  ],
  [
    "a view that always offers a sign-in",
    "an offered action is accepted (sign_in)",
    { view: (snapshot) => ({ ...SessionView.of(snapshot), actions: ["sign_in", "sign_out"] }) },
    attended,
  ],
  [
    "a view that offers nothing",
    "an accepted event is offered",
    { view: (snapshot) => ({ ...SessionView.of(snapshot), actions: [] }) },
    attended,
  ],
]

describe("the checks see", () => {
  it.each(broken)("%s", (_, invariant, checked, input) => {
    const run = () => {
      for (const mix of mixes) check(checked, input, { seed: known, mix, events: 5_000 })
    }
    expect(run).toThrow(invariant)
    expect(run, "and name the seed that shows it again").toThrow(`PBX_AUTH_SEED=${known}`)
  })
})
