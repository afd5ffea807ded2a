/** Replies that come after everybody stopped waiting, and sessions that close meanwhile. */
import { assert, describe, it } from "@effect/vitest"
import type { Driver } from "@pbx-auth/session/engine/Driver"
import * as SessionKey from "@pbx-auth/session/engine/SessionKey"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { clear, eventually, harness, passcode, people, reasonOf, settle, subjectOf, withoutAlarm } from "./Harness.ts"

type Stage = Effect.Success<ReturnType<typeof harness>>

/** Promises that were rejected with nobody to hear it. */
const rejections = Effect.acquireRelease(
  Effect.sync(() => {
    const seen: Array<unknown> = []
    const listener = (reason: unknown) => void seen.push(reason)
    process.on("unhandledRejection", listener)
    return { seen, listener }
  }),
  ({ listener }) => Effect.sync(() => process.off("unhandledRejection", listener)),
)

const isGone = (stage: Pick<Stage, "fibers">) =>
  eventually(
    "no fiber",
    Effect.sync(() => stage.fibers.size === 0),
  )

/** What is under way when the session is left. */
interface Presentation {
  readonly name: string
  readonly begin: (driver: Driver, stage: Stage) => Effect.Effect<void>
  readonly call: (driver: Driver) => Effect.Effect<unknown, unknown>
  /** What the provider issues, all of which it is told to forget. */
  readonly issues: number
}

const signedIn = (driver: Driver) => Effect.orDie(Effect.asVoid(driver.signIn(people.reseller)))

const presentations: ReadonlyArray<Presentation> = [
  {
    name: "a sign-in",
    begin: () => Effect.void,
    call: (driver) => driver.signIn(people.reseller),
    issues: 1,
  },
  {
    name: "a passcode",
    begin: (driver) => Effect.orDie(Effect.asVoid(driver.signIn(people.withFactor))),
    call: (driver) => driver.submitPasscode(passcode),
    issues: 1,
  },
  {
    name: "a renewal",
    begin: (driver, { clock }) => Effect.andThen(signedIn(driver), clock.adjust("2 hours")),
    call: (driver) => driver.bearer,
    issues: 2,
  },
  {
    name: "acting",
    begin: signedIn,
    call: (driver) => driver.startActing(subjectOf.netsapiens),
    issues: 2,
  },
  {
    name: "a renewal for the sake of acting",
    begin: (driver, { clock }) =>
      Effect.andThen(
        Effect.andThen(signedIn(driver), Effect.orDie(driver.startActing(subjectOf.netsapiens))),
        clock.adjust("2 hours"),
      ),
    call: (driver) => driver.bearer,
    issues: 3,
  },
]

const begun = Effect.fnUntraced(function* ({ begin, call }: Presentation) {
  const stage = yield* harness({ wire: "http" })
  const driver = yield* stage.drive(stage.accounts.skyswitch(), withoutAlarm(stage.runtime))
  yield* begin(driver, stage)
  const before = (yield* stage.journal).length
  const hold = yield* stage.emulator.hold
  const waiting = yield* Effect.forkChild(Effect.exit(call(driver)))
  yield* eventually(
    "a request",
    Effect.map(stage.journal, (all) => all.length > before),
  )
  return { ...stage, driver, hold, waiting }
})

/** The tokens that still live, by the emulator's own word: killing them says how many they were. */
const living = ({ emulator }: Stage) => emulator.killAccessTokens

