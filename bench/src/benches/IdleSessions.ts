/** P3: the memory of a hundred thousand idle sessions, and how they get through an hour. */

import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import { provider, rateLimits } from "@pbx-auth/providers/NetSapiens"
import type { Account, Configured, RateLimit } from "@pbx-auth/providers/Provider"
import type * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import { MemoryQuota, type Request, SharedQuota } from "@pbx-auth/session/SharedQuota"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { createActor } from "xstate"
import { Driver } from "../../../packages/session/src/engine/Driver.ts"
import * as ChargedEndpoint from "../../../packages/session/src/registry/ChargedEndpoint.ts"
import * as RateBudget from "../../../packages/session/src/registry/RateBudget.ts"
import { type Bar, type Bench, exactly, type Row, type Table } from "../Board.ts"
import * as Heap from "../Heap.ts"
import * as OpenSession from "../OpenSession.ts"
import * as Peers from "../Peers.ts"
import { mostWithin, unevenness } from "../RollingWindow.ts"
import * as ScriptedEndpoint from "../ScriptedEndpoint.ts"
import * as VirtualTime from "../VirtualTime.ts"

/** Some day in 2026. */
const START = 1_783_000_000_000
const HOUR = 3_600_000
const MINUTE = 60_000

/**
 * So many accounts share a client id: those of one reseller's app, say, one for each of its domains. With only the jitter, 96 of them
 * would renew in a minute on average, and the provider accepts 90.
 */
const PER_CLIENT = 220

/** When a token of an hour falls due by the provider's policy, and until when it is handed out, in ms. */
const policyOf = (): { readonly begin: number; readonly end: number; readonly usable: number } => {
  const { renewal } = provider
  if (renewal.policy !== "before_expiry") throw new Error("a token of NetSapiens' is renewed before its end")
  const { margin, window } = renewal
  const span = Math.min(window.atMost, HOUR * window.fraction)
  return {
    begin: HOUR - span * (1 + window.jitter),
    end: HOUR - span * (1 - window.jitter),
    usable: HOUR - Math.min(margin.atMost, HOUR * margin.fraction),
  }
}

/** By chance, evenly spread moments are this far off, times 1 / √n, only once in thirty million runs. */
const BEYOND_CHANCE = 3

/** Weighs objects: the bytes of each of so many, on average. */
const weigher =
  (collections: number) =>
  async <A>(count: number, make: () => Promise<A> | A): Promise<readonly [bytes: number, made: A]> => {
    const before = await Heap.used(collections)
    const made = await make()
    return [((await Heap.used(collections)) - before) / count, made]
  }

const row = (name: string, bytes: number, actors: number, remark?: string): Row => ({
  name,
  estimate: exactly(Math.round(bytes)),
  ratio: exactly(bytes / actors),
  remark,
})

/** Fingerprints are made in other threads: only so many at a time, or most of the bench would wait for them. */
const together = { concurrency: 32 }

const promised = <A>(run: () => Promise<A>) => Effect.promise(run)

