import type { Refusal } from "@pbx-auth/machine/SessionEvent"
import { SessionView } from "@pbx-auth/machine/SessionView"
import { describe, expect, it } from "vitest"
import {
  actAs,
  alone,
  attended,
  challenged,
  child,
  due,
  issued,
  lost,
  MINUTE,
  refused,
  rejected,
  restored,
  signIn,
  signOut,
  stopActing,
  submitPasscode,
  unattended,
  unavailable,
  type Walk,
  walk,
} from "./Walk.ts"

const view = (at: Walk) => SessionView.of(at.snapshot)
const signedIn = (input = attended) => walk(input).through(signIn, issued())
const renewing = (input = attended) => signedIn(input).at(50).through(due())
const acting = () => signedIn().through(actAs("1001"), issued())

const nothing = {
  dueAt: null,
  expiresAt: null,
  retryAt: null,
  challengeUntil: null,
  promptUntil: null,
  personNeededAt: null,
  subject: null,
}
const own = { ...nothing, dueAt: 50 * MINUTE, expiresAt: 60 * MINUTE }

const rows: ReadonlyArray<readonly [string, Walk, object]> = [
  [
    "unauthenticated.idle",
    walk(attended),
    { label: "Signed out.", actions: ["sign_in"], awaiting: null, ...nothing, refusal: null },
  ],
  [
    "unauthenticated.signing_in",
    walk(attended).through(signIn),
    { label: "Signing in.", actions: ["cancel", "sign_out"], awaiting: "provider", ...nothing },
  ],
  [
    "unauthenticated.waiting",
    walk(unattended).through(signIn, unavailable(2)),
    {
      label: "Not signed in yet; another try follows.",
      actions: ["sign_in", "cancel", "sign_out"],
      awaiting: "retry",
      ...nothing,
      retryAt: 2 * MINUTE,
      refusal: { code: "Unavailable", remedy: "retry", message: "The provider cannot be reached." },
    },
  ],
  [
    "mfa_required.awaiting_passcode",
    walk(attended).through(signIn, challenged(5)),
    {
      label: "A passcode is needed.",
      actions: ["submit_passcode", "cancel", "sign_out"],
      awaiting: "passcode",
      ...nothing,
      challengeUntil: 5 * MINUTE,
    },
  ],
  [
    "mfa_required.verifying",
    walk(attended).through(signIn, challenged(5), submitPasscode),
    {
      label: "Checking the passcode.",
      actions: ["cancel", "sign_out"],
      awaiting: "provider",
      ...nothing,
      challengeUntil: 5 * MINUTE,
    },
  ],
  [
    "authenticated",
    signedIn(),
    { substate: null, label: "Signed in.", actions: ["act_as", "sign_out"], awaiting: null, ...own, generation: 1 },
  ],
  [
    "expiring.renewing",
    renewing(),
    { label: "Renewing the token.", actions: ["sign_out"], awaiting: "provider", ...own },
  ],
  [
    "expiring.signing_in",
    renewing(unattended).through(refused("RenewalRefused")),
    { label: "Signing in again.", actions: ["cancel", "sign_out"], awaiting: "provider", ...own },
  ],
  [
    "expiring.waiting",
    renewing().through(unavailable(52)),
    {
      label: "The token could not be renewed yet.",
      actions: ["sign_out"],
      awaiting: "retry",
      ...own,
      retryAt: 52 * MINUTE,
    },
  ],
  [
    "expiring.waiting",
    renewing().through(unavailable(null)),
    { label: "The token could not be renewed yet.", actions: ["sign_out"], awaiting: null, ...own },
  ],
  [
    "expiring.waiting",
    renewing().through(refused("RenewalRefused")),
    {
      label: "The token will not be renewed; sign in again.",
      actions: ["sign_in", "sign_out"],
      awaiting: null,
      ...own,
      refusal: {
        code: "RenewalRefused",
        remedy: "sign_in",
        message: "The provider will not renew this sign-in; sign in again.",
      },
    },
  ],
  [
    "expiring.recovering",
    renewing().through(lost(52)),
    {
      label: "It is not known whether the token was renewed.",
      actions: ["sign_out"],
      awaiting: "retry",
      ...own,
      retryAt: 52 * MINUTE,
    },
  ],
  [
    "refreshed",
    renewing().through(issued()),
    {
      substate: null,
      label: "Signed in, with a renewed token.",
      actions: ["act_as", "sign_out"],
      awaiting: null,
      ...nothing,
      dueAt: 100 * MINUTE,
      expiresAt: 110 * MINUTE,
      generation: 2,
    },
  ],
  [
    "masqueraded.starting",
    signedIn().through(actAs("1001")),
    {
      label: "Starting to act for somebody.",
      actions: ["act_as", "stop_acting", "sign_out"],
      awaiting: "provider",
      ...nothing,
      subject: "1001",
    },
  ],
  [
    "masqueraded.live",
    acting(),
    {
      label: "Acting for somebody.",
      actions: ["act_as", "stop_acting", "sign_out"],
      awaiting: null,
      ...own,
      subject: "1001",
    },
  ],
  [
    "masqueraded.renewing",
    acting().through(rejected()),
    {
      label: "Renewing the token to act with.",
      actions: ["act_as", "stop_acting", "sign_out"],
      awaiting: "provider",
      ...own,
      subject: "1001",
    },
  ],
  [
    "masqueraded.waiting",
    acting().at(50).through(due(), unavailable(52)),
    {
      label: "The token to act with could not be renewed yet.",
      actions: ["act_as", "stop_acting", "sign_out"],
      awaiting: "retry",
      ...own,
      retryAt: 52 * MINUTE,
      subject: "1001",
    },
  ],
]

