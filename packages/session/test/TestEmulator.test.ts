/** Time that jumps, for a session and its vendor together: as an Effect layer, and by promises. */
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import * as TestEmulator from "@pbx-auth/emulator/TestEmulator"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { client, people } from "./Harness.ts"

const account = SkySwitch.layer({ client, credentials: people.officeManager })

/** What anybody would write: sign in, let a day pass, look how often the session renewed. */
const aDay = Effect.gen(function* () {
  const pbx = yield* SkySwitch
  yield* pbx.accessToken
  yield* TestClock.adjust("1 day")
  yield* pbx.accessToken
})

const renewals = (emulator: Emulator.Emulator) =>
  Effect.map(emulator.journal, (journal) => journal.filter(({ outcome }) => outcome === "renewed").length)

describe("A test with TestClock", () => {
  it.effect("misses renewals over Effect's own, which does not wait for a reply", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const fetch = Layer.succeed(FetchHttpClient.Fetch, emulator.fetch)
      yield* Effect.provide(aDay, Layer.provide(account, Layer.provide(FetchHttpClient.layer, fetch)))
      assert.isBelow(yield* renewals(emulator), 5)
    }),
  )

  it.effect("sees all of them over the emulator's layer", () =>
    Effect.gen(function* () {
      yield* aDay
      // Each comes between 165 and 345 s before the end of an hour.
      assert.include([25, 26], yield* renewals(yield* TestEmulator.TestEmulator))
    }).pipe(Effect.provide(Layer.provideMerge(account, TestEmulator.layer()))),
  )

  it.effect("meets a vendor that hangs, and its own deadline", () =>
    Effect.gen(function* () {
      const emulator = yield* TestEmulator.TestEmulator
      yield* emulator.faults.arm({ fault: { _tag: "hang" } })
      const pbx = yield* SkySwitch
      const waiting = yield* Effect.forkChild(Effect.exit(pbx.accessToken))
      yield* TestClock.adjust("10 minutes")
      assert.isDefined(waiting.pollUnsafe())
      const [entry] = yield* emulator.journal
      assert.deepInclude(entry?.wire, { end: "given up" })
    }).pipe(Effect.provide(Layer.provideMerge(account, TestEmulator.layer()))),
  )

  it.effect("hears of each exchange twice", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Stream.runCollect(Stream.take(TestEmulator.entries, 2)))
      yield* TestClock.adjust(0)
      yield* (yield* SkySwitch).accessToken
      yield* TestClock.adjust(0)
      const ends = Array.from(yield* Fiber.join(fiber), ({ wire }) => wire?.end)
      assert.deepStrictEqual(ends, [undefined, "answered"])
    }).pipe(Effect.provide(Layer.provideMerge(account, TestEmulator.layer()))),
  )

  it.effect("refuses a wrong world by name", () =>
    Effect.gen(function* () {
      // @ts-expect-error: no such rotation
      const wrong = TestEmulator.layer({ world: { netsapiens: { rotation: "sometimes" } } })
      const error = yield* Effect.flip(Effect.scoped(Layer.build(wrong)))
      assert.match(error.message, /world\.netsapiens\.rotation/)
    }),
  )
})

describe("A session by promises, in an emulator's time", () => {
  const opened = async (clock: "real" | "steered") => {
    const vendor = openEmulator({ clock, world: { netsapiens: { rotation: "strict" } } })
    const options = { client, credentials: { username: "111@abc-company", password: "1234" } }
    return { vendor, pbx: await openSkySwitch(options, { fetch: vendor.fetch, clock: vendor.clock }) }
  }

  for (const clock of ["steered", "real"] as const) {
    it(`renews once in an hour, and some 25 times in a day (${clock})`, async () => {
      const { vendor, pbx } = await opened(clock)
      const renewed = async () => (await vendor.journal()).filter(({ outcome }) => outcome === "renewed").length
      await pbx.accessToken()
      await vendor.jump(3_600_000)
      assert.strictEqual(await renewed(), 1)
      await vendor.jump(23 * 3_600_000)
      assert.include([25, 26], await renewed())
      assert.notInclude(JSON.stringify(await vendor.journal()), await pbx.accessToken())
      await pbx.close()
      await vendor.close()
    })
  }

  it("gives up a hanging sign-in at its own deadline", async () => {
    const { vendor, pbx } = await opened("steered")
    await vendor.arm({ fault: { _tag: "hang" }, times: "always" })
    const failed = pbx.accessToken().then(
      () => assert.fail("it resolved"),
      (error: { reason: { _tag: string } }) => error.reason._tag,
    )
    await vendor.jump(600_000)
    assert.isString(await failed)
    await pbx.close()
    await vendor.close()
  })
})
