/** What comes after a session is closed, or after its listeners are gone. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as SessionKey from "../src/record/SessionKey.ts"
import { harness, passcode, people, reasonOf, settle, subjectOf, withoutAlarm } from "./Harness.ts"
import { begun, isGone, living, presentations, rejections } from "./Presentations.ts"

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
      if (seen?.record !== undefined) {
        const intent = { holder: "another", purpose: "renewal" as const, startedAt: now, until: now + 20_000 }
        yield* store.replace(key, seen.version, { ...seen.record, intent })
      }
      const waiting = yield* Effect.forkChild(Effect.exit(driver.bearer))
      yield* settle
      yield* driver.close
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "Failure")
      assert.strictEqual((yield* store.read(key))?.record?.intent?.holder, "another")
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
