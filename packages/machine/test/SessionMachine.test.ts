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
  doubted,
  due,
  issued,
  lost,
  MINUTE,
  of,
  refused,
  rejected,
  restored,
  signIn,
  signingInAnew,
  signOut,
  stopActing,
  submitPasscode,
  unattended,
  unavailable,
  type Walk,
  walk,
} from "./Walk.ts"

const code = (at: Walk) => at.context.refusal?.code ?? null

const signedIn = (input = attended) => walk(input).through(signIn, issued())
const renewing = (input = attended) => signedIn(input).at(50).through(due())
const refreshed = (input = attended) => renewing(input).through(issued())
const awaitingPasscode = (input = attended) => walk(input).through(signIn, challenged(5))
const acting = (input = attended) => signedIn(input).through(actAs("1001"), issued())
const childLive = () => walk(child).through(signIn, issued())

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

describe("authenticated and refreshed", () => {
  const rooms: ReadonlyArray<readonly [string, () => Walk, number]> = [
    ["authenticated", () => signedIn(), 1],
    ["refreshed", () => refreshed(), 2],
  ]

  it.each(rooms)("%s: renews when the token is due, not before", (path, room, generation) => {
    const at = room()
    expect(at.path).toBe(path)
    expect(at.line(due())).toBe("nothing")
    at.now += 50 * MINUTE
    expect(at.line(due())).toBe(`expiring.renewing  usable  requestToken(${at.context.attempt} renewal g${generation})`)
  })

  it.each(rooms)("%s: keeps a rejected token that has just replaced another one, and says so", (state, room) => {
    const at = room()
    expect(at.line(doubted(99))).toBe("nothing")
    const told = at.through(doubted())
    expect([told.path, told.usable, code(told), told.context.retryAt]).toEqual([state, true, "NotAllowed", null])
    told.now += 50 * MINUTE
    expect(told.line(due())).toMatch(/^expiring\.renewing {2}usable/)
  })

  it.each(rooms)("%s: renews when an API rejected the token, which is not handed out again", (_, room, generation) => {
    const at = room()
    expect(at.line(rejected())).toBe(`expiring.renewing  requestToken(${at.context.attempt} renewal g${generation})`)
  })

  it.each(rooms)("%s: what is said of another generation changes nothing", (_, room, generation) => {
    const at = room()
    at.now += 50 * MINUTE
    expect(
      at.lines(due(generation - 1), rejected(generation - 1), due(generation + 1), rejected(generation + 1)),
    ).toEqual(["nothing", "nothing", "nothing", "nothing"])
  })

  it.each(rooms)("%s: acts for a subject, and hands out nothing until it has the subject's token", (_, room) => {
    const at = room()
    expect(at.line(actAs("1001"))).toBe(`masqueraded.starting  requestToken(${at.context.attempt} act_as 1001)`)
  })

  it("refreshed renews again and again", () => {
    const at = refreshed()
    expect(at.at(100).lines(due(), issued())).toEqual([
      "expiring.renewing  usable  requestToken(3 renewal g2)",
      "refreshed  usable  wakeAt(150m g3)",
    ])
  })
})