describe("a sign-out", () => {
  for (const one of presentations) {
    it.live(`during ${one.name}: nothing comes back to life, and the late token is given back`, () =>
      Effect.gen(function* () {
        const { seen } = yield* rejections
        const stage = yield* begun(one)
        const { driver, hold, store, waiting } = stage
        const leaving = yield* Effect.forkChild(driver.signOut)
        yield* settle
        assert.strictEqual(driver.view.path, "unauthenticated.idle")
        assert.strictEqual(yield* reasonOf(driver.bearer), "SignedOut")
        yield* hold.release
        yield* Fiber.join(leaving)
        yield* Fiber.join(waiting)
        yield* isGone(stage)
        assert.strictEqual(driver.view.path, "unauthenticated.idle")
        assert.strictEqual(yield* reasonOf(driver.bearer), "SignedOut")
        assert.strictEqual(yield* living(stage), 0)
        const issued = (yield* stage.journal).filter(({ outcome }) => /^(issued|renewed|masqueraded)$/.test(outcome))
        assert.lengthOf(issued, one.issues)
        for (const person of [people.reseller, people.withFactor]) {
          const key = yield* SessionKey.make(store, stage.accounts.skyswitch().account, person)
          assert.isUndefined(yield* store.read(key))
        }
        assert.isEmpty(seen)
      }),
    )

    it.live(`and a new sign-in during ${one.name}: the late reply does not touch it`, () =>
      Effect.gen(function* () {
        const { driver, hold, waiting, ...stage } = yield* begun(one)
        yield* Effect.forkChild(driver.signOut)
        yield* settle
        const again = yield* Effect.forkChild(driver.signIn(people.officeManager))
        yield* settle
        yield* hold.release
        yield* Fiber.join(again)
        yield* Fiber.join(waiting)
        yield* settle
        assert.strictEqual(driver.view.path, "authenticated")
        const key = yield* SessionKey.make(stage.store, stage.accounts.skyswitch().account, people.officeManager)
        const record = (yield* stage.store.read(key))?.record
        assert.strictEqual(record?.tokens && clear(record.tokens.accessToken), clear((yield* driver.bearer).token))
      }),
    )
  }

  it.live("and a new sign-in of the same person during a renewal: the late reply does not touch it", () =>
    Effect.gen(function* () {
      const renewal = presentations[2]
      if (renewal === undefined) return
      const { driver, hold, waiting, ...stage } = yield* begun(renewal)
      yield* Effect.forkChild(driver.signOut)
      yield* settle
      const again = yield* Effect.forkChild(driver.signIn(people.reseller))
      yield* eventually(
        "the sign-in",
        Effect.map(stage.grants, (all) => all.filter((grant) => grant === "password").length === 2),
      )
      yield* hold.release
      yield* Fiber.join(again)
      yield* Fiber.join(waiting)
      yield* isGone(stage)
      const bearer = yield* driver.bearer
      assert.strictEqual((yield* driver.inspect).uid, "1000@acmecorp.12345.service")
      const key = yield* SessionKey.make(stage.store, stage.accounts.skyswitch().account, people.reseller)
      const record = (yield* stage.store.read(key))?.record
      assert.strictEqual(record?.tokens && clear(record.tokens.accessToken), clear(bearer.token))
    }),
  )
})

describe("a cancellation", () => {
  it.live("of a sign-in that is then answered by a pause: nothing goes out before it is over", () =>
    Effect.gen(function* () {
      const held = Deferred.makeUnsafe<void>()
      let asked = 0
      const { accounts, drive, runtime } = yield* harness({
        between: (fetch) => async (input, init) => {
          asked += 1
          if (asked > 1) return fetch(input, init)
          await Effect.runPromise(Deferred.await(held))
          return new Response("{}", { status: 429, headers: { "retry-after": "600" } })
        },
      })
      const driver = yield* drive(accounts.skyswitch(), withoutAlarm(runtime))
      yield* Effect.forkScoped(Effect.ignore(driver.signIn(people.officeManager)))
      yield* eventually(
        "a request",
        Effect.sync(() => asked === 1),
      )
      yield* driver.cancel
      yield* driver.signIn(people.officeManager)
      const { generation } = yield* driver.bearer
      Deferred.doneUnsafe(held, Effect.void)
      yield* settle
      const before = asked
      driver.reject(generation)
      yield* settle
      assert.strictEqual(asked, before)
    }),
  )

  it.live("during a sign-in or a passcode: the late token is given back, and the session waits for a person", () =>
    Effect.gen(function* () {
      for (const one of presentations.slice(0, 2)) {
        const stage = yield* begun(one)
        yield* stage.driver.cancel
        assert.strictEqual(stage.driver.view.path, "unauthenticated.idle")
        const exit = yield* Fiber.join(stage.waiting)
        assert.strictEqual(exit._tag, "Failure")
        yield* stage.hold.release
        yield* isGone(stage)
        assert.strictEqual(yield* living(stage), 0)
        assert.strictEqual(stage.driver.view.path, "unauthenticated.idle")
        assert.isNull(stage.driver.view.refusal)
        yield* stage.driver.signIn(people.officeManager)
        yield* stage.driver.bearer
      }
    }),
  )

  it.live("cuts a sign-in at a provider that cannot be told to forget", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const { accounts, drive, emulator, journal, store } = stage
      const driver = yield* drive(accounts.ipex())
      yield* emulator.hold
      const waiting = yield* Effect.forkChild(Effect.exit(driver.signIn(people.ipex)))
      yield* eventually(
        "a request",
        Effect.map(journal, (all) => all.length === 1),
      )
      yield* driver.cancel
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "Failure")
      yield* isGone(stage)
      yield* eventually(
        "no request",
        Effect.map(emulator.inFlight, (count) => count === 0),
      )
      assert.isUndefined(yield* store.read(yield* SessionKey.make(store, accounts.ipex().account, people.ipex)))
    }),
  )

  it.live("during acting leads back to the account's own", () =>
    Effect.gen(function* () {
      const acting = presentations[3]
      if (acting === undefined) return
      const { driver, hold, waiting, ...stage } = yield* begun(acting)
      yield* driver.stopActing
      assert.strictEqual(driver.view.path, "authenticated")
      assert.strictEqual((yield* driver.bearer).identity.uid, "1000@acmecorp.12345.service")
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "Failure")
      yield* hold.release
      yield* isGone(stage)
      assert.strictEqual((yield* driver.bearer).identity.uid, "1000@acmecorp.12345.service")
      assert.strictEqual(yield* living(stage), 1)
    }),
  )
})

