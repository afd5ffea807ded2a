/** The chart by itself, by all its paths and by chance. */

import type { SessionInput } from "@pbx-auth/machine/SessionContext"
import { currentGeneration, isUsable } from "@pbx-auth/machine/SessionContext"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import * as Effect from "effect/Effect"
import { initialTransition, type SnapshotFrom, transition } from "xstate"
import { getShortestPaths } from "xstate/graph"
import {
  attended,
  child,
  commandsIn,
  MINUTE,
  pathOf,
  signingInAnew,
  times,
  unattended,
} from "../../../packages/machine/test/Walk.ts"
import * as ChartWalker from "../ChartWalker.ts"
import { Notes } from "../Finding.ts"
import { sampled, scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"

type Snapshot = SnapshotFrom<typeof sessionMachine>

const inputs: ReadonlyArray<SessionInput> = [attended, unattended, signingInAnew, child]

const SEED = 5331

/** States are compared without their counts and times, which never repeat. */
const abstract = ({ context, value }: Snapshot): string => {
  const { acting, challenged, next, own, presenting, renewedForActing, retryAt, subject } = context
  const facts = [own, acting].map((token) => token && [token.via, token.rejected])
  return JSON.stringify([
    pathOf(value),
    facts,
    subject !== null,
    presenting,
    challenged,
    retryAt !== null,
    next,
    renewedForActing,
  ])
}

/** Every event, made for the state it meets: at a token's birth, when it is due, and when it is dead. */
const events = ({ context }: Snapshot): ReadonlyArray<SessionEvent> => {
  const { attempt } = context
  const [born, due, dead] = [0, 50 * MINUTE, 60 * MINUTE]
  const facts = { ...times(0), generation: 7 }
  const refusal = { code: "RenewalRefused", remedy: "sign_in" } as const
  const outcomes: ReadonlyArray<SessionEvent> = [
    { type: "Issued", attempt, times: times(0), now: born },
    { type: "Issued", attempt, times: times(0), now: dead },
    { type: "Adopted", attempt, times: times(0), generation: 9, now: born },
    { type: "Challenged", attempt, challengeUntil: due, now: born },
    { type: "Refused", attempt, refusal, now: born },
    { type: "Refused", attempt, refusal: { code: "BadPasscode", remedy: "passcode" }, now: born },
    { type: "Refused", attempt, refusal: { code: "ClientRefused", remedy: "configure" }, now: born },
    { type: "Refused", attempt, refusal, bearer: "rejected", now: born },
    ...([due, null] as const).flatMap((retryAt) =>
      (["Unavailable", "OutcomeUnknown"] as const).map((type) => ({ type, attempt, refusal, retryAt, now: born })),
    ),
  ]
  return [
    { type: "SignIn" },
    { type: "SubmitPasscode" },
    { type: "Cancel", now: born },
    { type: "ActAs", subject: "1001" },
    { type: "StopActing", now: born },
    { type: "StopActing", now: due },
    { type: "SignOut" },
    ...[born, due, dead].map((now) => ({ type: "Due", generation: currentGeneration(context), now }) as const),
    { type: "Rejected", generation: currentGeneration(context), now: born },
    ...([null, { retryAt: null }, { retryAt: due }] as const).flatMap((pending) => [
      { type: "Restored", facts: null, pending, now: born } as const,
      { type: "Restored", facts: { ...facts, via: "sign_in" }, pending, now: born } as const,
      { type: "Restored", facts: { ...facts, via: "renewal" }, pending, now: due } as const,
    ]),
    ...outcomes,
    ...outcomes.map((outcome) => ({ ...outcome, attempt: attempt - 1 }) as SessionEvent),
  ]
}

/** Walks a path and says what did not hold on it. */
const walk = (
  machine: typeof sessionMachine,
  input: SessionInput,
  path: ReadonlyArray<SessionEvent>,
): string | undefined => {
  const inFlight = new Set<number>()
  let snapshot = initialTransition(machine, input)[0]
  let passed = false
  for (const event of path) {
    const inTime = "attempt" in event && inFlight.delete(event.attempt)
    const [next, actions] = transition(machine, snapshot, event)
    snapshot = next
    for (const { params, type } of commandsIn(actions)) {
      if (type === "abandon") inFlight.delete(params.attempt)
      if (type === "requestToken") inFlight.add(params.attempt)
    }
    const { context, value } = snapshot
    if (pathOf(value) === "unauthenticated.idle") passed = false
    else if (event.type === "Restored" || (inTime && (event.type === "Issued" || event.type === "Adopted")))
      passed = true
    if (inFlight.size > 1) return "at most one presentation is in flight"
    if (isUsable(context, 0) && !passed) return "never usable before a whole sign-in"
    if (isUsable(context, 0) && pathOf(value) === "masqueraded.starting") return "never usable while acting only starts"
    if (JSON.stringify(JSON.parse(JSON.stringify(context))) !== JSON.stringify(context))
      return "a snapshot is plain JSON"
  }
  return undefined
}

export const chart: Row = {
  id: "R18",
  fault: "every path of the chart (`xstate/graph`) + 1e6 random events",
  bar: "invariants hold: ≤ 1 presentation in flight, never usable before MFA passes, no secret in a snapshot",
  means:
    "The row walks the chart by the shortest path to each of its states, for four kinds of session. Then it sends random events: those of a correct driver, and any event at any time, late, doubled, stale and out of order.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let paths = 0
      const reached = new Set<string>()
      for (const input of sampled(lab, inputs, 1)) {
        const found = getShortestPaths(sessionMachine, { input, serializeState: abstract, events })
        for (const { state, steps } of found) {
          // The first step is XState's own start, which is no event of ours.
          const broken = walk(
            lab.machine,
            input,
            steps.slice(1).map(({ event }) => event),
          )
          paths++
          reached.add(pathOf(state.value))
          notes.must(broken ?? "", broken === undefined)
        }
      }
      const runs = inputs.flatMap((input) => (["calm", "adversarial"] as const).map((mix) => ({ input, mix })))
      const most = scaled(lab, { smoke: 2_000, short: 20_000, full: 1_000_000 })
      const tasks = runs.map((run) => ({ ...run, seed: SEED, events: Math.ceil(most / runs.length) }))
      // A broken chart cannot go to another thread; the tests' few events need none.
      const results =
        lab.scale === "full" && lab.machine === sessionMachine
          ? yield* Effect.promise(() => Promise.all(tasks.map(ChartWalker.inThread)))
          : tasks.map((task) => ChartWalker.walk(task, lab.machine))
      let walked = 0
      for (const result of results) {
        if (typeof result === "number") walked += result
        else notes.must(result, false)
      }
      notes.must(`${most} random events`, walked >= most)
      return notes
        .count("states", reached.size)
        .count("paths", paths)
        .measure("random events", walked.toLocaleString("en-US").replaceAll(",", " ")).finding
    }),
}
