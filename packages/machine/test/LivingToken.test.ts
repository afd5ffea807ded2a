/** The chart while there is a token: it is restored, renewed, rejected, and comes to its end. */
import { describe, expect, it } from "vitest"
import {
  actAs,
  adopted,
  attended,
  cancel,
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
  unattended,
  unavailable,
  type Walk,
  walk,
} from "./Walk.ts"
import { acting, awaitingPasscode, code, refreshed, renewing, signedIn } from "./Walks.ts"

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
