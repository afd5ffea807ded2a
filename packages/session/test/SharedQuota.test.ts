/** A quota that several processes share: in turn, and each within its own share while nothing answers. */
import { assert, describe, it } from "@effect/vitest"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import { type Answer, MemoryQuota, type Request, SharedQuota } from "@pbx-auth/session/SharedQuota"
import * as SharedQuotaTest from "@pbx-auth/session/testing/SharedQuotaTest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Pauses } from "../src/pace/Pauses.ts"
import { OwnShare } from "../src/registry/OwnShare.ts"
import { RateBudget } from "../src/registry/RateBudget.ts"
import { accountsAt, people } from "./Harness.ts"
import { domain, hour, minute, origin, stage } from "./Paced.ts"
import * as Waiting from "./Waiting.ts"

SharedQuotaTest.suite("in memory", SharedQuota.layerMemory, { assert, describe, it })

describe("the suite can fail", () => {
  /** Whether a test of the suite fails for a quota. */
  const fails = (what: string, quota: (right: MemoryQuota["take"]) => SharedQuota["Service"]["take"]) =>
    Effect.gen(function* () {
      const tests: Array<readonly [string, () => Effect.Effect<void, unknown, never>]> = []
      const layer = Layer.effect(
        SharedQuota,
        Effect.sync(() => ({ take: quota(new MemoryQuota().take) })),
      )
      SharedQuotaTest.suite("broken", layer, {
        assert,
        describe: (_, run) => run(),
        it: { live: (name, test) => tests.push([name, () => Effect.scoped(test())]) },
      })
      const test = tests.find(([name]) => name === what)?.[1]
      return test !== undefined && (yield* Effect.exit(test()))._tag === "Failure"
    })
  const share = "a process that asks more often leaves others their share"

  it.live.each<readonly [string, string, Parameters<typeof fails>[1]]>([
    ["first come, first served", share, (take) => (request) => take({ ...request, member: "all" })],
    [
      "one limit after the other",
      "takes a place of every limit, or of none",
      (take) => (request) =>
        Effect.map(
          Effect.forEach(request.partitions, (one) => take({ ...request, partitions: [one] })),
          (answers): Answer => answers.find(({ taken }) => taken === undefined) ?? (answers[0] as Answer),
        ),
    ],
    [
      "no places for token calls",
      "keeps places for token calls, which may also take those of calls",
      (take) => (request) => take({ ...request, rings: ["calls"] }),
    ],
    [
      "one client for all",
      "clients and partitions are apart",
      (take) => (request) => take({ ...request, client: "all" }),
    ],
  ])("%s", ([, what, broken]) =>
    Effect.gen(function* () {
      assert.isTrue(yield* fails(what, broken))
      assert.isFalse(yield* fails(what, (right) => right))
    }),
  )
})

/** A quota at the end of a network: a request takes as long to come as to go. */
const far = (take: MemoryQuota["take"], latency: number): MemoryQuota["take"] => {
  const way = latency === 0 ? Effect.void : Effect.sleep(latency)
  return (request) =>
    Effect.andThen(
      way,
      Effect.flatMap(take(request), (answer) => Effect.as(way, answer)),
    )
}

const staged = (limits: ConstructorParameters<typeof RateBudget>[1]["limits"]) => {
  const time = Waiting.make(1_000_000_000)
  const { take } = new MemoryQuota()
  const pauses = Pauses.of(time.clock)
  return {
    ...time,
    pauses,
    take,
    through: <A, E>(effect: Effect.Effect<A, E>) => time.through(time.timed(effect), () => 0, 4 * hour),
    /** A process, so far from the quota in ms, and one turn of it. */
    processAt: Effect.fnUntraced(function* (latency: number, quota = take) {
      const budget = new RateBudget({ take: far(quota, latency) }, { limits }, pauses)
      const configured = accountsAt(origin).skyswitch({ credentials: people.reseller })
      const account = budget.enrol(configured.account, "1000")
      return (subscriber = "1000") => budget.turn(account, budget.payers.of(account, subscriber))
    }),
  }
}

