/** The chart while a session acts for a subject, in place or as a child. */
import { describe, expect, it } from "vitest"
import {
  actAs,
  adopted,
  attended,
  challenged,
  child,
  doubted,
  due,
  issued,
  lost,
  of,
  refused,
  rejected,
  restored,
  signIn,
  signOut,
  stopActing,
  submitPasscode,
  unattended,
  unavailable,
  walk,
} from "./Walk.ts"
import { acting, childLive, code, refreshed, signedIn } from "./Walks.ts"

describe("masqueraded", () => {
  const starting = (input = attended) => signedIn(input).through(actAs("1001"))

  it("starting: the subject's token leads to live", () => {
    expect(starting().line(issued())).toBe("masqueraded.live  usable  wakeAt(50m g2)")
    expect(starting().line(adopted(8))).toBe("masqueraded.live  usable  wakeAt(50m g8)")
  })

  it("starting: the account's wider token is not handed out in the subject's place", () => {
    expect(starting().usable).toBe(false)
  })

  it.each([
    ["refused", refused("NotAllowed"), "NotAllowed"],
    ["unavailable", unavailable(2), "Unavailable"],
    ["outcome unknown", lost(2), "OutcomeUnknown"],
    ["challenged, which no provider describes here", challenged(5), "PasscodeRequired"],
  ])("starting, %s: back to its own state with the refusal", (_, outcome, reason) => {
    const at = starting()
    expect(at.line(outcome)).toBe("authenticated  usable  abandon(2)  discard(acting)  wakeAt(50m g1)")
    expect(code(at)).toBe(reason)
    const renewed = refreshed().through(actAs("1001"))
    expect(renewed.line(outcome)).toBe("refreshed  usable  abandon(3)  discard(acting)  wakeAt(100m g2)")
  })

  describe("another subject is one event", () => {
    it("live: the first one's token is gone at once, and the next one's is got by the account's own", () => {
      const at = acting()
      expect(at.line(actAs("1002"))).toBe(
        "masqueraded.starting  abandon(2)  discard(acting)  requestToken(3 act_as 1002)",
      )
      expect([at.context.subject, at.context.acting]).toEqual(["1002", null])
      expect(at.line(issued())).toBe("masqueraded.live  usable  wakeAt(50m g3)")
    })

    it.each([
      ["starting", signedIn().through(actAs("1001"))],
      ["renewing", acting().through(rejected())],
      ["waiting", acting().through(rejected(), unavailable(2))],
    ])("%s: the presentation for the first one is late from now on", (_, at) => {
      const { attempt } = at.context
      expect(at.line(actAs("1002"))).toBe(
        `masqueraded.starting  abandon(${attempt})  discard(acting)  requestToken(${attempt + 1} act_as 1002)`,
      )
      expect(at.line(of(attempt, issued()))).toBe("nothing")
      expect(at.line(issued())).toMatch(/^masqueraded.live {2}usable/)
      expect(at.context.subject).toBe("1002")
    })

    it("an own token that has lapsed is renewed first; a renewal that is under way goes on", () => {
      const at = acting().at(60)
      expect(at.lines(actAs("1002"), actAs("1003"), issued(), issued())).toEqual([
        "masqueraded.renewing  abandon(2)  discard(acting)  requestToken(3 renewal g1)",
        "masqueraded.renewing  discard(acting)",
        "masqueraded.renewing  requestToken(4 act_as 1003)",
        "masqueraded.live  usable  wakeAt(110m g4)",
      ])
    })

    it("where the own token's renewal waits for its time, it goes on waiting", () => {
      const at = acting().at(60).through(due(), unavailable(62))
      expect(at.path).toBe("masqueraded.waiting")
      expect(at.lines(actAs("1002"))).toEqual(["masqueraded.waiting  discard(acting)  wakeAt(62m g2)"])
      expect(at.at(62).lines(due(), issued(), issued())).toEqual([
        "masqueraded.renewing  requestToken(4 renewal g1)",
        "masqueraded.renewing  requestToken(5 act_as 1002)",
        "masqueraded.live  usable  wakeAt(112m g4)",
      ])
    })

    it("refused: back to its own token, and not to the first subject's", () => {
      const at = acting().through(actAs("1002"))
      expect(at.line(refused("NotAllowed"))).toBe("authenticated  usable  abandon(3)  discard(acting)  wakeAt(50m g1)")
      expect(at.context.subject).toBe(null)
    })

    it("the same subject again changes nothing, and a child has one subject all its life", () => {
      expect(acting().line(actAs("1001"))).toBe("nothing")
      expect(walk(child).through(signIn, issued()).line(actAs("1002"))).toBe("nothing")
    })
  })

  it("starting: back to a renewal when its own token came due meanwhile", () => {
    expect(starting().at(50).line(refused("NotAllowed"))).toBe(
      "expiring.renewing  usable  abandon(2)  discard(acting)  requestToken(3 renewal g1)",
    )
  })

  it("starting, its own bearer not taken: renews its own first, once, and then derives", () => {
    const at = starting()
    expect(at.lines(refused("BadCredentials", "rejected"), issued(), issued())).toEqual([
      "masqueraded.renewing  requestToken(3 renewal g1)",
      "masqueraded.renewing  requestToken(4 act_as 1001)",
      "masqueraded.live  usable  wakeAt(50m g3)",
    ])
    const twice = starting().through(refused("BadCredentials", "rejected"), issued())
    expect(twice.line(refused("BadCredentials", "rejected"))).toBe(
      "refreshed  usable  abandon(4)  discard(acting)  wakeAt(50m g2)",
    )
  })

  it("live: derives again from its own token when it is due or rejected, handing it out while it may", () => {
    const dueOne = acting().at(49)
    expect(dueOne.lines(due(), due(1))).toEqual(["nothing", "nothing"])
    expect(dueOne.at(50).lines(due(), issued())).toEqual([
      "masqueraded.renewing  usable  requestToken(3 act_as 1001 g2)",
      "masqueraded.live  usable  wakeAt(100m g3)",
    ])
    expect(acting().lines(rejected(), issued())).toEqual([
      "masqueraded.renewing  requestToken(3 act_as 1001 g2)",
      "masqueraded.live  usable  wakeAt(50m g3)",
    ])
  })

  it("live: keeps a rejected token that has just replaced another one, and says so; of its own it says nothing", () => {
    expect(acting().line(doubted(1))).toBe("nothing")
    const told = acting().through(doubted())
    expect([told.path, told.usable, code(told)]).toEqual(["masqueraded.live", true, "NotAllowed"])
  })

  it("live: that its own token is due or rejected does not end the acting", () => {
    const at = acting()
    expect(at.at(50).line(due(1))).toBe("nothing")
    expect(at.line(rejected(1))).toBe("masqueraded.live  usable")
    expect(at.line(rejected(9))).toBe("nothing")
  })

  it("renewing: renews its own token first when that has lapsed", () => {
    const at = acting().at(60)
    expect(at.lines(due(), issued(), issued())).toEqual([
      "masqueraded.renewing  requestToken(3 renewal g1)",
      "masqueraded.renewing  requestToken(4 act_as 1001 g2)",
      "masqueraded.live  usable  wakeAt(110m g4)",
    ])
  })

  it("renewing: adopts its own renewed token from another process, and derives from it", () => {
    expect(acting().at(60).through(due()).line(adopted(6))).toBe("masqueraded.renewing  requestToken(4 act_as 1001 g2)")
  })

  it("renewing: a provider that hands out dead tokens is not asked in a circle", () => {
    const at = acting().at(60).through(due())
    const dead = { issuedAt: 0, dueAt: 0, usableUntil: 0, expiresAt: 0 }
    const deadOnArrival = () => ({ type: "Issued", attempt: at.context.attempt, times: dead, now: at.now }) as const
    expect(at.line(deadOnArrival)).toBe("masqueraded.renewing  requestToken(4 act_as 1001 g2)")
  })

  it.each([
    ["unavailable", unavailable(52), "Unavailable"],
    ["outcome unknown", lost(52), "OutcomeUnknown"],
  ])("renewing, %s: waits, acting on while the token lives, and derives again", (_, outcome, reason) => {
    const at = acting().at(50).through(due())
    expect(at.line(outcome)).toBe("masqueraded.waiting  usable  wakeAt(52m g2)")
    expect(code(at)).toBe(reason)
    expect(at.at(51).line(due())).toBe("nothing")
    expect(at.at(52).line(due())).toBe("masqueraded.renewing  usable  requestToken(4 act_as 1001 g2)")
  })

  it("waiting: a rejected token is not handed out any more", () => {
    const at = acting().at(50).through(due(), unavailable(52))
    expect(at.line(rejected())).toBe("masqueraded.waiting")
  })

  it("renewing, refused: back to its own state with the refusal, never a sign-out", () => {
    const at = acting().through(rejected())
    expect(at.line(refused("NotAllowed"))).toBe("authenticated  usable  abandon(3)  discard(acting)  wakeAt(50m g1)")
    expect(code(at)).toBe("NotAllowed")
    expect(acting().at(50).through(due()).line(refused("NotAllowed"))).toBe(
      "expiring.renewing  usable  abandon(3)  discard(acting)  requestToken(4 renewal g1)",
    )
  })

  describe("its own renewal, needed for the subject's", () => {
    const lapsed = (input = attended) => acting(input).at(59).through(due())

    it("refused: acting ends; it signs in instead, or waits for the end of its own token", () => {
      expect(lapsed(unattended).line(refused("RenewalRefused"))).toBe(
        "expiring.signing_in  abandon(3)  discard(acting)  requestToken(4 sign_in g1)",
      )
      const at = lapsed(attended)
      expect(at.line(refused("RenewalRefused"))).toBe("expiring.waiting  abandon(3)  discard(acting)  wakeAt(60m g1)")
      expect(code(at)).toBe("RenewalRefused")
    })

    it("refused with a word about the bearer: is not asked in a circle", () => {
      expect(lapsed(attended).line(refused("RenewalRefused", "rejected"))).toBe(
        "expiring.waiting  abandon(3)  discard(acting)  wakeAt(60m g1)",
      )
    })

    it("challenged: acting ends, the passcode is awaited, and leads to refreshed", () => {
      expect(lapsed().lines(challenged(64), submitPasscode, issued())).toEqual([
        "mfa_required.awaiting_passcode  discard(acting)  wakeAt(64m g1)",
        "mfa_required.verifying  requestToken(4 passcode g1)",
        "refreshed  usable  wakeAt(109m g3)",
      ])
    })

    it("outcome unknown: waits when it may be repeated, else acting ends and it recovers", () => {
      expect(lapsed().line(lost(61))).toBe("masqueraded.waiting  wakeAt(61m g2)")
      expect(lapsed().at(61).through(lost(61)).line(due())).toBe("masqueraded.renewing  requestToken(4 renewal g1)")
      expect(lapsed(unattended).line(lost(null))).toMatch(/^expiring\.signing_in .*requestToken\(4 sign_in g1\)$/)
      expect(lapsed(attended).line(lost(null))).toMatch(/^expiring\.waiting .*wakeAt\(60m g1\)$/)
    })

    it("a refresh token that may be used up: signs in in place of it where it can, and goes on acting", () => {
      const at = lapsed(unattended)
      expect(at.line(lost(61, 59))).toMatch(/^masqueraded\.renewing .*requestToken\(4 sign_in g1\)$/)
      expect(at.line(unavailable(60))).toBe("masqueraded.waiting  wakeAt(60m g2)")
      expect(at.at(60).line(due())).toBe("masqueraded.renewing  requestToken(5 sign_in g1)")
      expect(at.line(issued())).toBe("masqueraded.renewing  requestToken(6 act_as 1001 g2)")
      expect(lapsed(attended).line(lost(61, 59))).toBe("masqueraded.waiting  wakeAt(61m g2)")
    })

    it("a refresh token that may be used up is not shown when acting ends", () => {
      const at = lapsed(unattended).through(lost(61, 60))
      expect(at.path).toBe("masqueraded.waiting")
      expect(at.line(stopActing)).toBe("expiring.signing_in  abandon(3)  discard(acting)  requestToken(4 sign_in g1)")
    })

    it("does not let the derived token of before live on under another number", () => {
      const at = lapsed().through(issued())
      expect(at.context.own?.generation).toBe(3)
      expect(at.context.acting?.generation).toBe(2)
    })
  })

  it("deriving, challenged: back to its own state, for no provider describes a second factor here", () => {
    const at = acting().through(rejected())
    expect(at.line(challenged(5))).toBe("authenticated  usable  abandon(3)  discard(acting)  wakeAt(50m g1)")
    expect(code(at)).toBe("PasscodeRequired")
  })

  describe("StopActing", () => {
    it("leads back to its own state", () => {
      expect(acting().line(stopActing)).toBe("authenticated  usable  abandon(2)  discard(acting)  wakeAt(50m g1)")
      expect(refreshed().through(actAs("1001"), issued()).line(stopActing)).toBe(
        "refreshed  usable  abandon(3)  discard(acting)  wakeAt(100m g2)",
      )
    })

    it.each([
      ["due", acting().at(50), "expiring.renewing  usable"],
      ["rejected", acting().through(rejected(1)), "expiring.renewing"],
      ["lapsed", acting().at(60), "expiring.renewing"],
    ])("leads to a renewal when its own token is %s", (_, at, state) => {
      expect(at.line(stopActing)).toBe(`${state}  abandon(2)  discard(acting)  requestToken(3 renewal g1)`)
    })

    it("abandons what is under way, and what comes of it is late", () => {
      const at = starting()
      expect(at.line(stopActing)).toBe("authenticated  usable  abandon(2)  discard(acting)  wakeAt(50m g1)")
      expect(at.line(of(2, issued()))).toBe("nothing")
    })

    it("in the middle of its own renewal asks for it anew, for the same generation", () => {
      const at = acting().at(60).through(due())
      expect(at.line(stopActing)).toBe("expiring.renewing  abandon(3)  discard(acting)  requestToken(4 renewal g1)")
    })

    it("leaves no refusal of the acting behind", () => {
      const at = acting().at(50).through(due(), unavailable(55)).at(52)
      at.through(stopActing)
      expect(code(at)).toBe(null)
    })
  })
})