describe("SessionView.of", () => {
  it.each(rows)("%s", (path, at, expected) => {
    const [state, substate = null] = path.split(".")
    expect(view(at)).toMatchObject({ path, state, substate, ...expected })
  })

  it.each(rows)("%s: the same object for the same snapshot, a new one for a new snapshot", (_, at) => {
    expect(SessionView.of(at.snapshot)).toBe(SessionView.of(at.snapshot))
    const next = walk(at.input)
    expect(SessionView.of(next.snapshot)).not.toBe(SessionView.of(at.snapshot))
  })

  it.each(rows)("%s: a snapshot that came as JSON shows the same, and the view is JSON itself", (_, at) => {
    const shown = JSON.parse(JSON.stringify(at.snapshot))
    expect(SessionView.of(shown)).toEqual(view(at))
    expect(JSON.parse(JSON.stringify(view(at)))).toEqual(view(at))
  })

  it("a child session offers nothing: it acts by itself, and closing it is its end", () => {
    expect(view(walk(child)).actions).toEqual([])
    expect(view(walk(child).through(signIn, issued())).actions).toEqual([])
    expect(view(walk(child).through(signIn)).actions).toEqual([])
  })

  it("what the provider does not have is not offered, and not taken", () => {
    const at = signedIn(alone)
    expect(view(at).actions).toEqual(["sign_out"])
    expect(view(at.through(actAs("1001")))).toEqual(view(at))
    expect(view(signedIn(unattended)).actions).toEqual(["act_as", "sign_out"])
  })

  it("a refusal of an unknown code is shown by its code", () => {
    expect(view(walk(attended).through(signIn, refused("Eclipse" as never))).refusal).toEqual({
      code: "Eclipse",
      remedy: "report",
      message: "Eclipse",
    })
  })

  it("says when the provider asked for a longer pause than is kept to", () => {
    const refusal = { code: "Throttled", remedy: "wait", toldUntil: 9_000 * MINUTE } as const
    const at = walk(unattended).through(signIn, ({ context }) => ({
      type: "Unavailable",
      attempt: context.attempt,
      refusal,
      retryAt: 60 * MINUTE,
      now: 0,
    }))
    expect(view(at)).toMatchObject({
      retryAt: 60 * MINUTE,
      refusal: { ...refusal, message: "The provider asks for a very long wait; another try follows sooner." },
    })
  })

  it("says that somebody signed out, and that a challenge ran out", () => {
    expect(view(signedIn().through(signOut)).refusal, "that was asked for").toBe(null)
    const elsewhere = () => ({ type: "SignOut", elsewhere: true }) as const
    expect(view(signedIn().through(elsewhere)).refusal?.message).toBe("Signed out.")
    const over = walk(attended).through(signIn, challenged(5)).at(5).through(due())
    expect(view(over).refusal?.message).toBe("The time to answer is over; sign in again.")
  })

  it("names no other remedy than the refusal has", () => {
    const { context, value } = walk(attended).snapshot
    const shown = (refusal: Refusal) => SessionView.of({ value, context: { ...context, refusal } }).refusal?.message
    const named = { "sign in": ["sign_in", "passcode"], administrator: ["ask_administrator"], check: ["configure"] }
    // The remedies that the reasons of an `AuthError` have.
    for (const [code, ...remedies] of [
      ["BadCredentials", "sign_in"],
      ["BadPasscode", "passcode"],
      ["ChallengeExpired", "passcode", "sign_in"],
      ["PasscodeRequired", "passcode"],
      ["ClientRefused", "configure"],
      ["Misconfigured", "configure"],
      ["RenewalRefused", "sign_in"],
      ["SignedOut", "sign_in"],
      ["NotAllowed", "ask_administrator", "sign_in"],
      ["Throttled", "wait"],
      ["Unavailable", "retry"],
      ["Unreadable", "report", "sign_in"],
      ["OutcomeUnknown", "sign_in", "passcode", "retry"],
      ["StoreFailed", "retry", "configure"],
    ] as ReadonlyArray<readonly [Refusal["code"], ...ReadonlyArray<Refusal["remedy"]>]>) {
      for (const remedy of remedies) {
        const message = shown({ code, remedy }) ?? ""
        expect(message, code).toMatch(/^[A-Z].*\.$/)
        for (const [words, of] of Object.entries(named)) {
          if (message.includes(words)) expect(of, `${code}, ${remedy}: ${message}`).toContain(remedy)
        }
      }
    }
    expect(shown({ code: "NotAllowed", remedy: "sign_in" })).toBe("The provider refused this sign-in; sign in again.")
  })

  it("shows the account's own token again after acting", () => {
    expect(view(acting().through(stopActing))).toMatchObject({ path: "authenticated", ...own, refusal: null })
  })

  it("shows a state that it does not know by its name, with a way out", () => {
    expect(SessionView.of({ value: { dreaming: "deep" }, context: walk(attended).context })).toMatchObject({
      state: "dreaming",
      substate: "deep",
      path: "dreaming.deep",
      label: "dreaming.deep",
      actions: ["sign_out"],
    })
  })
})

