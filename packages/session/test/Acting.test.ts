/** Acting for a subject: in place, and as a child. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { clear, eventually, harness, people, reaches, reasonOf, settle, subjectOf, withoutAlarm } from "./Harness.ts"

const subject = subjectOf.netsapiens
const other = "1002@acmecorp.12345.service"

/** The default world with a second one to act for. */
const twoSubjects = {
  netsapiens: {
    accounts: [
      { extension: "1000", domain: "acmecorp.12345.service", password: "mypassword", scope: "Reseller" },
      { extension: "1001", domain: "acmecorp.12345.service", scope: "Basic User" },
      { extension: "1002", domain: "acmecorp.12345.service", scope: "Basic User" },
    ],
  },
}

const isMasquerade = (entry: { readonly grant?: string }) => entry.grant === "masquerade"

describe("in place", () => {
  it.live("while it starts nothing may be used, least of all the wider token of the account", () =>
    Effect.gen(function* () {
      const { accounts, count, drive, emulator } = yield* harness({ wire: "http" })
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.reseller)
      const own = yield* driver.bearer
      const { release } = yield* emulator.hold
      const starting = yield* Effect.forkChild(driver.startActing(subject))
      yield* eventually(
        "the masquerade",
        Effect.map(count(isMasquerade), (sent) => sent === 1),
      )
      assert.strictEqual(driver.view.path, "masqueraded.starting")
      assert.isUndefined(driver.peek())
      const asked = yield* Effect.forkChild(driver.bearer)
      yield* settle
      assert.isUndefined(asked.pollUnsafe())
      yield* release
      yield* Fiber.join(starting)
      const bearer = yield* Fiber.join(asked)
      assert.notStrictEqual(clear(bearer.token), clear(own.token))
      assert.strictEqual(bearer.identity.uid, subject)
      yield* driver.stopActing
      assert.strictEqual(clear((yield* driver.bearer).token), clear(own.token))
    }),
  )

  it.live("a refusal leads back to the account's own, and says why though a renewal follows at once", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, emulator, runtime } = yield* harness()
      const driver = yield* drive(accounts.skyswitch(), withoutAlarm(runtime))
      yield* driver.signIn(people.reseller)
      const { release } = yield* emulator.hold
      const acting = yield* Effect.forkChild(Effect.flip(driver.startActing("nobody@nowhere.1.service")))
      yield* reaches(driver, "masqueraded.starting")
      yield* settle
      // Meanwhile the account's own token has come into its soft window.
      yield* clock.adjust("10 seconds")
      yield* clock.setWall((yield* clock.currentTimeMillis) + 57 * 60_000)
      yield* release
      assert.strictEqual((yield* Fiber.join(acting)).reason._tag, "NotAllowed")
      assert.strictEqual(driver.view.path, "refreshed")
      assert.isNull(driver.view.subject)
      yield* driver.bearer
    }),
  )

  it.live("one subject after the other; calls that come together leave the last one's", () =>
    Effect.gen(function* () {
      const { accounts, count, drive } = yield* harness({ world: twoSubjects })
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.reseller)
      yield* driver.startActing(subject)
      yield* driver.startActing(subject)
      assert.strictEqual(yield* count(isMasquerade), 1)
      const paths: Array<string> = []
      const unsubscribe = driver.subscribe((view) => paths.push(`${view.path} ${view.subject}`))
      yield* driver.startActing(other)
      unsubscribe()
      assert.deepStrictEqual(
        paths,
        [`masqueraded.starting ${other}`, `masqueraded.live ${other}`],
        "its own token's state is not shown between the two",
      )
      assert.strictEqual((yield* driver.bearer).identity.uid, other)
      const views = yield* Effect.forEach([subject, other, subject], (one) => driver.startActing(one), {
        concurrency: "unbounded",
      })
      assert.deepStrictEqual(
        views.map((view) => view.subject),
        [subject, other, subject],
      )
      assert.strictEqual((yield* driver.bearer).identity.uid, subject)
    }),
  )

  it.live("is renewed from the account's own token, which is renewed first where it has died", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, grants } = yield* harness({ wire: "http" })
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.reseller)
      yield* driver.startActing(subject)
      const first = yield* driver.bearer
      yield* clock.adjust("2 hours")
      const second = yield* driver.bearer
      assert.notStrictEqual(clear(second.token), clear(first.token))
      assert.strictEqual(second.identity.uid, subject)
      assert.strictEqual(driver.view.path, "masqueraded.live")
      assert.deepStrictEqual(yield* grants, ["password", "masquerade", "refresh_token", "masquerade"])
    }),
  )

  it.live("a bearer of the account's that is dead is renewed, and the subject's token derived, once", () =>
    Effect.gen(function* () {
      const { accounts, drive, emulator, grants } = yield* harness({ wire: "http" })
      const driver = yield* drive(accounts.ipex())
      yield* driver.signIn(people.ipex)
      yield* emulator.killAccessTokens
      yield* driver.startActing(subjectOf.ipex)
      assert.strictEqual(driver.view.path, "masqueraded.live")
      assert.deepStrictEqual(yield* grants, ["password", "impersonation", "refresh_token", "impersonation"])
    }),
  )

  it.live("stopping during a renewal of the account's own neither loses nor repeats it", () =>
    Effect.gen(function* () {
      const { accounts, clock, count, drive, emulator, runtime } = yield* harness({
        wire: "http",
        world: { netsapiens: { rotation: "strict", renewalEndsAccess: true } },
      })
      const driver = yield* drive(accounts.skyswitch(), withoutAlarm(runtime))
      yield* driver.signIn(people.reseller)
      yield* driver.startActing(subject)
      yield* clock.adjust("2 hours")
      const { release } = yield* emulator.hold
      const asked = yield* Effect.forkChild(driver.bearer)
      const renewals = count(({ grant }) => grant === "refresh_token")
      yield* eventually(
        "the renewal",
        Effect.map(renewals, (sent) => sent === 1),
      )
      assert.strictEqual(driver.view.path, "masqueraded.renewing")
      yield* driver.stopActing
      assert.strictEqual(driver.view.path, "expiring.renewing")
      yield* release
      const bearer = yield* Fiber.join(asked)
      assert.strictEqual(bearer.identity.uid, "1000@acmecorp.12345.service")
      assert.strictEqual(driver.view.path, "refreshed")
      assert.strictEqual(yield* renewals, 1)
      yield* clock.adjust("2 hours")
      yield* driver.bearer
      assert.strictEqual(yield* renewals, 2)
    }),
  )

  it.live("an own token that an API refuses meanwhile is renewed when acting stops", () =>
    Effect.gen(function* () {
      const { accounts, drive, grants } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.reseller)
      const { generation } = yield* driver.bearer
      yield* driver.startActing(subject)
      driver.reject(generation)
      assert.strictEqual(driver.view.path, "masqueraded.live")
      yield* driver.stopActing
      yield* driver.bearer
      assert.deepStrictEqual(yield* grants, ["password", "masquerade", "refresh_token"])
    }),
  )
})

