/** A token of 281 days, which may be replaced only once it has expired. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { clear, eventually, harness, reaches, reasonOf } from "./Harness.ts"

const lifetime = 24_304_413
const day = 86_400

/** The warnings that Node gives meanwhile: a timer beyond 2^31 ms is one. */
const warnings = Effect.acquireRelease(
  Effect.sync(() => {
    const names: Array<string> = []
    const listener = (warning: Error) => void names.push(warning.name)
    process.on("warning", listener)
    return { names, listener }
  }),
  ({ listener }) => Effect.sync(() => process.off("warning", listener)),
)

/** A warning is emitted on a later turn. */
const turns = Effect.promise(() => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve))))

describe("Sangoma CX", () => {
  it.live("281 days: no early request, one replacement, no timer warning", () =>
    Effect.gen(function* () {
      const { names } = yield* warnings
      const { accounts, clock, drive, fibers, journal } = yield* harness()
      const driver = yield* drive(accounts.sangoma())
      const first = yield* driver.bearer
      for (let days = 0; days < 281; days++) {
        yield* clock.adjust("1 day")
        assert.strictEqual(clear((yield* driver.bearer).token), clear(first.token))
      }
      yield* turns
      assert.lengthOf(yield* journal, 1)
      assert.isAtMost(fibers.size, 1)
      yield* clock.adjust((lifetime - 281 * day) * 1_000)
      yield* reaches(driver, "refreshed")
      assert.notStrictEqual(clear((yield* driver.bearer).token), clear(first.token))
      assert.lengthOf(yield* journal, 2)
      for (let days = 0; days < 200; days++) yield* clock.adjust("1 day")
      yield* turns
      assert.lengthOf(yield* journal, 2)
      assert.isEmpty(names)
    }),
  )

  it.live("the warning is one that would be seen", () =>
    Effect.gen(function* () {
      const { names } = yield* warnings
      clearTimeout(setTimeout(() => {}, lifetime * 1_000))
      yield* turns
      assert.deepStrictEqual(names, ["TimeoutOverflowWarning"])
    }),
  )

  it.live("the same dead token again: a few tries, each later, and then it is said", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, emulator, journal } = yield* harness({
        world: { sangomaCx: { lifetime: 1_000 } },
      })
      const driver = yield* drive(accounts.sangoma())
      yield* driver.bearer
      yield* emulator.updateWorld((world) => ({ ...world, sangomaCx: { ...world.sangomaCx, sameTokenForever: true } }))
      yield* clock.adjust("1001 seconds")
      const error = yield* Effect.flip(driver.bearer)
      assert.strictEqual(error.reason._tag === "RenewalRefused" && error.reason.sameToken, true)
      assert.strictEqual(driver.view.refusal?.code, "RenewalRefused")
      for (let minute = 0; minute < 60; minute++) {
        yield* clock.adjust("1 minute")
        yield* eventually(
          "rest",
          Effect.sync(() => driver.view.awaiting !== "provider"),
        )
      }
      // One to begin with, one that brought the same token, five more, and nothing by itself after that.
      assert.lengthOf(yield* journal, 7)
      assert.strictEqual(driver.view.path, "unauthenticated.idle")

      // A caller that needs a token may ask, once a minute at most, and gets the same answer.
      for (let second = 0; second < 120; second++) {
        yield* clock.adjust("1 second")
        assert.strictEqual(yield* reasonOf(driver.bearer), "RenewalRefused")
      }
      assert.isAtMost((yield* journal).length, 10)

      yield* emulator.updateWorld((world) => ({ ...world, sangomaCx: { ...world.sangomaCx, sameTokenForever: false } }))
      yield* clock.adjust("61 seconds")
      yield* driver.bearer
      assert.strictEqual(driver.view.path, "authenticated")
    }),
  )

  it.live("recovers while it still tries, when the provider gives a new one", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, emulator } = yield* harness({
        world: { sangomaCx: { lifetime: 1_000, sameTokenForever: true } },
      })
      const driver = yield* drive(accounts.sangoma())
      const first = yield* driver.bearer
      yield* clock.adjust("1001 seconds")
      yield* Effect.flip(driver.bearer)
      yield* emulator.updateWorld((world) => ({ ...world, sangomaCx: { ...world.sangomaCx, sameTokenForever: false } }))
      yield* clock.adjust("61 seconds")
      yield* reaches(driver, "refreshed")
      assert.notStrictEqual(clear((yield* driver.bearer).token), clear(first.token))
    }),
  )

  it.live("a rejected token that is given back is no new one", () =>
    Effect.gen(function* () {
      const { accounts, drive, journal } = yield* harness()
      const driver = yield* drive(accounts.sangoma())
      const { generation } = yield* driver.bearer
      driver.reject(generation)
      const error = yield* Effect.flip(driver.bearer)
      assert.strictEqual(error.reason._tag, "RenewalRefused")
      driver.reject(generation)
      assert.strictEqual(yield* reasonOf(driver.bearer), "RenewalRefused")
      assert.lengthOf(yield* journal, 2)
    }),
  )

  it.live("a rejected token that is given back for ever ends the session, and no sign-in takes it for a new one", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, emulator, journal } = yield* harness()
      const driver = yield* drive(accounts.sangoma())
      const { generation, token } = yield* driver.bearer
      driver.reject(generation)
      for (let minute = 0; minute < 30; minute++) {
        assert.strictEqual(yield* reasonOf(driver.bearer), "RenewalRefused")
        yield* clock.adjust("1 minute")
        yield* eventually(
          "rest",
          Effect.sync(() => driver.view.awaiting !== "provider"),
        )
      }
      assert.strictEqual(driver.view.path, "unauthenticated.idle")
      assert.strictEqual(yield* reasonOf(driver.bearer), "RenewalRefused")
      assert.isAtMost((yield* journal).length, 35)
      yield* emulator.killAccessTokens
      yield* clock.adjust("61 seconds")
      assert.notStrictEqual(clear((yield* driver.bearer).token), clear(token))
    }),
  )

  it.live("after a sign-out the same living token is as good as any", () =>
    Effect.gen(function* () {
      const { accounts, drive } = yield* harness()
      const driver = yield* drive(accounts.sangoma())
      const first = yield* driver.bearer
      yield* driver.signOut
      yield* driver.signIn()
      assert.strictEqual(clear((yield* driver.bearer).token), clear(first.token))
    }),
  )

  it.live("a provider that refuses to be asked early is asked again later", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive } = yield* harness({ world: { sangomaCx: { lifetime: 1_000, early: "refused" } } })
      const driver = yield* drive(accounts.sangoma())
      const { generation } = yield* driver.bearer
      driver.reject(generation)
      assert.strictEqual(yield* reasonOf(driver.bearer), "Unavailable")
      assert.strictEqual(driver.view.path, "expiring.waiting")
      yield* clock.adjust("1001 seconds")
      yield* reaches(driver, "refreshed")
    }),
  )
})