describe("closing", () => {
  it.live("during a renewal waits for it, and stores what comes of it", () =>
    Effect.gen(function* () {
      const { seen } = yield* rejections
      const renewal = presentations[2]
      if (renewal === undefined) return
      const { driver, hold, waiting, ...stage } = yield* begun(renewal)
      const closing = yield* Effect.forkChild(driver.close)
      const again = yield* Effect.forkChild(driver.close)
      yield* settle
      assert.isUndefined(closing.pollUnsafe())
      assert.isUndefined(again.pollUnsafe())
      assert.strictEqual(yield* reasonOf(driver.bearer), "SignedOut")
      yield* hold.release
      yield* Fiber.join(closing)
      yield* Fiber.join(again)
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "Failure")
      const key = yield* SessionKey.make(stage.store, stage.accounts.skyswitch().account, people.reseller)
      const record = (yield* stage.store.read(key))?.record
      assert.strictEqual(record?.generation, 2)
      assert.isUndefined(record?.intent)
      yield* isGone(stage)
      // It was stored, so it was not given back.
      assert.isAbove(yield* living(stage), 0)
      assert.isEmpty(seen)
    }),
  )

  it.live("after a sign-out during a renewal: the late token is given back all the same", () =>
    Effect.gen(function* () {
      const renewal = presentations[2]
      if (renewal === undefined) return
      const { driver, hold, waiting, ...stage } = yield* begun(renewal)
      const leaving = yield* Effect.forkChild(driver.signOut)
      const closing = yield* Effect.forkChild(driver.close)
      yield* settle
      yield* hold.release
      yield* Fiber.join(leaving)
      yield* Fiber.join(closing)
      yield* Fiber.join(waiting)
      assert.strictEqual(stage.fibers.size, 0)
      assert.strictEqual(yield* living(stage), 0)
    }),
  )

  it.live("cuts everything else", () =>
    Effect.gen(function* () {
      for (const index of [0, 1, 3]) {
        const one = presentations[index]
        if (one === undefined) return
        const { driver, waiting, ...stage } = yield* begun(one)
        yield* driver.close
        assert.strictEqual((yield* Fiber.join(waiting))._tag, "Failure")
        yield* isGone(stage)
      }
    }),
  )

  it.live("a renewal that waits for another holder is cut as well", () =>
    Effect.gen(function* () {
      const stage = yield* harness()
      const { accounts, clock, drive, process, store } = stage
      const configured = accounts.skyswitch({ credentials: people.reseller })
      const driver = yield* drive(configured, withoutAlarm(yield* process))
      yield* driver.bearer
      const key = yield* SessionKey.make(store, configured.account, configured.credentials)
      yield* clock.adjust("2 hours")
      const seen = yield* store.read(key)
      const now = yield* clock.currentTimeMillis
      if (seen !== undefined) {
        const intent = { holder: "another", purpose: "renewal" as const, startedAt: now, until: now + 20_000 }
        yield* store.replace(key, seen.version, { ...seen.record, intent })
      }
      const waiting = yield* Effect.forkChild(Effect.exit(driver.bearer))
      yield* settle
      yield* driver.close
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "Failure")
      assert.strictEqual((yield* store.read(key))?.record.intent?.holder, "another")
      yield* isGone(stage)
    }),
  )

  it.live("leaves a session that shows nobody, offers nothing, and is heard of no more", () =>
    Effect.gen(function* () {
      const stage = yield* harness()
      const { accounts, drive, journal, open } = stage
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      const paths: Array<string> = []
      let ends = 0
      driver.subscribe(
        ({ path }) => void paths.push(path),
        () => ends++,
      )
      yield* driver.close
      yield* driver.close
      assert.deepStrictEqual(paths, ["unauthenticated.idle"])
      assert.strictEqual(ends, 1)
      assert.isEmpty(driver.view.actions)
      assert.isUndefined(driver.peek())
      for (const call of [
        driver.bearer,
        driver.signIn(people.officeManager),
        driver.submitPasscode(passcode),
        driver.startActing(subjectOf.netsapiens),
        driver.child(subjectOf.netsapiens),
        driver.inspect,
      ]) {
        assert.strictEqual(yield* reasonOf<unknown>(call), "SignedOut")
      }
      yield* driver.signOut
      yield* driver.cancel
      yield* driver.stopActing
      driver.reject(1)
      driver.wake()
      assert.strictEqual(driver.view.path, "unauthenticated.idle")
      assert.lengthOf(yield* journal, 1)
      driver.subscribe(
        () => assert.fail("a closed session has nothing to tell"),
        () => ends++,
      )
      assert.strictEqual(ends, 2)

      // `changes` ends with the session.
      const views = yield* Effect.scoped(
        Effect.gen(function* () {
          const pbx = yield* open(accounts.skyswitch())
          const views = yield* Effect.forkDetach(Stream.runCollect(pbx.changes))
          yield* Effect.yieldNow
          yield* pbx.signIn(people.officeManager)
          return views
        }),
      )
      assert.deepStrictEqual(
        (yield* Fiber.join(views)).map(({ path }) => path),
        ["unauthenticated.idle", "unauthenticated.signing_in", "authenticated", "unauthenticated.idle"],
      )
      yield* isGone(stage)
    }),
  )
})

