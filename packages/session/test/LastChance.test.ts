/** A refresh token that may be used up: when it is presented again, and by which session. */
import { assert, describe, it } from "@effect/vitest"
import type { Outcome } from "@pbx-auth/machine/SessionEvent"
import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Rotation } from "@pbx-auth/providers/Provider"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { Pauses } from "../src/pace/Pauses.ts"
import { Setbacks } from "../src/pace/Setbacks.ts"
import { Throttle } from "../src/pace/Throttle.ts"
import * as SessionKey from "../src/record/SessionKey.ts"
import * as LastChance from "../src/time/LastChance.ts"
import { accountsAt, clear, harness, people, reaches, settle, subjectOf, withoutAlarm } from "./Harness.ts"

const SECOND = 1_000
const MINUTE = 60 * SECOND

const { account } = accountsAt("http://127.0.0.1:1").skyswitch({ deadline: 15 * SECOND })
const held = { dueAt: 55 * MINUTE, usableUntil: 59 * MINUTE, rejected: false }

const strict = { netsapiens: { rotation: "strict" } }
const renewals = (entry: { readonly grant?: string }) => entry.grant === "refresh_token"
const onRenewal = { grant: "refresh_token" } as const

describe("the moment", () => {
  it("is a deadline and a jitter before the end, and never more than a quarter of the time from due", () => {
    assert.strictEqual(LastChance.of(held, account, 0), held.usableUntil - 15 * SECOND)
    assert.strictEqual(LastChance.of(held, account, 0.5), held.usableUntil - 45 * SECOND)
    assert.strictEqual(LastChance.of(held, account, 1), held.usableUntil - MINUTE)
    assert.strictEqual(LastChance.of({ ...held, dueAt: 58 * MINUTE }, account, 1), held.usableUntil - 15 * SECOND)
  })

  it("has come when an API refused the token, when it does not end, and when there is none", () => {
    for (const one of [{ ...held, rejected: true }, { ...held, usableUntil: null }, null]) {
      assert.isTrue(LastChance.hasCome(one, account, 1))
    }
    assert.isFalse(LastChance.hasCome(held, account, 57 * MINUTE))
    assert.isTrue(LastChance.hasCome(held, account, 58 * MINUTE))
  })

  const span = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e9 }))
  const share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
  it.prop("lies between due and the end", [span, span, share], ([dueAt, life, random]) => {
    const usableUntil = dueAt + life
    const at = LastChance.of({ dueAt, usableUntil, rejected: false }, account, random)
    assert.isAtMost(at, usableUntil)
    assert.isAtLeast(at, usableUntil - Math.min(75 * SECOND, life / 4))
    assert.isAtMost(LastChance.of({ dueAt, usableUntil, rejected: false }, account, 1), at)
  })
})

