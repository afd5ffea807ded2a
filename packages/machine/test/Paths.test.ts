/**
 * Every state of the chart, by the shortest path to it, in both ways of running.
 *
 * Attempts, generations and times count without end, so the states are compared without them, and every event is made for the
 * state it meets. Without that the search would never be over.
 */
import type { SessionInput, TokenFacts } from "@pbx-auth/machine/SessionContext"
import { currentGeneration } from "@pbx-auth/machine/SessionContext"
import type { SessionEvent } from "@pbx-auth/machine/SessionEvent"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { describe, expect, it } from "vitest"
import { createActor, initialTransition, transition } from "xstate"
import { adjacencyMapToArray, createTestModel, getAdjacencyMap, getShortestPaths } from "xstate/graph"
import { attended, child, MINUTE, pathOf, type Snapshot, signingInAnew, times, unattended } from "./Walk.ts"

const abstract = ({ value, context }: Snapshot): string => {
  const facts = (token: TokenFacts | null) => token && [token.via, token.rejected]
  const { own, acting, subject, presenting, challenged, challengeUntil, prompt, retryAt, next, renewedForActing } =
    context
  return JSON.stringify([
    pathOf(value),
    facts(own),
    facts(acting),
    subject !== null,
    presenting,
    challenged,
    challengeUntil !== null,
    prompt?.kind,
    retryAt !== null,
    next,
    renewedForActing,
  ])
}

/** Every event in every form that the chart tells apart, at the token's birth, when it is due, and when it is dead. */
const events = ({ context }: Snapshot): ReadonlyArray<SessionEvent> => {
  const { attempt } = context
  const [born, due, dead] = [0, 50 * MINUTE, 60 * MINUTE]
  const facts = { ...times(0), generation: 7 }
  const reason = { code: "RenewalRefused", remedy: "sign_in" } as const
  const [retryAt, challengeUntil] = [due, due]
  const generations = [...new Set([currentGeneration(context), context.own?.generation ?? 0, context.generation + 1])]
  const outcomes: ReadonlyArray<SessionEvent> = [
    ...[born, dead].map((now) => ({ type: "Issued", attempt, times: times(0), now }) as const),
    { type: "Adopted", attempt, times: times(0), generation: 9, now: born },
    { type: "Challenged", attempt, challengeUntil, now: born },
    ...[born, due].map((now) => ({ type: "Refused", attempt, refusal: reason, now }) as const),
    { type: "Refused", attempt, refusal: { code: "BadPasscode", remedy: "passcode" }, now: born },
    { type: "Refused", attempt, refusal: { code: "ClientRefused", remedy: "configure" }, now: born },
    { type: "Refused", attempt, refusal: reason, bearer: "rejected", now: born },
    ...([retryAt, null] as const).flatMap((retryAt) =>
      (["Unavailable", "OutcomeUnknown"] as const).map(
        (type) => ({ type, attempt, refusal: reason, retryAt, now: born }) as const,
      ),
    ),
    ...[born, due].map(
      (signInAt) => ({ type: "OutcomeUnknown", attempt, refusal: reason, retryAt, signInAt, now: born }) as const,
    ),
  ]
  return [
    { type: "SignIn" },
    { type: "Prompted", attempt, kind: "device", until: due, now: born },
    { type: "SubmitPasscode" },
    { type: "Cancel", now: born },
    { type: "ActAs", subject: "1001" },
    { type: "StopActing", now: born },
    { type: "StopActing", now: due },
    { type: "SignOut" },
    ...generations.flatMap((generation) => [
      ...[born, due, dead].map((now) => ({ type: "Due", generation, now }) as const),
      { type: "Rejected", generation, now: born } as const,
    ]),
    ...[born, due].flatMap((now) =>
      ([null, { retryAt: null }, { retryAt }, { retryAt, signInAt: due }] as const).flatMap((pending) => [
        { type: "Restored", facts: null, pending, now } as const,
        ...(["sign_in", "renewal"] as const).map(
          (via) => ({ type: "Restored", facts: { ...facts, via }, pending, now }) as const,
        ),
      ]),
    ),
    ...outcomes,
    ...outcomes.map((outcome) => ({ ...outcome, attempt: attempt - 1 }) as SessionEvent),
  ]
}

