/**
 * The chart, row by row and rule by rule. Each test tells a walk: the state that each event leads to, whether a bearer may be
 * handed out there, and the commands.
 */
import { isUsable } from "@pbx-auth/machine/SessionContext"
import { describe, expect, it, test } from "vitest"
import {
  actAs,
  adopted,
  attended,
  cancel,
  challenged,
  child,
  due,
  issued,
  lost,
  MINUTE,
  of,
  prompted,
  refused,
  rejected,
  restored,
  signIn,
  signOut,
  submitPasscode,
  unattended,
  unavailable,
  type Walk,
  walk,
} from "./Walk.ts"
import { acting, awaitingPasscode, childLive, code, refreshed, renewing, signedIn } from "./Walks.ts"

describe("unauthenticated", () => {
  it("begins with nothing to hand out and nothing to wait for", () => {
    const start = walk(attended)
    expect(start.path).toBe("unauthenticated.idle")
    expect(start.usable).toBe(false)
  })

  it("signs in", () => {
    expect(walk(attended).lines(signIn, issued())).toEqual([
      "unauthenticated.signing_in  requestToken(1 sign_in)",
      "authenticated  usable  wakeAt(50m g1)",
    ])
  })

  it("adopts the token that another process got first, under that process's number", () => {
    expect(walk(attended).lines(signIn, adopted(9))).toEqual([
      "unauthenticated.signing_in  requestToken(1 sign_in)",
      "authenticated  usable  wakeAt(50m g9)",
    ])
  })

  it("takes the number that a shared store counted, never one that was used before", () => {
    expect(walk(attended).through(signIn).line(issued(5))).toBe("authenticated  usable  wakeAt(50m g5)")
    const again = walk(attended).through(signIn, issued(5)).at(50).through(due())
    expect(again.line(issued(5))).toBe("refreshed  usable  wakeAt(100m g6)")
  })

  it("waits for a person at a browser in the same state, until an outcome or a cancel", () => {
    const waiting = walk(attended).through(signIn, prompted(5))
    expect(waiting.path).toBe("unauthenticated.signing_in")
    expect(waiting.snapshot.context.prompt).toEqual({ kind: "device", until: 5 * MINUTE })
    expect(waiting.line(issued())).toBe("authenticated  usable  wakeAt(50m g1)")
    expect(waiting.snapshot.context.prompt).toBeNull()
    const given = walk(attended).through(signIn, prompted(5))
    expect(given.line(cancel)).toContain("unauthenticated.idle")
    expect(given.snapshot.context.prompt).toBeNull()
    expect(walk(attended).through(signIn, cancel).line(prompted(5))).toBe("nothing")
  })

  it("goes to the second factor when it is challenged, and wakes at the challenge's end", () => {
    expect(walk(attended).lines(signIn, challenged(5))).toEqual([
      "unauthenticated.signing_in  requestToken(1 sign_in)",
      "mfa_required.awaiting_passcode  wakeAt(5m g0)",
    ])
  })

  it("is idle again after a refusal, which is kept to be shown until the next try", () => {
    const at = walk(unattended)
    expect(at.lines(signIn, refused("BadCredentials"))).toEqual([
      "unauthenticated.signing_in  requestToken(1 sign_in)",
      "unauthenticated.idle  wakeAt(never)",
    ])
    expect(code(at)).toBe("BadCredentials")
    at.through(signIn)
    expect(code(at)).toBe(null)
  })

  it.each([
    ["unavailable", unavailable(2), "Unavailable"],
    ["outcome unknown", lost(2), "OutcomeUnknown"],
  ])("%s: waits by itself when nobody is there", (_, outcome, reason) => {
    const at = walk(unattended).through(signIn)
    expect(at.line(outcome)).toBe("unauthenticated.waiting  wakeAt(2m g0)")
    expect(code(at)).toBe(reason)
    expect(at.at(1).line(due())).toBe("nothing")
    expect(at.at(2).line(due())).toBe("unauthenticated.signing_in  requestToken(2 sign_in)")
  })

  it.each([
    ["unavailable", unavailable(2), "Unavailable"],
    ["outcome unknown", lost(2), "OutcomeUnknown"],
  ])("%s: is idle with the reason when a person is there", (_, outcome, reason) => {
    const at = walk(attended).through(signIn)
    expect(at.line(outcome)).toBe("unauthenticated.idle  wakeAt(never)")
    expect(code(at)).toBe(reason)
    expect(at.context.retryAt, "a person may be told when to try again").toBe(2 * MINUTE)
  })

  it("gives up trying by itself when it is told that trying is over", () => {
    const at = walk(unattended).through(signIn)
    expect(at.line(unavailable(null))).toBe("unauthenticated.idle  wakeAt(never)")
    expect(code(at)).toBe("Unavailable")
  })

  it("waiting: SignIn tries at once, Cancel ends the waiting", () => {
    const waiting = () => walk(unattended).through(signIn, unavailable(2))
    expect(waiting().line(signIn)).toBe("unauthenticated.signing_in  requestToken(2 sign_in)")
    const cancelled = waiting()
    expect(cancelled.line(cancel)).toBe("unauthenticated.idle  wakeAt(never)")
    expect(cancelled.context.retryAt, "no try follows any more").toBe(null)
  })

  it("signing_in: Cancel abandons the sign-in", () => {
    const at = walk(attended).through(signIn)
    expect(at.line(cancel)).toBe("unauthenticated.idle  abandon(1)  wakeAt(never)")
    expect(at.line(of(1, issued())), "and what it brings is late").toBe("nothing")
  })
})

