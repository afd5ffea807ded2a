/**
 * The contract of every `SharedQuota`, as a suite that its adapters run:
 *
 * ```ts
 * import { assert, describe, it } from "@effect/vitest"
 * import { SharedQuota } from "@pbx-auth/session/SharedQuota"
 * import * as SharedQuotaTest from "@pbx-auth/session/testing/SharedQuotaTest"
 *
 * SharedQuotaTest.suite("in memory", SharedQuota.layerMemory, { assert, describe, it })
 * ```
 *
 * The test runner is passed in, so that this module depends on none.
 */

import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Answer, type Limit, type Partition, type Request, type Ring, SharedQuota } from "../SharedQuota.ts"
import type * as TokenStoreTest from "./TokenStoreTest.ts"

/**
 * The part of a test runner that the suite needs; `@effect/vitest` fits.
 *
 * @category models
 */
export type Runner = TokenStoreTest.Runner

/** A window that does not end while a test runs, in ms. */
const LONG = 3_600_000

const limit = (calls: number, more: Partial<Limit> = {}): Limit => ({
  policy: "client_minute",
  window: LONG,
  places: { calls, tokens: 0 },
  ...more,
})

const partition = (name: string, limits: ReadonlyArray<Limit>, waiting = false): Partition => ({
  name,
  limits,
  waiting,
})

/** Which ring was taken, or the limits that are spent. */
const told = ({ spent, taken }: Answer) => taken ?? spent.map((one) => [one.ring, one.partition, one.limit])

/**
 * Runs the contract against a quota. `layer` is built again for every test, and may still hold what an earlier test left.
 *
 * @category testing
 */