describe("processes that share a quota", () => {
  it.live("never wait out a window that has free places", () =>
    Effect.gen(function* () {
      const { processAt, through } = staged([{ policy: "client_minute", per: "client", quota: 1_000, window: 3_000 }])
      for (const latencies of [
        [1, 2],
        [0, 7],
        [3, 3],
      ]) {
        const turns = yield* Effect.forEach(latencies, (latency) => processAt(latency))
        const { took } = yield* through(
          Effect.forEach(turns, (turn) => Effect.replicateEffect(turn(), 200), { concurrency: "unbounded" }),
        )
        // 400 turns of 950: only the way takes time, there and back.
        assert.strictEqual(took, 200 * 2 * Math.max(...latencies))
      }
    }),
  )

  it.live("each get their turn, however far they are: the slowest of five within 1.4 of the fastest", () =>
    Effect.gen(function* () {
      const { now, processAt, take, through } = staged(undefined)
      let asked = 0
      const counted: MemoryQuota["take"] = (request) =>
        Effect.andThen(
          Effect.sync(() => void asked++),
          take(request),
        )
      const turns = yield* Effect.forEach([1, 1, 5, 20, 60], (latency) => processAt(latency, counted))
      const begin = now()
      const ends: Array<number> = []
      yield* through(
        Effect.forEach(
          turns,
          (turn, which) =>
            Effect.andThen(
              Effect.forEach(
                Array.from({ length: 300 }, (_, index) => `${which}-${index % 60}`),
                (subscriber) => turn(subscriber),
                { concurrency: 20 },
              ),
              Effect.sync(() => ends.push(now() - begin)),
            ),
          { concurrency: "unbounded" },
        ),
      )
      const [fastest = 0, slowest = 0] = [Math.min(...ends), Math.max(...ends)]
      // 86 of 90 places are for calls, each for a minute and a second.
      const floor = (Math.ceil(1_500 / 86) - 1) * (minute + 1_000)
      assert.isAtMost(slowest / fastest, 1.4)
      assert.isAtMost(slowest / floor, 1.15)
      assert.isAtMost(asked / 1_500, 2.5, "requests to the quota for a turn")
    }),
  )

  it.live("a process that stops leaves its share to the others", () =>
    Effect.gen(function* () {
      const { now, processAt, through } = staged(undefined)
      const turns = yield* Effect.forEach([1, 1, 1, 1, 1], (latency) => processAt(latency))
      const begin = now()
      const taken: Array<number> = []
      const { took } = yield* through(
        Effect.forEach(
          turns,
          (turn, which) =>
            Effect.forEach(
              Array.from({ length: 300 }, (_, index) => `${which}-${index % 60}`),
              (subscriber) => Effect.tap(turn(subscriber), () => Effect.sync(() => taken.push(now() - begin))),
              { concurrency: 20 },
            ).pipe(Effect.timeoutOption(which === 4 ? 5 * minute : 4 * hour)),
          { concurrency: "unbounded" },
        ),
      )
      // Of the whole minutes after the stop none has a place that nobody took, but for the last.
      const after = taken.filter((at) => at > 6 * minute)
      const floor = (Math.ceil(taken.length / 86) - 1) * (minute + 1_000)
      assert.isAtLeast(after.length, 500)
      assert.isAtMost(took / floor, 1.15)
    }),
  )
})