describe("mfa_required", () => {
  it("verifies a passcode and is signed in", () => {
    expect(awaitingPasscode().lines(submitPasscode, issued())).toEqual([
      "mfa_required.verifying  requestToken(2 passcode)",
      "authenticated  usable  wakeAt(50m g1)",
    ])
  })

  it("asks again for a wrong passcode, until the same end", () => {
    const at = awaitingPasscode()
    expect(at.lines(submitPasscode, refused("BadPasscode"))).toEqual([
      "mfa_required.verifying  requestToken(2 passcode)",
      "mfa_required.awaiting_passcode  wakeAt(5m g0)",
    ])
    expect(code(at)).toBe("BadPasscode")
    at.through(submitPasscode)
    expect(code(at)).toBe(null)
  })

  it("is idle when the challenge is spent", () => {
    const at = awaitingPasscode().through(submitPasscode)
    expect(at.line(refused("ChallengeExpired"))).toBe("unauthenticated.idle  abandon(2)  wakeAt(never)")
    expect(code(at)).toBe("ChallengeExpired")
  })

  it("takes a further challenge with a new end", () => {
    expect(awaitingPasscode().through(submitPasscode).line(challenged(9))).toBe(
      "mfa_required.awaiting_passcode  wakeAt(9m g0)",
    )
  })

  it.each([
    ["unavailable", unavailable(1), "Unavailable"],
    ["outcome unknown", lost(1), "OutcomeUnknown"],
  ])("%s: waits for the passcode again, and never presents one by itself", (_, outcome, reason) => {
    const at = awaitingPasscode(unattended).through(submitPasscode)
    expect(at.line(outcome)).toBe("mfa_required.awaiting_passcode  wakeAt(5m g0)")
    expect(code(at)).toBe(reason)
    expect(at.at(2).line(due())).toBe("nothing")
  })

  it("ends with the challenge, not before", () => {
    const at = awaitingPasscode()
    expect(at.at(4).line(due())).toBe("nothing")
    expect(at.at(5).line(due())).toBe("unauthenticated.idle  abandon(1)  wakeAt(never)")
    expect(code(at)).toBe("ChallengeExpired")
  })

  it("awaits the outcome of a passcode beyond the challenge's end, and is woken at once when it fails", () => {
    const at = awaitingPasscode().through(submitPasscode).at(6)
    expect(at.line(due())).toBe("nothing")
    expect(at.line(refused("BadPasscode"))).toBe("mfa_required.awaiting_passcode  wakeAt(5m g0)")
    expect(at.line(due())).toBe("unauthenticated.idle  abandon(2)  wakeAt(never)")
  })

  it("can be cancelled, in both its states", () => {
    expect(awaitingPasscode().line(cancel)).toBe("unauthenticated.idle  abandon(1)  wakeAt(never)")
    const verifying = awaitingPasscode().through(submitPasscode)
    expect(verifying.line(cancel)).toBe("unauthenticated.idle  abandon(2)  wakeAt(never)")
    expect(code(verifying)).toBe(null)
    expect(verifying.line(of(2, issued()))).toBe("nothing")
  })

  it("hands out nothing before it has passed", () => {
    const at = awaitingPasscode()
    expect(at.usable).toBe(false)
    expect(at.through(submitPasscode).usable).toBe(false)
    expect(at.through(refused("BadPasscode")).usable).toBe(false)
  })

  describe("demanded for a renewal", () => {
    const challengedRenewal = (input = attended) => renewing(input).through(challenged(55))

    it("keeps the account's own token, which is handed out while it lives, and leads back to refreshed", () => {
      const at = renewing()
      expect(at.lines(challenged(55), submitPasscode, issued())).toEqual([
        "mfa_required.awaiting_passcode  usable  wakeAt(55m g1)",
        "mfa_required.verifying  usable  requestToken(3 passcode g1)",
        "refreshed  usable  wakeAt(100m g2)",
      ])
    })

    it("that is not answered leaves the token to live on, with a sign-in offered", () => {
      const at = challengedRenewal().at(55)
      expect(at.line(due())).toBe("expiring.waiting  usable  abandon(2)  wakeAt(60m g1)")
      expect(code(at)).toBe("ChallengeExpired")
      expect(at.at(60).line(due())).toBe("unauthenticated.idle  wakeAt(never)")
    })

    it("that is cancelled leaves the token to live on; a rejected one is the end", () => {
      expect(challengedRenewal().line(cancel)).toBe("expiring.waiting  usable  abandon(2)  wakeAt(60m g1)")
      const at = challengedRenewal()
      expect(at.line(rejected())).toBe("mfa_required.awaiting_passcode")
      expect(at.line(cancel)).toMatch(/^unauthenticated\.idle .*abandon\(2\)/)
    })

    it("that is spent leaves the token to live on", () => {
      const at = challengedRenewal().through(submitPasscode)
      expect(at.line(refused("ChallengeExpired"))).toBe("expiring.waiting  usable  abandon(3)  wakeAt(60m g1)")
    })

    it("is demanded for a sign-in when it was a sign-in in a renewal's place", () => {
      const at = renewing(unattended)
      expect(at.lines(refused("RenewalRefused"), challenged(55), submitPasscode, issued())).toEqual([
        "expiring.signing_in  usable  requestToken(3 sign_in g1)",
        "mfa_required.awaiting_passcode  usable  wakeAt(55m g1)",
        "mfa_required.verifying  usable  requestToken(4 passcode g1)",
        "authenticated  usable  wakeAt(100m g2)",
      ])
    })
  })
})