describe("a snapshot", () => {
  it("of a closed session offers nothing", () => {
    const { value, context } = walk(attended).snapshot
    expect(SessionView.of({ value, context, status: "active" }).actions).toEqual(["sign_in"])
    expect(SessionView.of({ value, context, status: "done" }).actions).toEqual([])
  })

  it("that changes in place, as in a screen's store, has a view of its own each time", () => {
    let now = walk(attended).snapshot
    const store = Object.defineProperties({} as typeof now, {
      value: { get: () => now.value },
      context: { get: () => now.context },
    })
    expect(SessionView.of(store).path).toBe("unauthenticated.idle")
    now = signedIn().snapshot
    expect(SessionView.of(store).path).toBe("authenticated")
  })
})

describe("SessionView.secondsLeft", () => {
  it("counts down to the token's end, the challenge's end, or the next try, whatever a person waits for", () => {
    expect(SessionView.secondsLeft(view(signedIn()), 0)).toBe(3600)
    expect(SessionView.secondsLeft(view(walk(attended).through(signIn, challenged(5))), MINUTE)).toBe(240)
    expect(SessionView.secondsLeft(view(renewing().through(unavailable(52))), 50 * MINUTE)).toBe(120)
  })

  it("rounds up, so that 0 means over, and never goes below", () => {
    const shown = view(signedIn())
    expect(SessionView.secondsLeft(shown, 60 * MINUTE - 1)).toBe(1)
    expect(SessionView.secondsLeft(shown, 60 * MINUTE)).toBe(0)
    expect(SessionView.secondsLeft(shown, 90 * MINUTE)).toBe(0)
  })

  it("is null when there is nothing to wait for", () => {
    expect(SessionView.secondsLeft(view(walk(attended)), 0)).toBe(null)
    const forever = { dueAt: null, usableUntil: null, expiresAt: null }
    expect(SessionView.secondsLeft(view(walk(attended).through(restored(forever))), 0)).toBe(null)
  })
})