describe("expiring", () => {
  it("renewing: a token leads to refreshed, got by itself or by another process", () => {
    expect(renewing().line(issued())).toBe("refreshed  usable  wakeAt(100m g2)")
    expect(renewing().line(adopted(4))).toBe("refreshed  usable  wakeAt(100m g4)")
  })

  it("unavailable: nothing is lost, the token is handed out while it lives, and the renewal is tried again", () => {
    const at = renewing()
    expect(at.line(unavailable(52))).toBe("expiring.waiting  usable  wakeAt(52m g1)")
    expect(code(at)).toBe("Unavailable")
    expect(at.at(51).line(due())).toBe("nothing")
    expect(at.at(52).line(due())).toBe("expiring.renewing  usable  requestToken(3 renewal g1)")
    expect(at.line(unavailable(70))).toBe("expiring.waiting  usable  wakeAt(70m g1)")
    at.at(61)
    expect(at.usable).toBe(false)
    expect(at.at(70).lines(due(), issued()), "a dead token is no reason to give up").toEqual([
      "expiring.renewing  requestToken(4 renewal g1)",
      "refreshed  usable  wakeAt(120m g2)",
    ])
  })

  it("unavailable for good: waits for nothing, keeps the token, and tries again when it is asked", () => {
    const at = renewing()
    expect(at.line(unavailable(null))).toBe("expiring.waiting  usable  wakeAt(never)")
    expect(at.line(due())).toBe("expiring.renewing  usable  requestToken(3 renewal g1)")
  })

  it("refused: signs in instead, once for each token, when no person is needed", () => {
    const at = renewing(unattended)
    expect(at.lines(refused("RenewalRefused"), issued())).toEqual([
      "expiring.signing_in  usable  requestToken(3 sign_in g1)",
      "authenticated  usable  wakeAt(100m g2)",
    ])
    const twice = renewing(unattended)
    expect(twice.lines(refused("RenewalRefused"), refused("BadCredentials"))).toEqual([
      "expiring.signing_in  usable  requestToken(3 sign_in g1)",
      "expiring.waiting  usable  wakeAt(60m g1)",
    ])
  })

  it("refused: a sign-in in its place that is not to be had now is tried again, not the renewal", () => {
    const at = renewing(unattended).through(refused("RenewalRefused"))
    expect(at.line(unavailable(52))).toBe("expiring.waiting  usable  wakeAt(52m g1)")
    expect(at.at(52).line(due())).toBe("expiring.signing_in  usable  requestToken(4 sign_in g1)")
    expect(at.line(lost(53))).toBe("expiring.waiting  usable  wakeAt(53m g1)")
    expect(at.at(53).line(due())).toBe("expiring.signing_in  usable  requestToken(5 sign_in g1)")
    expect(at.line(adopted(3))).toBe("refreshed  usable  wakeAt(103m g3)")
  })

  it.each([
    ["a person is needed", renewing(attended), "RenewalRefused"],
    ["the renewal was a sign-in already", renewing(signingInAnew), "BadCredentials"],
    ["a wrong configuration would be presented once more", renewing(unattended), "ClientRefused"],
  ])("refused and %s: shows why, offers a sign-in, hands the token out while it lives", (_, at, reason) => {
    expect(at.line(refused(reason as Parameters<typeof refused>[0]))).toBe("expiring.waiting  usable  wakeAt(60m g1)")
    expect(code(at)).toBe(reason)
    expect(at.at(58).line(due())).toBe("nothing")
    expect(at.line(signIn)).toBe("expiring.signing_in  usable  requestToken(3 sign_in g1)")
    expect(at.line(issued())).toBe("authenticated  usable  wakeAt(108m g2)")
  })

  it("refused: is idle when the token dies, with the reason", () => {
    const at = renewing().through(refused("RenewalRefused"))
    expect(at.at(60).line(due())).toBe("unauthenticated.idle  wakeAt(never)")
    expect(code(at)).toBe("RenewalRefused")
  })

  it("refused: is idle at once when the token was rejected before, or is rejected then", () => {
    const before = signedIn().through(rejected())
    expect(before.line(refused("RenewalRefused"))).toMatch(/^unauthenticated\.idle {2}.*wakeAt\(never\)$/)
    const then = renewing().through(refused("RenewalRefused"))
    expect(then.line(rejected())).toMatch(/^unauthenticated\.idle {2}.*wakeAt\(never\)$/)
    expect(code(then)).toBe("RenewalRefused")
  })

  it("a sign-in that is offered and given up leads back to the waiting for the end", () => {
    const at = renewing().through(refused("RenewalRefused"), signIn)
    expect(at.line(cancel)).toBe("expiring.waiting  usable  abandon(3)  wakeAt(60m g1)")
    expect(at.line(of(3, issued()))).toBe("nothing")
  })

  it("a sign-in while another try is awaited is not accepted", () => {
    expect(renewing().through(unavailable(52)).line(signIn)).toBe("nothing")
  })

  it("outcome unknown, and it may be repeated: repeats when it is time", () => {
    const at = renewing(unattended)
    expect(at.line(lost(51))).toBe("expiring.recovering  usable  wakeAt(51m g1)")
    expect(code(at)).toBe("OutcomeUnknown")
    expect(at.line(due())).toBe("nothing")
    expect(at.at(51).line(due())).toBe("expiring.renewing  usable  requestToken(3 renewal g1)")
  })

  it("outcome unknown, not to be repeated, with credentials at hand: signs in again", () => {
    const line = renewing(unattended).line(lost(null))
    expect(line).toMatch(/^expiring\.signing_in {2}usable {2}.*requestToken\(3 sign_in g1\)$/)
    expect(line).not.toContain("renewal")
  })

  it("outcome unknown, not to be repeated, and a person is needed: as for a refused renewal", () => {
    const at = renewing(attended)
    expect(at.line(lost(null))).toMatch(/^expiring\.waiting {2}usable {2}.*wakeAt\(60m g1\)$/)
    expect(code(at)).toBe("OutcomeUnknown")
    expect(at.line(signIn)).toBe("expiring.signing_in  usable  requestToken(3 sign_in g1)")
  })

  it("a refresh token that may be used up: with credentials at hand signs in when it is time, in place of it", () => {
    const at = renewing(unattended)
    expect(at.line(lost(53, 52))).toBe("expiring.recovering  usable  wakeAt(52m g1)")
    expect(at.at(51).line(due())).toBe("nothing")
    expect(at.at(52).line(due())).toBe("expiring.signing_in  usable  requestToken(3 sign_in g1)")
    expect(at.line(unavailable(54))).toBe("expiring.waiting  usable  wakeAt(54m g1)")
    expect(at.at(54).line(due())).toBe("expiring.signing_in  usable  requestToken(4 sign_in g1)")
    expect(at.through(issued()).context.next).toBe("renewal")
  })

  it("a refresh token that may be used up, and a person is needed: shows it when it is time", () => {
    const at = renewing(attended)
    expect(at.line(lost(53, 52))).toBe("expiring.recovering  usable  wakeAt(53m g1)")
    expect(at.at(52).line(due())).toBe("nothing")
    expect(at.at(53).line(due())).toBe("expiring.renewing  usable  requestToken(3 renewal g1)")
  })

  it("a refresh token that may be used up, when there is nothing left to lose: at once", () => {
    expect(renewing(unattended).line(lost(53, 50))).toMatch(
      /^expiring\.signing_in {2}usable {2}.*requestToken\(3 sign_in g1\)$/,
    )
  })

  it("a wrong client is not mended by a sign-in in place of a refresh token that may be used up", () => {
    const at = renewing(unattended)
    at.step(({ context }, now) => ({
      type: "OutcomeUnknown",
      attempt: context.attempt,
      refusal: { code: "ClientRefused", remedy: "configure" },
      retryAt: 53 * 60_000,
      signInAt: now,
      now,
    }))
    expect(at.path).toBe("expiring.recovering")
  })

  it("recovering: a rejected token is not waited for, once", () => {
    const person = renewing(attended).through(lost(53, 52))
    expect(person.line(rejected(0))).toBe("nothing")
    expect(person.line(rejected())).toBe("expiring.renewing  requestToken(3 renewal g1)")
    expect(person.through(lost(53, 50)).line(rejected())).toBe("nothing")
    expect(person.usable).toBe(false)
    const own = renewing(unattended).through(lost(53, 52))
    expect(own.line(rejected())).toBe("expiring.signing_in  requestToken(3 sign_in g1)")
  })

  it.each([
    ["renewing", renewing()],
    ["signing_in", renewing(unattended).through(refused("RenewalRefused"))],
    ["waiting", renewing().through(unavailable(52))],
  ])("%s: a rejected token is not handed out any more, and the state stays", (inside, at) => {
    expect(at.line(rejected(0))).toBe("nothing")
    expect(at.usable).toBe(true)
    expect(at.line(rejected())).toBe(`expiring.${inside}`)
    expect(at.usable).toBe(false)
  })

  it("one of a provider that signs in anew renews by the same row (Sangoma CX)", () => {
    const at = signedIn(signingInAnew).at(60)
    expect(at.lines(due(), issued())).toEqual([
      "expiring.renewing  requestToken(2 renewal g1)",
      "refreshed  usable  wakeAt(110m g2)",
    ])
  })
})

