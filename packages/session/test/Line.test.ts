/** A queue: joining it, being next and leaving it cost the same however many wait. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import { countWalks } from "../../providers/test/Steps.ts"
import { Line } from "../src/callers/Line.ts"
import { SubscriberNames } from "../src/registry/SubscriberNames.ts"
import { client, people } from "./Harness.ts"

/** Over how many entries of collections something walks. */
const stepsIn = async (run: () => Promise<unknown>): Promise<number> => {
  const { steps, stop } = countWalks()
  await run().finally(stop)
  return steps()
}

const made = Result.getOrThrow(SkySwitch.configure({ client, credentials: people.reseller }))

describe("a line", () => {
  it.effect("lets one through at a time, in the order in which they came", () =>
    Effect.gen(function* () {
      const line = new Line()
      const gate = yield* Deferred.make<void>()
      const order: Array<number> = []
      let inside = 0
      const one = (name: number) =>
        line.through(
          Effect.gen(function* () {
            assert.strictEqual(++inside, 1)
            if (name === 0) yield* Deferred.await(gate)
            yield* Effect.yieldNow
            order.push(name)
            inside--
          }),
        )
      const fibers = yield* Effect.forEach([0, 1, 2, 3, 4, 5], (name) => Effect.forkChild(one(name)))
      yield* Effect.yieldNow
      // The last, one in between, and who would have been next.
      for (const name of [5, 3, 1]) yield* Fiber.interrupt(fibers[name] as Fiber.Fiber<void>)
      yield* Deferred.succeed(gate, undefined)
      yield* Effect.forEach([0, 2, 4], (name) => Fiber.join(fibers[name] as Fiber.Fiber<void>))
      assert.deepStrictEqual(order, [0, 2, 4])
      assert.isTrue(line.isEmpty)
    }),
  )

  it.effect("goes on whatever comes of those in it", () =>
    Effect.gen(function* () {
      const line = new Line()
      const held = yield* Effect.forkChild(line.through(Effect.never))
      const failing = yield* Effect.forkChild(line.through(Effect.fail("no")))
      const dying = yield* Effect.forkChild(line.through(Effect.die("no")))
      const last = yield* Effect.forkChild(line.through(Effect.succeed("yes")))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(held)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(failing)))
      assert.isTrue(Exit.isFailure(yield* Fiber.await(dying)))
      assert.strictEqual(yield* Fiber.join(last), "yes")
      assert.isTrue(line.isEmpty)
    }),
  )

  it("of twice as many takes twice the steps to come, and to be told that the registry closes", async () => {
    const fetch = async () => Response.json({ access_token: "access-token", expires_in: 3_600 })
    const counted = async (callers: number) => {
      const limits = [{ policy: "client_minute", per: "client", quota: 1, window: 3_600_000 }] as const
      const sessions = await openSessions({ limits }, { fetch })
      const session = await sessions.session(made)
      let waiting: ReadonlyArray<Promise<unknown>> = []
      const come = await stepsIn(async () => {
        waiting = Array.from({ length: callers }, () => session.turn().catch((error) => error.reason._tag))
        while (sessions.waiting().length < callers - 1) await new Promise((resolve) => setImmediate(resolve))
      })
      const close = await stepsIn(() => sessions.close())
      const told = new Set(await Promise.all(waiting))
      assert.include([...told], "SignedOut")
      return { come, close }
    }
    const half = await counted(400)
    const whole = await counted(800)
    assert.isAtMost(whole.close, 2.3 * half.close + 1_000)
    // Looking how many wait is linear itself, and done some times.
    assert.isAtMost(whole.come, 2.3 * half.come + 5_000)
  })
})

describe("the names of subscribers", () => {
  it("lead to the one who pays, and whoever has a name keeps it", () => {
    const names = new SubscriberNames()
    const first = { ...made.account }
    const second = { ...made.account }
    names.learn(first, "111@short", "111@long")
    names.learn(second, "222@short", "111@long")
    names.learn(second, "222@short", "222@short")
    assert.strictEqual(names.of("111@long"), "111@short")
    assert.strictEqual(names.of("222@short"), "222@short")
    assert.strictEqual(names.size, 1)
  })

  it("are one for an account, whatever the provider calls it next", () => {
    const names = new SubscriberNames()
    const account = { ...made.account }
    for (let index = 0; index < 10_000; index++) names.learn(account, "111@short", `name${index}`)
    assert.strictEqual(names.size, 1)
    assert.strictEqual(names.of("name9999"), "111@short")
    assert.strictEqual(names.of("name1"), "name1")
  })

  it("of accounts that are gone are swept", async () => {
    setFlagsFromString("--expose-gc")
    const collect: () => void = runInNewContext("gc")
    const names = new SubscriberNames()
    const kept = { ...made.account }
    names.learn(kept, "kept", "kept-long")
    for (let round = 0; round < 4; round++) {
      for (let index = 0; index < 2_000; index++) names.learn({ ...made.account }, "own", `${round}.${index}`)
      // A weak reference lives until the turn is over in which it was made or looked at.
      await new Promise((resolve) => setImmediate(resolve))
      collect()
    }
    assert.isAtMost(names.size, 4_000)
    assert.strictEqual(names.of("kept-long"), "kept")
    // It is held until here.
    assert.isDefined(kept)
  })
})