describe("listeners", () => {
  it.live("may unsubscribe each other, throw, and ask for something during a step", () =>
    Effect.gen(function* () {
      const { accounts, drive } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      const heard: Array<string> = []
      const off: Array<() => void> = []
      driver.subscribe(({ path }) => {
        heard.push(`first ${path}`)
        off[0]?.()
        throw new Error("a listener's own fault")
      })
      off.push(driver.subscribe(({ path }) => void heard.push(`second ${path}`)))
      const twice = ({ path }: { readonly path: string }) => {
        heard.push(`third ${path}`)
        if (path === "authenticated") driver.send({ type: "SignOut" })
      }
      driver.subscribe(twice)
      off.push(driver.subscribe(twice))
      off[1]?.()
      yield* Effect.exit(driver.signIn(people.officeManager))
      assert.deepStrictEqual(heard, [
        "first unauthenticated.signing_in",
        "third unauthenticated.signing_in",
        "first authenticated",
        "third authenticated",
        "first unauthenticated.idle",
        "third unauthenticated.idle",
      ])
    }),
  )
})

describe("what a session remembers", () => {
  it.live("no password after a refusal or a sign-in, for a session that is attended", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, emulator, grants } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      yield* emulator.killRefreshTokens
      yield* clock.adjust("2 hours")
      yield* Effect.flip(driver.bearer)
      yield* clock.adjust("2 hours")
      assert.strictEqual(yield* reasonOf(driver.bearer), "RenewalRefused")
      assert.deepStrictEqual(yield* grants, ["password", "refresh_token"])
    }),
  )
})