describe("SignOut", () => {
  const places: ReadonlyArray<readonly [string, Walk]> = [
    ["unauthenticated.signing_in", walk(attended).through(signIn)],
    ["unauthenticated.waiting", walk(unattended).through(signIn, unavailable(2))],
    ["mfa_required.awaiting_passcode", awaitingPasscode()],
    ["mfa_required.verifying", awaitingPasscode().through(submitPasscode)],
    ["authenticated", signedIn()],
    ["expiring.renewing", renewing()],
    ["expiring.signing_in", renewing(unattended).through(refused("RenewalRefused"))],
    ["expiring.waiting", renewing().through(unavailable(52))],
    ["expiring.recovering", renewing().through(lost(52))],
    ["refreshed", refreshed()],
    ["masqueraded.starting", signedIn().through(actAs("1001"))],
    ["masqueraded.live", acting()],
    ["masqueraded.renewing", acting().through(rejected())],
    ["masqueraded.waiting", acting().through(rejected(), unavailable(2))],
  ]

  it.each(places)("from %s: idle, what is in flight abandoned, what is stored discarded, nothing left", (path, at) => {
    expect(at.path).toBe(path)
    const { attempt, generation } = at.context
    expect(at.line(signOut)).toBe(`unauthenticated.idle  abandon(${attempt})  discard(all)  wakeAt(never)`)
    expect(at.context, "whoever asked for it is not refused").toEqual({
      ...walk(at.input).context,
      attempt,
      generation,
      signedOut: true,
    })
    expect(at.line(issued()), "a reply that comes now resurrects nothing").toBe("nothing")
  })
})