describe("a failed renewal", () => {
  const grant = "RefreshToken"
  const told = { retryAt: 0 }
  const answers: ReadonlyArray<readonly [AuthError.Reason, isOpen: boolean]> = [
    [new AuthError.OutcomeUnknown({ grant }), true],
    [new AuthError.Unreadable({ status: 200 }), true],
    ...[200, 500, 502, 503, 504, 520, 530].map((status) => [new AuthError.Unavailable({ status }), true] as const),
    ...[500, 503].map((status) => [new AuthError.Throttled({ ...told, status }), true] as const),
    ...[408, 421, 425].map((status) => [new AuthError.Unavailable({ status }), false] as const),
    ...[429, 403].map((status) => [new AuthError.Throttled({ ...told, status }), false] as const),
    [new AuthError.Throttled(told), false],
    [new AuthError.Unavailable({}), false],
    [new AuthError.Unavailable({ unreachable: true }), false],
    [new AuthError.RenewalRefused({}), false],
    [new AuthError.ClientRefused({}), false],
    [new AuthError.StoreFailed({ remedy: "retry" }), false],
  ]

  it("leaves it open, or says that nothing was done", () => {
    for (const [reason, isOpen] of answers) {
      assert.strictEqual(LastChance.leavesOpen(AuthError.fromReason(reason)), isOpen, `${reason._tag} ${reason.status}`)
    }
  })

  /** What the chart is told about failures, one after the other, by a clock of the test's. */
  const failing = (rotation: Rotation, random = 0.5) => {
    let now = 56 * MINUTE
    const clock = { now: () => now, quickNow: () => now, toWall: (at: number) => at, fromWall: (at: number) => at }
    const setbacks = new Setbacks(clock, { ...account, provider: { ...account.provider, rotation } }, () => random)
    const flight = { attempt: 1, purpose: "renewal", again: undefined } as const
    return {
      at: (at: number) => {
        now = at
      },
      fail: (reason: AuthError.Reason, token: LastChance.Held | null = held): Outcome =>
        setbacks.outcomeOf({ ...flight, startedAt: now }, AuthError.fromReason(reason), {
          own: token,
          unattended: false,
        }),
    }
  }
  const retryAtOf = (outcome: Outcome) => ("retryAt" in outcome ? outcome.retryAt : undefined)
  const chance = held.usableUntil - 45 * SECOND

  it("that leaves it open is repeated at the last chance; one of which nothing was done, by the schedule", () => {
    for (const [reason, isOpen] of answers) {
      for (const rotation of ["strict", "unknown"] as const) {
        const outcome = failing(rotation).fail(reason)
        if (isOpen) {
          assert.deepInclude(outcome, { type: "OutcomeUnknown", retryAt: chance, signInAt: chance }, reason._tag)
        } else if (outcome.type === "Unavailable") assert.isBelow(outcome.retryAt ?? 0, 56 * MINUTE + 2 * SECOND)
        else assert.strictEqual(outcome.type, "Refused")
      }
    }
  })

  it("is repeated by the schedule where a refresh token stays, or in its grace", () => {
    const lost = new AuthError.OutcomeUnknown({ grant })
    const soon = 56 * MINUTE + 2 * SECOND
    for (const rotation of ["none", { grace: 30 * SECOND }] as const) {
      const outcome = failing(rotation).fail(lost)
      assert.isBelow(retryAtOf(outcome) ?? 0, soon)
      assert.notProperty(outcome, "signInAt")
    }
    // The grace counts from the first presentation.
    const session = failing({ grace: 30 * SECOND })
    session.fail(lost)
    session.at(56 * MINUTE + 29 * SECOND)
    assert.deepInclude(session.fail(lost), { retryAt: chance, signInAt: chance })
  })

  it("is not repeated before what the server says, and no later than that where it can be", () => {
    const saying = (retryAt: number) => failing("strict").fail(new AuthError.Throttled({ status: 503, retryAt }))
    assert.deepInclude(saying(57 * MINUTE), { retryAt: chance, signInAt: chance })
    const late = held.usableUntil - 5 * SECOND
    assert.deepInclude(saying(late), { retryAt: late + 500, signInAt: late + 500 })
    assert.deepInclude(saying(2 * held.usableUntil), { retryAt: 2 * held.usableUntil + 500 })
  })

  it("of a token that is dead or refused is repeated by the schedule, and a sign-in may go at once", () => {
    for (const token of [{ ...held, rejected: true }, { ...held, usableUntil: 56 * MINUTE }, null]) {
      const outcome = failing("strict").fail(new AuthError.Unavailable({ status: 504 }), token)
      assert.deepInclude(outcome, { type: "OutcomeUnknown", signInAt: 56 * MINUTE })
      assert.isAbove(retryAtOf(outcome) ?? 0, 56 * MINUTE)
      assert.isBelow(retryAtOf(outcome) ?? 0, 56 * MINUTE + 2 * SECOND)
    }
  })

  it("never ends a session: when its tries are over, the next need begins anew", () => {
    const session = failing("strict")
    let outcome: Outcome | undefined
    for (let tries = 0; tries < 61; tries++) {
      session.at((60 + tries) * MINUTE)
      outcome = session.fail(new AuthError.Unavailable({ status: 502 }))
    }
    assert.deepInclude(outcome, { type: "Unavailable", retryAt: null })
  })

  it.effect("that the provider's own pause held back was not sent", () =>
    Effect.gen(function* () {
      let sent = 0
      const throttle = new Throttle(new Pauses(yield* Clock.Clock), account, "a session")
      const present = throttle.guard(
        Effect.suspend(() => {
          sent++
          return AuthError.fromReason(new AuthError.Throttled({ status: 503, retryAt: 1_000 }))
        }),
      )
      const first = yield* Effect.flip(present)
      const second = yield* Effect.flip(present)
      assert.strictEqual(sent, 1)
      assert.deepStrictEqual([first, second].map(LastChance.leavesOpen), [true, false])
      assert.deepInclude(second.reason, { _tag: "Throttled", retryAt: 1_000 })
    }),
  )
})