export const bench: Bench = {
  id: "P3",
  title: "idle sessions in one process, with a renewal due each",
  run: async (isSmall) => {
    const count = isSmall ? 2 * PER_CLIENT : 100_000
    // What so few objects weigh says nothing, and most of a small run would go into collections.
    const weigh = weigher(isSmall ? 0 : Heap.THOROUGH)
    const time = VirtualTime.make(START)
    const endpoint = ScriptedEndpoint.make()

    const [actorBytes, actors] = await weigh(count, () =>
      Array.from({ length: count }, () =>
        createActor(sessionMachine, { input: { unattended: true, renewsWith: "refresh_token" } }).start(),
      ),
    )
    for (const actor of actors) actor.stop()
    actors.length = 0

    return Effect.runPromise(
      Effect.gen(function* () {
        const runtime = yield* OpenSession.runtime(endpoint)
        const [accountBytes, accounts] = yield* promised(() =>
          weigh(count, () =>
            Array.from({ length: count }, (_, i) =>
              OpenSession.configured(`${1000 + i}`, `client${Math.floor(i / PER_CLIENT)}`),
            ),
          ),
        )
        const payments = yield* paid(runtime)
        const [paidBytes] = yield* promised(() => weigh(count, () => accounts.map(payments.enrol).length))

        const open = (configured: Configured<SkySwitch.Capabilities>) => Driver.make(payments.runtime, configured)
        const [openBytes, drivers] = yield* promised(() =>
          weigh(count, () => Effect.runPromise(Effect.forEach(accounts, open, together))),
        )
        const [signedInBytes] = yield* promised(() =>
          weigh(count, async () => {
            await Effect.runPromise(Effect.forEach(drivers, (driver) => driver.bearer, { ...together, discard: true }))
            await time.settle()
          }),
        )
        const idleTimers = time.mostSleepers()
        const due = drivers.map(({ snapshot }) => (snapshot.context.own?.dueAt ?? Number.NaN) - START)

        payments.begin()
        const sent = note(accounts, time, endpoint)
        const [countedBytes] = yield* promised(() => weigh(count, () => time.pass(HOUR)))

        const few = Math.min(count, 5_000)
        const others = Array.from({ length: few }, (_, i) => OpenSession.configured(`${1000 + i}`, "another"))
        const quota = uncounted()
        const registry = yield* Layer.build(Sessions.layerRuntime()).pipe(
          Effect.provideService(SessionRuntime, runtime),
          Effect.provideService(SharedQuota, quota.service),
        )
        const { session } = Context.get(registry, Sessions)
        const [heldBytes, faces] = yield* promised(() =>
          weigh(few, () => Effect.runPromise(Effect.forEach(others, (account) => session(account), together))),
        )
        const [usedBytes] = yield* promised(() =>
          weigh(few, async () => {
            const all = Effect.forEach(faces, ({ accessToken }) => accessToken, { ...together, discard: true })
            await Effect.runPromise(all)
            await time.settle()
          }),
        )

        // The registry counts what it was given, for the time when the quota is away. The same counts again, to weigh them alone.
        const [ownBytes] = yield* promised(() => weigh(few, () => Effect.runPromise(quota.countAgain(others))))
        const registeredBytes = heldBytes + usedBytes - ownBytes
        const sessionBytes = openBytes + signedInBytes
        const once = sent.often.reduce((sum, times) => sum + (times === 1 ? 1 : 0), 0)
        const inTime = sent.moments.filter((moment) => moment < policyOf().usable).length
        const spread = dueTable(due)
        const bars: ReadonlyArray<Bar> = [
          {
            says: "heap per session: at most 0.75 kB",
            found: `${(sessionBytes / 1000).toFixed(2)} kB`,
            holds: sessionBytes <= 750,
          },
          {
            says: "heap per session of a registry, held and used by the app: at most 1 kB",
            found: `${(registeredBytes / 1000).toFixed(2)} kB`,
            holds: registeredBytes <= 1_000,
          },
          {
            says: "timers for all of them: one",
            found: `${idleTimers} at once`,
            holds: idleTimers === 1,
          },
          {
            says: "sessions that renewed once in the hour: all",
            found: `${once} of ${count}`,
            holds: once === count,
          },
          {
            says: "renewed while the token before could still be handed out: all",
            found: `${inTime} of ${count}`,
            holds: inTime === count,
          },
          spread.bar,
          ...limitsOf("minute").map((limit) => within(limit, sent.most(limit))),
        ]
        return {
          tables: [
            {
              title: `heap of ${count} each`,
              unit: "B",
              spread: "",
              base: undefined,
              rows: [
                row(`${Peers.names.xstate}: a started actor of our chart`, actorBytes, actorBytes),
                row("session, signed in and idle", sessionBytes, actorBytes, "the next two rows"),
                row("· opened", openBytes, actorBytes, "no token yet"),
                row("· signed in", signedInBytes, actorBytes, "token, record in the store, the wake that is set"),
                row("its way through the rate budget", paidBytes, actorBytes, "beside the session"),
                row("what the budget counts of a renewal", countedBytes, actorBytes, "kept for an hour"),
                row(
                  "session of a registry, held and used",
                  registeredBytes,
                  actorBytes,
                  `of ${few}; the next two rows`,
                ),
                row("· opened", heldBytes, actorBytes, "session, face, key, entry, its way through the budget"),
                row(
                  "· signed in",
                  usedBytes - ownBytes,
                  actorBytes,
                  "as above, and the effect that the app read of the face",
                ),
                row("what the registry counts of it", ownBytes, actorBytes, "beside the session, for a window"),
                row("account, as configured", accountBytes, actorBytes, "the app's own, before any session"),
              ],
            },
            spread.table,
            sentTable(sent.moments, time.mostSleepers(), payments.asked()),
            budgetTable(due, sent),
          ],
          bars,
          notes: [
            "every session has its own account, record and reply; the texts of tokens are shared, so they weigh nothing",
            "all sign in at one moment, which no provider's limits allow: the worst that the jitter and the budget can be given",
            `${PER_CLIENT} accounts to a client id, ${Math.ceil(count / PER_CLIENT)} client ids; every request is a token call`,
          ],
        }
      }).pipe(
        Effect.scoped,
        Effect.provideService(Clock.Clock, time.clock),
        Effect.provideService(Metric.FiberRuntimeMetrics, time.fibers),
      ),
    )
  },
}