describe("a child session", () => {
  it("gets its token by acting for its subject, straight from signing in", () => {
    expect(walk(child).lines(signIn, issued())).toEqual([
      "unauthenticated.signing_in  requestToken(1 act_as 1001@acme)",
      "masqueraded.live  usable  wakeAt(50m g1)",
    ])
  })

  it("adopts one, too", () => {
    expect(walk(child).through(signIn).line(adopted(3))).toBe("masqueraded.live  usable  wakeAt(50m g3)")
  })

  it("derives again when it is due or rejected, for ever from its parent", () => {
    expect(childLive().at(60).lines(due(), issued())).toEqual([
      "masqueraded.renewing  requestToken(2 act_as 1001@acme g1)",
      "masqueraded.live  usable  wakeAt(110m g2)",
    ])
    expect(childLive().line(rejected())).toBe("masqueraded.renewing  requestToken(2 act_as 1001@acme g1)")
  })

  it("waits by itself when the provider is not to be had", () => {
    expect(walk(child).through(signIn).line(unavailable(1))).toBe("unauthenticated.waiting  wakeAt(1m g0)")
    const at = childLive().at(50).through(due())
    expect(at.line(unavailable(52))).toBe("masqueraded.waiting  usable  wakeAt(52m g1)")
    expect(at.at(52).line(due())).toBe("masqueraded.renewing  usable  requestToken(3 act_as 1001@acme g1)")
  })

  it.each([
    ["refused", refused("NotAllowed"), "NotAllowed"],
    ["its parent's bearer not taken", refused("BadCredentials", "rejected"), "BadCredentials"],
    ["challenged", challenged(5), "PasscodeRequired"],
  ])("%s: is idle with the refusal, at the first and at every later derivation", (_, outcome, reason) => {
    const first = walk(child).through(signIn)
    expect(first.line(outcome)).toBe("unauthenticated.idle  wakeAt(never)")
    expect(code(first)).toBe(reason)
    const next = childLive().at(50).through(due())
    expect(next.line(outcome)).toBe("unauthenticated.idle  wakeAt(never)")
    expect(code(next)).toBe(reason)
    expect(next.lines(signIn, issued()), "and remembers its subject").toEqual([
      "unauthenticated.signing_in  requestToken(3 act_as 1001@acme)",
      "masqueraded.live  usable  wakeAt(100m g2)",
    ])
  })

  it("has no way of its own to stop acting, and acts for nobody else", () => {
    expect(childLive().lines(stopActing, actAs("1002"))).toEqual(["nothing", "nothing"])
  })

  it("signs out and in again for the same subject", () => {
    expect(childLive().lines(signOut, signIn)).toEqual([
      "unauthenticated.idle  abandon(1)  discard(all)  wakeAt(never)",
      "unauthenticated.signing_in  requestToken(2 act_as 1001@acme)",
    ])
  })

  it("takes up a kept token that still lives, and no dead one", () => {
    const kept = { via: "act_as" as const }
    expect(walk(child).line(restored(kept))).toBe("masqueraded.live  usable  wakeAt(50m g7)")
    expect(walk(child).at(55).lines(restored(kept), due())).toEqual([
      "masqueraded.live  usable  wakeAt(50m g7)",
      "masqueraded.renewing  usable  requestToken(1 act_as 1001@acme g7)",
    ])
    expect(walk(child).at(59).line(restored(kept))).toBe("nothing")
    expect(walk(child).line(restored(kept, { retryAt: null })), "a derivation may always be repeated").toBe(
      "masqueraded.live  usable  wakeAt(50m g7)",
    )
  })
})