describe("a child", () => {
  it.live("never hands out its parent's token, and is closed with its scope", () =>
    Effect.gen(function* () {
      const { accounts, drive, emulator, count } = yield* harness({ wire: "http" })
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.reseller)
      const own = yield* driver.bearer
      const { release } = yield* emulator.hold
      const made = yield* Effect.forkChild(driver.child(subject))
      yield* eventually(
        "the masquerade",
        Effect.map(count(isMasquerade), (sent) => sent === 1),
      )
      assert.strictEqual(clear((yield* driver.bearer).token), clear(own.token))
      yield* release
      const child = yield* Fiber.join(made)
      assert.strictEqual((yield* child.bearer).identity.uid, subject)
      assert.strictEqual(child.view.path, "masqueraded.live")
      assert.notInclude(child.view.actions, "stop_acting")
      assert.strictEqual(driver.view.path, "authenticated")
      yield* child.close
      assert.strictEqual(yield* reasonOf(child.bearer), "SignedOut")
      yield* driver.bearer
    }),
  )

  it.live("renews after its token died, through a parent that renews once for all its children", () =>
    Effect.gen(function* () {
      const { accounts, clock, count, drive, runtime } = yield* harness({ wire: "http", world: twoSubjects })
      const driver = yield* drive(accounts.skyswitch(), withoutAlarm(runtime))
      yield* driver.signIn(people.reseller)
      const children = yield* Effect.forEach([subject, other], (one) => driver.child(one))
      const before = yield* Effect.forEach(children, (child) => child.bearer)
      yield* clock.adjust("2 hours")
      const after = yield* Effect.forEach(children, (child) => child.bearer, { concurrency: "unbounded" })
      assert.deepStrictEqual(
        after.map(({ identity }) => identity.uid),
        [subject, other],
      )
      for (const [index, bearer] of after.entries()) {
        assert.notStrictEqual(clear(bearer.token), clear(before[index]?.token ?? bearer.token))
      }
      assert.strictEqual(yield* count(({ grant }) => grant === "refresh_token"), 1)
      assert.strictEqual(yield* count(isMasquerade), 4)
    }),
  )

  it.live("a dead bearer of the parent's is renewed, and the child derived, once", () =>
    Effect.gen(function* () {
      const { accounts, drive, emulator, grants } = yield* harness({ wire: "http" })
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.reseller)
      yield* emulator.killAccessTokens
      const child = yield* driver.child(subject)
      assert.strictEqual((yield* child.bearer).identity.uid, subject)
      assert.deepStrictEqual(yield* grants, ["password", "masquerade", "refresh_token", "masquerade"])
    }),
  )

  it.live("a rejected token of the child's is derived anew, and the parent is left alone", () =>
    Effect.gen(function* () {
      const { accounts, drive, grants } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.reseller)
      const child = yield* driver.child(subject)
      const { generation } = yield* child.bearer
      child.reject(generation)
      yield* child.bearer
      child.reject(generation)
      yield* child.bearer
      assert.deepStrictEqual(yield* grants, ["password", "masquerade", "masquerade"])
    }),
  )

  it.live("acts though its parent acts for somebody else in place", () =>
    Effect.gen(function* () {
      const { accounts, drive } = yield* harness({ world: twoSubjects })
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.reseller)
      yield* driver.startActing(other)
      const child = yield* driver.child(subject)
      assert.strictEqual((yield* child.bearer).identity.uid, subject)
      assert.strictEqual((yield* driver.bearer).identity.uid, other)
    }),
  )

  it.live("ends when its parent signs out or closes, and its token is revoked with the parent's", () =>
    Effect.gen(function* () {
      const { accounts, drive, journal, origin } = yield* harness({ wire: "http", world: twoSubjects })
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.reseller)
      const child = yield* driver.child(subject)
      const token = clear((yield* child.bearer).token)
      yield* driver.signOut
      assert.strictEqual(yield* reasonOf(child.bearer), "SignedOut")
      assert.strictEqual((yield* journal).filter(({ outcome }) => outcome === "revoked").length, 2)
      const answer = yield* Effect.promise(() =>
        fetch(`${origin}/ns-api/oauth2/read`, { headers: { authorization: `Bearer ${token}` } }),
      )
      assert.strictEqual(answer.status, 401)

      yield* driver.signIn(people.reseller)
      const next = yield* driver.child(other)
      yield* driver.close
      assert.strictEqual(yield* reasonOf(next.bearer), "SignedOut")
      assert.strictEqual(yield* reasonOf(driver.child(subject)), "SignedOut")
    }),
  )

  it.live("that is refused leaves nothing behind", () =>
    Effect.gen(function* () {
      const { accounts, drive, fibers } = yield* harness()
      const driver = yield* drive(accounts.ipex())
      yield* driver.signIn(people.ipexWithoutRight)
      assert.strictEqual(yield* reasonOf(driver.child(people.ipex.username)), "NotAllowed")
      yield* driver.signOut
      yield* eventually(
        "no fiber",
        Effect.sync(() => fibers.size === 0),
      )
    }),
  )

  it.live("whose making is interrupted is closed", () =>
    Effect.gen(function* () {
      const { accounts, drive, emulator, fibers } = yield* harness()
      const driver = yield* drive(accounts.ipex())
      yield* driver.signIn(people.ipex)
      const { release } = yield* emulator.hold
      const made = yield* Effect.forkChild(driver.child(subjectOf.ipex))
      yield* settle
      yield* Fiber.interrupt(made)
      yield* release
      yield* driver.signOut
      yield* eventually(
        "no fiber",
        Effect.sync(() => fibers.size === 0),
      )
    }),
  )
})

describe("in place and as a child at once", () => {
  it.live("a child outlives the token that it was derived from, while its parent acts in place", () =>
    Effect.gen(function* () {
      const { accounts, clock, count, drive } = yield* harness({ world: twoSubjects })
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.reseller)
      yield* clock.adjust("10 minutes")
      const child = yield* driver.child(subject)
      yield* clock.adjust("20 minutes")
      yield* driver.startActing(other)
      for (let minutes = 30; minutes <= 180; minutes += 2) {
        yield* clock.adjust("2 minutes")
        yield* settle
        assert.strictEqual((yield* child.bearer).identity.uid, subject, `${minutes} minutes`)
        assert.strictEqual((yield* driver.bearer).identity.uid, other, `${minutes} minutes`)
      }
      // Its own token was renewed for that, without a second sign-in.
      assert.strictEqual(yield* count((entry) => entry.grant === "password"), 1)
      assert.isAtLeast(yield* count((entry) => entry.grant === "refresh_token"), 1)
      assert.strictEqual(driver.view.path, "masqueraded.live")
    }),
  )
})