/**
 * A quota that has a place for every call. `countAgain` counts as a registry does that was given the same places: one for each of these
 * subscribers. Nothing is kept of a request, or it would be weighed with the registry.
 */
const uncounted = () => {
  let asked = 0
  let like: Request | undefined
  return {
    service: SharedQuota.of({
      take: (request) =>
        Effect.sync(() => {
          like ??= request
          asked += 1
          return { taken: request.rings[0], spent: [], members: 1 }
        }),
    }),
    countAgain: (accounts: ReadonlyArray<Configured>) =>
      Effect.gen(function* () {
        const own = new MemoryQuota()
        if (asked !== accounts.length) throw new Error(`${asked} requests of ${accounts.length} accounts`)
        if (like === undefined) return own
        const [client, subscriber] = like.partitions
        for (const { credentials } of accounts) {
          const name = `subscriber ${credentials?.username}`
          const partitions = [client, { ...subscriber, name }] as Request["partitions"]
          yield* own.note({ ...like, partitions }, like.rings[0] ?? "calls")
        }
        return own
      }),
  }
}

/** The transport with one budget, as a registry builds it. Until it begins nothing is counted. */
const paid = (runtime: SessionRuntime["Service"]) =>
  Effect.gen(function* () {
    const { take } = new MemoryQuota()
    let asked = 0
    const counting: MemoryQuota["take"] = (request) =>
      Effect.suspend(() => {
        asked += 1
        return take(request)
      })
    const budget = new RateBudget.RateBudget({ take: counting }, {}, runtime.pauses)
    const charged = ChargedEndpoint.make(budget, runtime.endpoint)
    let hasBegun = false
    const endpoint = TokenEndpoint.of({
      ...charged,
      present: (of, grant) => (hasBegun ? charged : runtime.endpoint).present(of, grant),
    })
    return {
      begin: () => {
        hasBegun = true
      },
      /** How often the quota was asked. */
      asked: () => asked,
      enrol: ({ account, credentials }: Configured) => budget.enrol(account, credentials?.username ?? ""),
      runtime: SessionRuntime.of({ ...runtime, endpoint }),
    }
  })

const limitsOf = (span: "minute" | "hour") => rateLimits.filter(({ policy }) => policy.endsWith(span))

const partition = ({ per }: RateLimit) => (per === "client" ? "one client id" : "one subscriber")

const within = (limit: RateLimit, most: number): Bar => ({
  says: `requests of ${partition(limit)} in any ${limit.window / 1000} s: at most ${limit.quota}`,
  found: `${most}`,
  holds: most > 0 && most <= limit.quota,
})

interface Sent {
  /** How often each account presented something. */
  readonly often: Uint32Array
  /** All, since the hour began, in ms, in order. */
  readonly moments: ReadonlyArray<number>
  /** The most within a limit's window, of any partition of it. */
  readonly most: (limit: RateLimit) => number
}

/** From now on records which account presents something, and when. */
const note = (
  accounts: ReadonlyArray<Configured>,
  time: VirtualTime.VirtualTime,
  endpoint: ScriptedEndpoint.ScriptedEndpoint,
): Sent => {
  const { length } = accounts
  const places = new Map<Account, number>(accounts.map(({ account }, place) => [account, place]))
  const often = new Uint32Array(length)
  // Made before, so that the record weighs nothing while others are weighed. Twice as many mean that something is wrong.
  const at = new Float64Array(2 * length)
  const by = new Uint32Array(2 * length)
  let noted = 0
  endpoint.onPresent((account) => {
    const place = places.get(account)
    // Those of the registry that is weighed are not part of it.
    if (place === undefined) return
    often[place] = (often[place] ?? 0) + 1
    at[noted] = time.now() - START
    by[noted] = place
    noted += 1
  })
  return {
    often,
    get moments() {
      return [...at.subarray(0, noted)]
    },
    most: (limit) => mostOf(limit, at.subarray(0, noted), by.subarray(0, noted)),
  }
}