export const suite = (
  name: string,
  layer: Layer.Layer<SharedQuota, unknown>,
  { assert, describe, it }: Runner,
): void => {
  let tests = 0
  /** `ask` asks for a client of the test's own. */
  type Ask = (partitions: Request["partitions"], more?: Partial<Request>) => Effect.Effect<Answer, unknown>
  const test = (what: string, body: (ask: Ask) => Effect.Effect<void, unknown>) => {
    tests += 1
    // With all that a real name may have in it: a store may turn it into a key.
    const client = JSON.stringify([`https://{pbx}.example.test/${tests}`, "12345.app:*'ä", crypto.randomUUID()])
    const tested = Effect.flatMap(SharedQuota, ({ take }) =>
      body((partitions, more) => take({ member: "one", client, rings: ["calls"], partitions, ...more })),
    )
    it.live(what, () => Effect.provide(tested, Layer.fresh(layer)))
  }
  /** Asks until it gets a place, each time after the wait that it was told; gives how often it asked. */
  const untilTaken = (asking: Effect.Effect<Answer, unknown>, asked = 1): Effect.Effect<number, unknown> =>
    Effect.flatMap(asking, ({ spent, taken }) => {
      if (taken !== undefined) return Effect.succeed(asked)
      const wait = Math.min(...spent.map((one) => one.wait))
      if (asked >= 60 || wait > 5_000) return Effect.fail(new Error("There is no place, however often it asks"))
      return Effect.andThen(Effect.sleep(wait), untilTaken(asking, asked + 1))
    })

  describe(`SharedQuota ${name}`, () => {
    test("takes a place of every limit, or of none", (ask) =>
      Effect.gen(function* () {
        const of = (subscriber: string) => [
          partition("client", [limit(3), limit(90, { policy: "client_hour" })]),
          partition(subscriber, [limit(1, { policy: "subscriber_minute" })]),
        ]
        assert.strictEqual(told(yield* ask(of("a@x"))), "calls")
        for (let times = 0; times < 5; times++) assert.deepStrictEqual(told(yield* ask(of("a@x"))), [["calls", 1, 0]])
        assert.strictEqual(told(yield* ask(of("b@x"))), "calls")
        assert.strictEqual(told(yield* ask(of("c@x"))), "calls")
        assert.deepStrictEqual(told(yield* ask(of("d@x"))), [["calls", 0, 0]])
      }))

    test("names the limit that takes longest, and how long", (ask) =>
      Effect.gen(function* () {
        const both = [
          partition("client", [limit(1, { window: 30_000 }), limit(1, { policy: "client_hour" })]),
          partition("a", [limit(1, { policy: "subscriber_minute", window: 60_000 })]),
        ]
        yield* ask(both)
        const { spent, taken } = yield* ask(both)
        assert.strictEqual(taken, undefined)
        assert.deepStrictEqual(
          spent.map((one) => [one.partition, one.limit]),
          [[0, 1]],
        )
        assert.strictEqual(
          spent.every(({ wait }) => wait > 60_000 && wait <= LONG && Number.isInteger(wait)),
          true,
        )
      }))

    test("keeps places for token calls, which may also take those of calls", (ask) =>
      Effect.gen(function* () {
        const places = [partition("client", [limit(2, { places: { calls: 2, tokens: 1 } })])]
        const rings: ReadonlyArray<Ring> = ["tokens", "calls"]
        assert.strictEqual(told(yield* ask(places, { rings })), "tokens")
        assert.strictEqual(told(yield* ask(places, { rings })), "calls")
        assert.strictEqual(told(yield* ask(places)), "calls")
        assert.deepStrictEqual(told(yield* ask(places, { rings })), [
          ["tokens", 0, 0],
          ["calls", 0, 0],
        ])
        assert.deepStrictEqual(told(yield* ask([partition("none", [limit(1)])], { rings: ["tokens"] })), [
          ["tokens", 0, 0],
        ])
      }))

    test("a place is free again when its window has passed, and not before", (ask) =>
      Effect.gen(function* () {
        const short = [partition("client", [limit(2, { window: 400 })])]
        const before = yield* Effect.clockWith(({ currentTimeMillis }) => currentTimeMillis)
        for (let taken = 0; taken < 5; taken++) yield* untilTaken(ask(short))
        const after = yield* Effect.clockWith(({ currentTimeMillis }) => currentTimeMillis)
        // The third waits for the first, the fifth for the third. A server's clock may tick otherwise, by a little.
        assert.strictEqual(after - before >= 790, true, `${after - before} ms`)
      }))

    test("lets exactly as many through as there are places, whoever asks at once", (ask) =>
      Effect.gen(function* () {
        const places = [partition("client", [limit(20)]), partition("a", [limit(30, { policy: "subscriber_minute" })])]
        const answers = yield* Effect.forEach(
          Array.from({ length: 50 }, (_, index) => `member ${index % 5}`),
          (member) => ask(places, { member }),
          { concurrency: "unbounded" },
        )
        assert.strictEqual(answers.filter(({ taken }) => taken !== undefined).length, 20)
      }))

    test("clients and partitions are apart", (ask) =>
      Effect.gen(function* () {
        const one = (name: string) => [partition(name, [limit(1)])]
        for (const name of ["a", "A", "a ", "a:calls", "ä", 'a"'])
          assert.strictEqual(told(yield* ask(one(name))), "calls")
        assert.strictEqual(told(yield* ask(one("a"), { client: crypto.randomUUID() })), "calls")
        assert.deepStrictEqual(told(yield* ask(one("a"))), [["calls", 0, 0]])
      }))

    test("counts the processes that ask", (ask) =>
      Effect.gen(function* () {
        const places = [partition("client", [limit(100)]), partition("a", [limit(100)])]
        for (const [index, member] of ["one", "two", "two", "three"].entries()) {
          const { members } = yield* ask(places, { member })
          assert.strictEqual(members, [1, 2, 2, 3][index])
        }
      }))

    const shares = (waiting: boolean) => [partition("client", [limit(20)], waiting)]
    /** How many places a process gets until it has to wait. */
    const rush = (asking: Effect.Effect<Answer, unknown>, got = 0): Effect.Effect<number, unknown> =>
      Effect.flatMap(asking, ({ taken }) => (taken === undefined ? Effect.succeed(got) : rush(asking, got + 1)))

    test("a process that asks more often leaves others their share", (ask) =>
      Effect.gen(function* () {
        yield* ask(shares(true), { member: "slow" })
        const quick = yield* rush(ask(shares(true), { member: "quick" }))
        assert.strictEqual(quick >= 9 && quick <= 11, true, `${quick} of 20`)
        const { spent } = yield* ask(shares(true), { member: "quick" })
        assert.strictEqual((spent[0]?.wait ?? LONG) <= 1_000, true, "it asks again soon: there are places")
        assert.strictEqual(1 + (yield* rush(ask(shares(true), { member: "slow" }))), 20 - quick)
      }))

    test("a process that wants no more leaves its share to others at once", (ask) =>
      Effect.gen(function* () {
        yield* ask(shares(true), { member: "slow" })
        const quick = yield* rush(ask(shares(true), { member: "quick" }))
        yield* ask(shares(false), { member: "slow" })
        assert.strictEqual(2 + quick + (yield* rush(ask(shares(true), { member: "quick" }))), 20)
      }))

    test("a process that stops leaves its share to others soon", (ask) =>
      Effect.gen(function* () {
        yield* ask(shares(true), { member: "stopped" })
        const quick = yield* rush(ask(shares(true), { member: "quick" }))
        yield* untilTaken(ask(shares(true), { member: "quick" }))
        assert.strictEqual(2 + quick + (yield* rush(ask(shares(true), { member: "quick" }))), 20)
      }))
  })
}
