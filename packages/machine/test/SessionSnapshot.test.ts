/** A chart that is kept across a reload goes on: no spinner for ever, no rejected token, no refresh token presented twice. */
import { isUsable, type SessionInput } from "@pbx-auth/machine/SessionContext"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { restoreEvent } from "@pbx-auth/machine/SessionSnapshot"
import { describe, expect, it } from "vitest"
import { createActor, transition } from "xstate"
import {
  actAs,
  attended,
  challenged,
  child,
  commandsIn,
  due,
  issued,
  lost,
  type MakeEvent,
  MINUTE,
  pathOf,
  refused,
  rejected,
  signIn,
  unattended,
  unavailable,
  Walk,
  walk,
} from "./Walk.ts"

/** The chart is kept as JSON, and a new one is told of it. */
const reloaded = (before: Walk): Walk => {
  const kept = JSON.parse(JSON.stringify(before.snapshot))
  const after = new Walk(before.input).at(before.now / MINUTE)
  return after.through((_, now) => restoreEvent(kept, now))
}

const at = (input: SessionInput, minute: number, ...events: ReadonlyArray<MakeEvent>) =>
  walk(input)
    .through(signIn, issued())
    .at(minute)
    .through(...events)

it("a snapshot that is persisted and started as such waits for ever", () => {
  const actor = createActor(sessionMachine, { input: attended }).start()
  actor.send({ type: "SignIn" })
  const snapshot = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()))
  const presented: Array<number> = []
  const requestToken = () => void presented.push(1)
  const again = createActor(sessionMachine.provide({ actions: { requestToken } }), {
    snapshot,
    input: attended,
  }).start()
  expect([pathOf(again.getSnapshot().value), presented.length]).toEqual(["unauthenticated.signing_in", 0])
})

describe("restoreEvent", () => {
  it.each<readonly [string, Walk, string, boolean]>([
    ["nobody signed in", walk(attended), "unauthenticated.idle", false],
    ["a sign-in under way", walk(attended).through(signIn), "unauthenticated.idle", false],
    ["a second factor", walk(attended).through(signIn, challenged(5)), "unauthenticated.idle", false],
    ["signed in", at(attended, 10), "authenticated", true],
    ["signed in, due meanwhile", at(attended, 52), "expiring.renewing", true],
    ["signed in, dead meanwhile", at(attended, 70), "expiring.renewing", false],
    ["rejected, and the renewal under way", at(attended, 10, rejected()), "expiring.recovering", false],
    [
      "rejected, and nobody has renewed it",
      at(attended, 52, due(), unavailable(90), rejected()),
      "expiring.recovering",
      false,
    ],
    ["acting", at(attended, 10, actAs("1001"), issued()), "authenticated", true],
    ["a renewal under way", at(attended, 52, due()), "expiring.recovering", true],
    ["a renewal of unknown outcome", at(attended, 52, due(), lost(58)), "expiring.recovering", true],
    ["a pause", at(attended, 52, due(), unavailable(55)), "expiring.recovering", true],
    ["a renewal that was refused", at(attended, 52, due(), refused("RenewalRefused")), "expiring.waiting", true],
    [
      "a sign-in in a renewal's place",
      at(unattended, 52, due(), refused("RenewalRefused")),
      "expiring.recovering",
      true,
    ],
    ["a child", walk(child).through(signIn, issued()), "masqueraded.live", true],
  ])("%s", (_, before, path, usable) => {
    const after = reloaded(before)
    expect([after.path, isUsable(after.context, after.now)]).toEqual([path, usable])
  })

  it("does not show a refresh token that may be used up before the token has to be replaced", () => {
    const after = reloaded(at(attended, 52, due()))
    expect(after.context.retryAt).toBe(59 * MINUTE)
    expect(after.at(58).line(due())).toBe("nothing")
    expect(after.at(59).line(due())).toMatch(/^expiring\.renewing {2}requestToken\(1 renewal g1\)$/)
  })

  it("signs in in its place, where a session may", () => {
    expect(
      reloaded(at(unattended, 52, due()))
        .at(59)
        .line(due()),
    ).toMatch(/^expiring\.signing_in .*requestToken\(1 sign_in/)
  })

  it("keeps a pause, and the end of trying by itself", () => {
    expect(reloaded(at(attended, 52, due(), unavailable(55))).context.retryAt).toBe(55 * MINUTE)
    const ended = reloaded(at(attended, 52, due(), refused("RenewalRefused")))
    expect(ended.context.next).toBe("nothing")
  })

  it("does not wait where an API has rejected the token", () => {
    expect(reloaded(at(attended, 10, rejected())).line(due())).toBe("expiring.renewing  requestToken(1 renewal g1)")
  })

  it("arms the wake-ups that a persisted snapshot has lost", () => {
    const kept = at(attended, 10).snapshot
    const [, actions] = transition(sessionMachine, walk(attended).snapshot, restoreEvent(kept, 10 * MINUTE))
    expect(commandsIn(actions)).toEqual([{ type: "wakeAt", params: { at: 50 * MINUTE, generation: 1 } }])
  })
})