describe("rules", () => {
  it("usable is computed: the token dies between two events", () => {
    const at = signedIn()
    expect([0, 58, 59, 60].map((minute) => isUsable(at.context, minute * MINUTE))).toEqual([true, true, false, false])
  })

  describe("a late outcome changes nothing", () => {
    const outcomes = [
      issued(),
      adopted(9),
      challenged(5),
      refused("BadCredentials"),
      unavailable(2),
      lost(2),
      lost(null),
    ]
    const places: ReadonlyArray<readonly [string, Walk]> = [
      ["unauthenticated.signing_in", walk(attended).through(signIn, cancel, signIn)],
      ["unauthenticated.signing_in of a child", walk(child).through(signIn, cancel, signIn)],
      ["mfa_required.verifying", awaitingPasscode().through(submitPasscode)],
      ["expiring.renewing", renewing()],
      ["expiring.signing_in", renewing(unattended).through(refused("RenewalRefused"))],
      ["masqueraded.starting", signedIn().through(actAs("1001"))],
      ["masqueraded.renewing", acting().through(rejected())],
      ["masqueraded.renewing of its own token", acting().at(60).through(due())],
      ["masqueraded.renewing of a child", childLive().through(rejected())],
    ]
    test.each(places)("%s", (_, at) => {
      const { attempt } = at.context
      for (const other of [attempt - 1, attempt + 1, 0])
        for (const outcome of outcomes) expect(at.line(of(other, outcome))).toBe("nothing")
    })
  })

  describe("an outcome where nothing is under way changes nothing", () => {
    const outcomes = [
      issued(),
      adopted(9),
      challenged(5),
      refused("BadCredentials"),
      unavailable(2),
      lost(2),
      lost(null),
    ]
    const places: ReadonlyArray<readonly [string, Walk]> = [
      ["unauthenticated.idle", walk(attended).through(signIn, refused("BadCredentials"))],
      ["unauthenticated.waiting", walk(unattended).through(signIn, unavailable(2))],
      ["mfa_required.awaiting_passcode", awaitingPasscode()],
      ["authenticated", signedIn()],
      ["refreshed", refreshed()],
      ["expiring.waiting", renewing().through(unavailable(52))],
      ["expiring.recovering", renewing().through(lost(52))],
      ["masqueraded.live", acting()],
      ["masqueraded.waiting", acting().through(rejected(), unavailable(2))],
    ]
    test.each(places)("%s", (path, at) => {
      expect(at.path).toBe(path)
      for (const outcome of outcomes) expect(at.line(outcome)).toBe("nothing")
    })
  })

  it("a challenge's wake-up names its generation, too", () => {
    const at = renewing().through(challenged(55)).at(56)
    expect(at.line(due(0))).toBe("nothing")
    expect(at.line(due(1))).toMatch(/^expiring\.waiting/)
  })

  it("the very token that was just rejected is a refused renewal, not a new generation", () => {
    const at = signedIn().through(rejected())
    at.through(refused("RenewalRefused"))
    expect(at.context.generation).toBe(1)
  })

  it("nothing but the known fields gets into a snapshot, whatever a careless caller passes", () => {
    const secret = "hunter2"
    const at = walk(attended)
    at.step(() => ({ type: "SignIn", password: secret }) as never)
    at.step(
      (snapshot, now) => ({ ...issued()(snapshot, now), times: { ...times0, access_token: secret }, secret }) as never,
    )
    at.step((snapshot, now) => ({ ...due()(snapshot, now), now: 50 * MINUTE, secret }) as never)
    at.step(
      (snapshot, now) =>
        ({
          ...refused("RenewalRefused")(snapshot, now),
          refusal: { code: "Custom", remedy: "report", cause: secret },
        }) as never,
    )
    expect(at.path).toBe("expiring.waiting")
    const taken = walk(attended)
    taken.step((_, now) => {
      const event = restored({})(taken.snapshot, now)
      return { ...event, facts: { ...(event as { facts: object }).facts, refresh_token: secret } } as never
    })
    expect(taken.path).toBe("authenticated")
    expect(JSON.stringify([at.snapshot, taken.snapshot])).not.toContain(secret)
  })
})

const times0 = { issuedAt: 0, dueAt: 50 * MINUTE, usableUntil: 59 * MINUTE, expiresAt: 60 * MINUTE }