describe("a token that nobody renews", () => {
  const forever = { dueAt: null, usableUntil: null, expiresAt: null }
  const mortal = { dueAt: null }

  it("is handed out until it dies, and then the session is idle", () => {
    const at = walk(attended)
    expect(at.line(restored(mortal))).toBe("authenticated  usable  wakeAt(60m g7)")
    expect(at.at(59).line(due())).toBe("nothing")
    expect(at.at(60).line(due())).toBe("unauthenticated.idle  wakeAt(never)")
  })

  it("is handed out for ever when it never dies", () => {
    const at = walk(attended)
    expect(at.line(restored(forever))).toBe("authenticated  usable  wakeAt(never)")
    expect(at.at(1e6).line(due())).toBe("nothing")
    expect(at.usable).toBe(true)
  })

  it("is not taken up again once it is dead", () => {
    expect(walk(attended).at(60).line(restored(mortal))).toBe("nothing")
  })
})

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

describe("Restored", () => {
  it("nothing was kept: idle", () => {
    expect(walk(attended).line(restored(null))).toBe("nothing")
    expect(walk(attended).line(restored(null, { retryAt: 1 }))).toBe("nothing")
  })

  it.each([
    ["sign_in", "authenticated"],
    ["renewal", "refreshed"],
  ] as const)("a token not yet due that came by %s: %s", (via, state) => {
    expect(walk(attended).line(restored({ via }))).toBe(`${state}  usable  wakeAt(50m g7)`)
  })

  it("a token that is due: renews, handing it out while it lives", () => {
    expect(walk(attended).at(50).line(restored({}))).toBe("expiring.renewing  usable  requestToken(1 renewal g7)")
    expect(walk(attended).at(59).line(restored({}))).toBe("expiring.renewing  requestToken(1 renewal g7)")
    expect(walk(attended).at(600).line(restored({}))).toBe("expiring.renewing  requestToken(1 renewal g7)")
  })

  it("counts on from the kept generation", () => {
    expect(walk(attended).at(50).through(restored({})).line(issued())).toBe("refreshed  usable  wakeAt(100m g8)")
  })

  it("a renewal whose outcome nobody knows: recovers, in its three ways", () => {
    const repeat = walk(attended).at(50)
    expect(repeat.line(restored({}, { retryAt: 52 }))).toBe("expiring.recovering  usable  wakeAt(52m g7)")
    expect(code(repeat)).toBe("OutcomeUnknown")
    expect(repeat.at(52).line(due())).toBe("expiring.renewing  usable  requestToken(1 renewal g7)")
    expect(
      walk(unattended)
        .at(50)
        .line(restored({}, { retryAt: null })),
    ).toMatch(/^expiring\.signing_in {2}usable {2}.*requestToken\(1 sign_in g7\)$/)
    expect(
      walk(attended)
        .at(50)
        .line(restored({}, { retryAt: null })),
    ).toMatch(/^expiring\.waiting {2}usable {2}.*wakeAt\(60m g7\)$/)
    const lapsing = { retryAt: 52, signInAt: 51 }
    expect(walk(unattended).at(50).line(restored({}, lapsing))).toBe("expiring.recovering  usable  wakeAt(51m g7)")
    expect(walk(attended).at(50).line(restored({}, lapsing))).toBe("expiring.recovering  usable  wakeAt(52m g7)")
    expect(
      walk(unattended)
        .at(60)
        .line(restored({}, { retryAt: 60, signInAt: 60 })),
    ).toMatch(/^expiring\.signing_in /)
  })

  it("recovers even when the kept token is not due yet: it may have been rejected or replaced", () => {
    expect(walk(attended).line(restored({}, { retryAt: 1 }))).toBe("expiring.recovering  usable  wakeAt(1m g7)")
  })

  it("comes too late for a session that has begun", () => {
    for (const begun of [walk(attended).through(signIn), awaitingPasscode(), signedIn(), renewing(), acting()])
      expect(begun.line(restored({}))).toBe("nothing")
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