describe("other processes", () => {
  /** Two of them with one record, of which one gets an answer that leaves it open. */
  const stage = Effect.gen(function* () {
    const all = yield* harness({ world: strict })
    const configured = all.accounts.skyswitch({ credentials: people.officeManager })
    const [one, two] = yield* Effect.all([all.process, all.process])
    const first = yield* all.drive(configured, withoutAlarm(one))
    yield* first.bearer
    yield* all.emulator.faults.arm({ fault: { _tag: "server_error", status: 504, acts: true }, match: onRenewal })
    yield* all.clock.adjust("57 minutes")
    yield* first.bearer
    yield* reaches(first, "expiring.recovering")
    return { ...all, configured, first, two }
  })

  it.live("that share the record do not show the refresh token either, and take over what the sign-in brings", () =>
    Effect.gen(function* () {
      const { clock, configured, count, drive, first, two } = yield* stage
      const second = yield* drive(configured, withoutAlarm(two))
      const living = yield* second.bearer
      yield* clock.adjust("25 seconds")
      yield* second.bearer
      yield* reaches(second, "expiring.recovering")
      assert.strictEqual(clear((yield* second.bearer).token), clear(living.token))
      assert.strictEqual(yield* count(renewals), 1)
      yield* clock.adjust("130 seconds")
      yield* first.bearer
      yield* reaches(first, "authenticated")
      yield* second.bearer
      yield* reaches(second, "refreshed")
      assert.strictEqual(clear((yield* second.bearer).token), clear((yield* first.bearer).token))
      assert.strictEqual(yield* count(renewals), 1)
      assert.strictEqual(yield* count(({ grant }) => grant === "password"), 2)
    }),
  )

  it.live("that fail in between leave it known that the outcome is open", () =>
    Effect.gen(function* () {
      const { accounts, clock, configured, count, drive, emulator, first, store, two } = yield* stage
      const key = yield* SessionKey.make(store, configured.account, configured.credentials)
      const intent = Effect.map(store.read(key), (seen) => seen?.record?.intent)
      const before = yield* intent
      assert.strictEqual(before?.purpose, "renewal")
      yield* first.close
      // A person signs in to the same account in another process, and the provider is failing.
      const { disarm } = yield* emulator.faults.arm({ fault: { _tag: "server_error", status: 503 }, times: "always" })
      const person = yield* drive(accounts.skyswitch(), withoutAlarm(two))
      const signIn = yield* Effect.forkChild(Effect.exit(person.signIn(people.officeManager)), {
        startImmediately: true,
      })
      yield* settle
      // It waits for as long as the first process may still be answered: 15 s, and 5 s to store what came.
      yield* clock.adjust("20 seconds")
      yield* Fiber.join(signIn)
      yield* disarm
      assert.deepStrictEqual(yield* intent, before)
      assert.strictEqual(yield* count(renewals), 1)
    }),
  )
})

describe("acting", () => {
  it.live("in place goes on with the subject's token while the account signs in anew", () =>
    Effect.gen(function* () {
      const { accounts, clock, count, drive, emulator, runtime } = yield* harness({ world: strict })
      const driver = yield* drive(accounts.skyswitch({ credentials: people.reseller }), withoutAlarm(runtime))
      yield* driver.startActing(subjectOf.netsapiens)
      yield* clock.adjust("2 hours")
      yield* emulator.faults.arm({ fault: { _tag: "server_error", status: 502, acts: true }, match: onRenewal })
      const bearer = yield* driver.bearer
      assert.strictEqual(bearer.identity.uid, subjectOf.netsapiens)
      assert.strictEqual(driver.view.path, "masqueraded.live")
      assert.strictEqual(yield* count(renewals), 1)
      assert.strictEqual(yield* count(({ grant }) => grant === "password"), 2)
    }),
  )

  it.live("as a child is served by the account's token that lives, and by nothing else", () =>
    Effect.gen(function* () {
      const { accounts, clock, count, drive, emulator, runtime } = yield* harness({ world: strict })
      const driver = yield* drive(accounts.skyswitch(), withoutAlarm(runtime))
      yield* driver.signIn(people.reseller)
      yield* emulator.faults.arm({ fault: { _tag: "server_error", status: 504, acts: true }, match: onRenewal })
      yield* clock.adjust("57 minutes")
      yield* driver.bearer
      yield* reaches(driver, "expiring.recovering")
      const child = yield* driver.child(subjectOf.netsapiens)
      assert.strictEqual((yield* child.bearer).identity.uid, subjectOf.netsapiens)
      child.reject((yield* child.bearer).generation)
      assert.strictEqual((yield* child.bearer).identity.uid, subjectOf.netsapiens)
      yield* settle
      assert.strictEqual(driver.view.path, "expiring.recovering")
      assert.strictEqual(yield* count(renewals), 1)
    }),
  )
})