/** The most of the moments in a limit's window, of any of its partitions; `by` are the accounts' places. They stand in order. */
const mostOf = ({ per, window }: RateLimit, at: ArrayLike<number>, by: ArrayLike<number>): number => {
  const parts = new Map<number, Array<number>>()
  for (let index = 0; index < at.length; index++) {
    const place = by[index] ?? 0
    const part = per === "client" ? Math.floor(place / PER_CLIENT) : place
    const moments = parts.get(part)
    if (moments === undefined) parts.set(part, [at[index] ?? 0])
    else moments.push(at[index] ?? 0)
  }
  let most = 0
  for (const moments of parts.values()) most = Math.max(most, mostWithin(moments, window))
  return most
}

/** When the renewals fall due, beside the window over which the provider's policy spreads them. */
const dueTable = (due: ReadonlyArray<number>): { readonly table: Table; readonly bar: Bar } => {
  const { begin, end } = policyOf()
  const moments = due.toSorted((a, b) => a - b)
  const first = moments[0] ?? Number.NaN
  const last = moments.at(-1) ?? Number.NaN
  const uneven = unevenness(moments, begin, end)
  const chance = BEYOND_CHANCE / Math.sqrt(moments.length)
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`
  return {
    table: {
      title: "due, of an hour of virtual time",
      unit: "",
      spread: "",
      rows: [
        {
          name: "first, s",
          estimate: exactly(first / 1000),
          remark: `the jitter's window begins at ${begin / 1000} s`,
        },
        { name: "last, s", estimate: exactly(last / 1000), remark: `and ends at ${end / 1000} s` },
        {
          name: "furthest from evenly spread, %",
          estimate: exactly(100 * uneven),
          remark: "the largest share that is due too early or too late for that",
        },
      ],
    },
    bar: {
      says: `due evenly over the jitter's window, but for chance: ${percent(chance)} at most`,
      found: percent(uneven),
      holds: first >= begin && last <= end && uneven <= chance,
    },
  }
}

/** When they were sent. */
const sentTable = (moments: ReadonlyArray<number>, sleepers: number, asked: number): Table => {
  const perMinute = Map.groupBy(moments, (moment) => Math.floor(moment / MINUTE))
  return {
    title: "sent",
    unit: "",
    spread: "",
    rows: [
      { name: "renewals", estimate: exactly(moments.length) },
      { name: "first, s", estimate: exactly((moments[0] ?? Number.NaN) / 1000) },
      { name: "last, s", estimate: exactly((moments.at(-1) ?? Number.NaN) / 1000) },
      ...[...perMinute].map(([minute, { length }]) => ({ name: `· in minute ${minute}`, estimate: exactly(length) })),
      {
        name: "requests to the quota, for each",
        estimate: exactly(asked / moments.length),
        remark: "12 for a place of each of four limits; the rest is for who found none",
      },
      { name: "sleepers at once", estimate: exactly(sleepers), remark: "the one timer, and who waits for a place" },
    ],
  }
}

/** What the provider would have counted, beside what it accepts. */
const budgetTable = (due: ReadonlyArray<number>, sent: Sent): Table => {
  const byDue = due.map((_, place) => place).sort((a, b) => (due[a] ?? 0) - (due[b] ?? 0))
  const dueInOrder = byDue.map((place) => due[place] ?? 0)
  return {
    title: "most requests, wherever the window begins",
    unit: "",
    spread: "",
    rows: rateLimits.flatMap((limit) => {
      const { policy, quota, window } = limit
      const name = `${partition(limit)}, in ${window / 1000} s`
      const row = { name, estimate: exactly(sent.most(limit)), remark: `the provider takes ${quota}` }
      if (policy !== "client_minute") return [row]
      return [row, { name: "· if each were sent when due", estimate: exactly(mostOf(limit, dueInOrder, byDue)) }]
    }),
  }
}