const traversal = (input: SessionInput) => ({ input, serializeState: abstract, events })

const all = [
  "unauthenticated.idle",
  "unauthenticated.signing_in",
  "unauthenticated.waiting",
  "mfa_required.awaiting_passcode",
  "mfa_required.verifying",
  "authenticated",
  "expiring.renewing",
  "expiring.signing_in",
  "expiring.waiting",
  "refreshed",
  "masqueraded.starting",
  "masqueraded.live",
  "masqueraded.renewing",
  "masqueraded.waiting",
  "expiring.recovering",
]
const ofAChild = [
  "unauthenticated.idle",
  "unauthenticated.signing_in",
  "unauthenticated.waiting",
  "masqueraded.live",
  "masqueraded.renewing",
  "masqueraded.waiting",
]

describe.each<readonly [string, SessionInput, ReadonlyArray<string>, readonly [number, number]]>([
  ["attended", attended, all.filter((path) => path !== "unauthenticated.waiting"), [90, 140]],
  ["unattended", unattended, all, [150, 230]],
  ["signing in anew", signingInAnew, all, [90, 140]],
  ["a child", child, ofAChild, [15, 32]],
])("%s", (_, input, expected, [least, most]) => {
  const paths = getShortestPaths(sessionMachine, traversal(input))

  it("reaches every state, and no other", () => {
    expect([...new Set(paths.map(({ state }) => pathOf(state.value)))].sort()).toEqual([...expected].sort())
  })

  it("has a bounded number of states that differ in more than counts and times", () => {
    const states = new Set(paths.map(({ state }) => abstract(state)))
    expect(states.size).toBeGreaterThanOrEqual(least)
    expect(states.size).toBeLessThanOrEqual(most)
  })

  it("gets to the same end under an actor and under transition()", () => {
    for (const { state, steps } of paths) {
      // The first step is XState's own start, which is no event of ours.
      const path = steps.slice(1).map(({ event }) => event)
      const actor = createActor(sessionMachine, { input }).start()
      let pure: Snapshot = initialTransition(sessionMachine, input)[0]
      for (const event of path) {
        actor.send(event)
        pure = transition(sessionMachine, pure, event)[0]
      }
      expect(JSON.stringify(actor.getSnapshot())).toBe(JSON.stringify(pure))
      expect(abstract(pure), "the path leads where the search says").toBe(abstract(state))
      actor.stop()
    }
  })

  const steps = adjacencyMapToArray(getAdjacencyMap(sessionMachine, traversal(input)))
  const way = (from: Snapshot, to: Snapshot) => `${pathOf(from.value)} -> ${pathOf(to.value)}`
  const ways = new Set(steps.map(({ state, nextState }) => way(state, nextState)))

  it("leads out of every state, and from every state home", () => {
    for (const path of expected) {
      if (path !== "unauthenticated.idle") expect(ways).toContain(`${path} -> unauthenticated.idle`)
    }
    expect(ways).toContain("unauthenticated.idle -> unauthenticated.signing_in")
  })

  it("is never without a way on: whoever waits for a reply takes every outcome of it", () => {
    for (const { state, event, nextState } of steps) {
      const { presenting, attempt } = state.context
      if (presenting === null || !("attempt" in event) || event.type === "Prompted" || event.attempt !== attempt)
        continue
      expect(
        nextState.context.attempt > attempt || nextState.context.presenting === null,
        `${event.type} in ${pathOf(state.value)} is left unanswered`,
      ).toBe(true)
    }
  })

  it("does not go to masqueraded but from rest, or for a child", () => {
    const entries = [...ways].filter((step) => /^(?!masqueraded).* -> masqueraded/.test(step)).sort()
    expect(entries).toEqual(
      input.subject === undefined
        ? ["authenticated -> masqueraded.starting", "refreshed -> masqueraded.starting"]
        : ["unauthenticated.idle -> masqueraded.live", "unauthenticated.signing_in -> masqueraded.live"],
    )
  })
})

it("can be model-tested: a chart with an invoke or an after could not", () => {
  expect(() => createTestModel(sessionMachine)).not.toThrow()
})