describe("while the shared quota does not answer", () => {
  const request = (member: string): Request => ({
    member,
    client: "one",
    rings: ["calls"],
    partitions: [
      {
        name: "client",
        waiting: false,
        limits: [{ policy: "client_minute", window: minute, places: { calls: 86, tokens: 4 } }],
      },
    ],
  })
  const refused = Effect.fail(new StoreFailed({ remedy: "retry", problem: "unreachable" }))

  for (const [what, fails] of [
    ["it fails", refused],
    ["it is silent", Effect.never],
  ] as const) {
    it.live(`each process keeps to its own share, says so once, and goes back to it: ${what}`, () =>
      Effect.gen(function* () {
        const { now, pauses, take, through } = staged(undefined)
        let isAway = false
        const shared = {
          take: (one: Request) => Effect.suspend(() => (isAway ? fails : take(one))),
        }
        const said: Array<string> = []
        const logger = Logger.make(({ message }) => void said.push(String(message)))
        const process = () => new OwnShare(shared, pauses.clock)
        const processes = [process(), process(), process()]
        const all = (ask: (one: OwnShare, member: string) => Effect.Effect<Answer>) =>
          Effect.provide(
            Effect.forEach(processes, (one, index) => ask(one, `process ${index}`)),
            Logger.layer([logger]),
          )
        const untilSpent = (one: OwnShare, member: string, got = 0): Effect.Effect<number> =>
          Effect.flatMap(one.take(request(member)), ({ taken }) =>
            taken === undefined ? Effect.succeed(got) : untilSpent(one, member, got + 1),
          )
        // They meet: each has asked twice, so that all know of all.
        yield* through(all((one, member) => one.take(request(member))))
        yield* through(all((one, member) => one.take(request(member))))
        isAway = true
        const begin = now()
        const { value } = yield* through(
          Effect.provide(
            Effect.forEach(processes, (one, index) => untilSpent(one, `process ${index}`)),
            Logger.layer([logger]),
          ),
        )
        // A third of 86 for each, of which two are taken.
        assert.deepStrictEqual(value, [26, 26, 26])
        assert.deepStrictEqual(
          processes.map(({ countedBy }) => countedBy),
          ["share", "share", "share"],
        )
        assert.isAtMost(now() - begin, 3 * 2_000, "each waits two seconds for an answer, and then no more")
        assert.lengthOf(said, 3)
        assert.isTrue(said.every((one) => one.includes("one of 3")))
        isAway = false
        yield* through(Effect.sleep(5_000))
        yield* through(all((one, member) => one.take(request(member))))
        assert.deepStrictEqual(
          processes.map(({ countedBy }) => countedBy),
          ["shared", "shared", "shared"],
        )
        assert.lengthOf(said, 6)
      }),
    )
  }

  it.live("the warning says what an operator must mend", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const logger = Logger.make(({ message }) => void said.push(String(message)))
      const fix = "Redis refused the user or the password of the store's URL."
      const take = () => Effect.fail(new StoreFailed({ remedy: "configure", problem: "forbidden", fix }))
      const { pauses } = staged(undefined)
      yield* Effect.provide(new OwnShare({ take }, pauses.clock).take(request("one")), Logger.layer([logger]))
      assert.lengthOf(said, 1)
      assert.include(said[0], fix)
    }),
  )

  it.live("calls go on, and a registry tells who counts", () =>
    Effect.gen(function* () {
      const { accounts, call, registry, through, timed, tooMany } = yield* stage(0)
      const sessions = yield* registry({}, { take: () => refused })
      assert.strictEqual(yield* sessions.countedBy, "shared")
      const pbx = yield* timed(sessions.session(accounts.skyswitch({ credentials: people.reseller })))
      const { took } = yield* through(Effect.replicateEffect(call(pbx), 100))
      assert.strictEqual(yield* sessions.countedBy, "share")
      assert.isAtLeast(took, minute, "it was alone, so its share is all")
      assert.isAtMost(took, 2 * minute)
      assert.strictEqual(yield* tooMany, 0)
      assert.strictEqual(yield* (yield* registry()).countedBy, "process")
    }),
  )
})

it.live("the sharing is by client id and subscriber, as a registry sees them", () =>
  Effect.gen(function* () {
    const { accounts, call, registry, through, timed } = yield* stage(1)
    const seen: Array<Request> = []
    const { take } = new MemoryQuota()
    const quota: SharedQuota["Service"] = {
      take: (request) =>
        Effect.andThen(
          Effect.sync(() => seen.push(request)),
          take(request),
        ),
    }
    const sessions = yield* registry({}, quota)
    const pbx = yield* timed(sessions.session(accounts.skyswitch({ credentials: people.reseller })))
    yield* through(Effect.scoped(Effect.flatMap(pbx.actAs(`2000@${domain}`), call)))
    assert.strictEqual(new Set(seen.map(({ client, member }) => `${client} ${member}`)).size, 1)
    assert.include(
      seen.map(({ partitions }) => partitions[1]?.name),
      `subscriber 2000@${domain}`,
    )
    assert.deepStrictEqual(
      seen[0]?.partitions.map(({ limits }) =>
        limits.map(({ places, policy, window }) => [policy, places.calls, window]),
      ),
      [
        [
          ["client_minute", 86, minute + 1_000],
          ["client_hour", 2_565, hour + 1_000],
        ],
        [
          ["subscriber_minute", 57, minute + 1_000],
          ["subscriber_hour", 1_710, hour + 1_000],
        ],
      ],
    )
  }),
)
