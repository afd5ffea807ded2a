/** A reseller's processes on several machines: one client id, hundreds of domains, and the limits that the vendor publishes. */
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import { MemoryQuota, SharedQuota } from "@pbx-auth/session/SharedQuota"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Notes } from "../Finding.ts"
import { type Lab, scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import * as Fleet from "../reseller/Fleet.ts"
import * as Stage from "../Stage.ts"
import * as Ground from "../shared/Ground.ts"
import { client, skyswitch } from "../Vendor.ts"

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** How far each process is from the store of the quota, one way, in ms. */
const LATENCIES = [1, 1, 5, 20, 60]

const DOMAIN = "acmecorp.12345.service"

const credentials = { username: "1000@acmecorp", password: Redacted.make("mypassword") }

/** The least time in which the budget lets so many calls go, in ms: 95 % of the published places, each a second longer. */
const floorOf = (requests: number) => {
  const beyond = Math.ceil((requests - 2_565) / 86)
  return beyond > 0
    ? HOUR + SECOND + (beyond - 1) * (MINUTE + SECOND)
    : (Math.ceil(requests / 86) - 1) * (MINUTE + SECOND)
}

/** A quota in a store that is so far away. */
const farFrom = ({ take }: MemoryQuota, latency: number): SharedQuota["Service"] => ({
  take: (request) =>
    Effect.andThen(
      Effect.sleep(latency),
      Effect.flatMap(take(request), (answer) => Effect.as(Effect.sleep(latency), answer)),
    ),
})

interface Run {
  readonly domains: number
  readonly calls: number
  /** When the last process stops in the middle of its work, in ms from the start. */
  readonly stopsAt?: number
}

/** All processes do their part of the domains, from one moment on. */
const run = (lab: Lab, { calls, domains, stopsAt = Number.POSITIVE_INFINITY }: Run) => {
  const extensions = Array.from({ length: domains }, (_, index) => String(2_000 + index))
  const accounts = [
    { extension: "1000", domain: DOMAIN, password: "mypassword", scope: "Reseller" },
    ...extensions.map((extension) => ({ extension, domain: DOMAIN, scope: "Basic User" })),
  ]
  const world = { netsapiens: { accounts, rateLimits: "published" } }
  return Stage.timed(lab, { wire: "process", world }, (stage) =>
    Effect.gen(function* () {
      const quota = new MemoryQuota()
      const processes = yield* Effect.forEach(LATENCIES, (latency) =>
        Effect.gen(function* () {
          yield* stage.reboot
          const registry = lab
            .sessions()
            .pipe(
              Layer.provide(Layer.succeed(SessionRuntime, stage.runtime())),
              Layer.provide(Layer.succeed(SharedQuota, farFrom(quota, latency))),
            )
          const sessions = Context.get(yield* Layer.build(registry), Sessions)
          const account = yield* sessions.session(SkySwitch.configure({ address: stage.origin, client, credentials }))
          yield* stage.time.through(account.accessToken)
          return { account, sessions }
        }),
      )
      const begin = stage.time.now()
      const fibers = yield* Effect.forEach(processes, ({ account, sessions }, which) =>
        Effect.gen(function* () {
          const own = extensions.filter((_, at) => at % LATENCIES.length === which)
          const outcomes = yield* sessions.forEachSubject(
            account,
            own.map((extension) => `${extension}@${DOMAIN}`),
            (child) =>
              Effect.gen(function* () {
                const api = yield* BearerHttpClient.make(child)
                for (let call = 0; call < calls; call++) yield* api.get(`${stage.origin}${skyswitch.api}`)
              }),
          )
          return {
            took: stage.time.now() - begin,
            failed: outcomes.filter(({ exit }) => Exit.isFailure(exit)).length,
          }
        }).pipe(Effect.provide(stage.http), Effect.forkChild({ startImmediately: true })),
      )
      const stopping = fibers.at(-1)
      for (let passed = 0; passed < 3 * HOUR; passed += SECOND) {
        if (passed >= stopsAt && stopping !== undefined) yield* Fiber.interrupt(stopping)
        if (fibers.every((fiber) => fiber.pollUnsafe() !== undefined)) break
        yield* stage.time.advance(SECOND)
      }
      const ended = yield* Effect.forEach(fibers, Fiber.await)
      const done = ended.flatMap((exit) => (Exit.isSuccess(exit) ? [exit.value] : []))
      const journal = yield* stage.emulator.journal
      const took = done.map((one) => one.took)
      return {
        processes: done.length,
        failed: done.reduce((sum, one) => sum + one.failed, 0),
        refused: journal.filter(({ status }) => status === 429).length,
        requests: journal.length,
        took: Math.max(...took),
        ratio: Math.max(...took) / Math.min(...took),
      }
    }),
  )
}

/** As programs over real stores, a minute of the published limits in 5 s. */
const programs = async (notes: Notes): Promise<void> => {
  const tried = await Promise.all(
    (["redis", "postgres"] as const).map(async (kind) => {
      const without = Ground.missing(kind)
      if (without !== undefined) return { kind, without }
      const all = await Fleet.run({ kind, domains: 300, calls: 2, window: 5 })
      return { kind, all, rest: await Fleet.run({ kind, domains: 150, calls: 2, window: 5, killsOne: true }) }
    }),
  )
  for (const { all, kind, rest, without } of tried) {
    if (all === undefined || rest === undefined) {
      notes.measure(`over ${kind}`, `skipped: ${without}`)
      continue
    }
    notes
      .must(`over ${kind}: no 429`, all.refused + rest.refused === 0)
      .must(`over ${kind}: every call is made`, all.ended === 5 && rest.ended === 4 && all.failed + rest.failed === 0)
      .must(`over ${kind}: within 1.15 of the least time`, all.ofFloor <= 1.15)
      .must(`over ${kind}: the slowest within 1.4 of the fastest`, all.slowestToFastest <= 1.4)
      .must(`over ${kind}: one that is killed leaves its share to the others`, rest.ofFloor <= 1.15)
      .measure(`over ${kind}, of the least time`, all.ofFloor.toFixed(2))
      .measure(`over ${kind}, slowest to fastest`, all.slowestToFastest.toFixed(2))
      .measure(`over ${kind}, when one is killed, of the least time`, rest.ofFloor.toFixed(2))
  }
}

export const reseller: Row = {
  id: "R27",
  fault: "five processes of a reseller on several machines, with 300 domains under one client id",
  bar: "no 429; within 1.15 of the least time that the budget allows; the slowest within 1.4 of the fastest; one that stops leaves its share to the others",
  means:
    "Five registries share a quota from which they are 1 to 60 ms away, and each acts for its part of the domains and calls as them, against an emulator that enforces the published limits. Then again, and one of them stops in the middle. The report does the same with programs over Redis and PostgreSQL.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const domains = scaled(lab, { smoke: 40, short: 50, full: 300 })
      const calls = scaled(lab, { short: 9, full: 10 })
      const all = yield* run(lab, { domains, calls })
      notes
        .must("no 429", all.refused === 0)
        .must("every call is made", all.processes === LATENCIES.length && all.failed === 0)
        .must("within 1.15 of the least time", all.took <= 1.15 * floorOf(all.requests))
        .must("the slowest within 1.4 of the fastest", all.ratio <= 1.4)
      const rest = yield* run(lab, { domains, calls, stopsAt: 90 * SECOND })
      notes
        .must("no 429 when one stops", rest.refused === 0)
        .must("every call of the others is made", rest.processes === LATENCIES.length - 1 && rest.failed === 0)
        .must("one that stops leaves its share to the others", rest.took <= 1.15 * floorOf(rest.requests))
      if (lab.scale === "full") yield* Effect.promise(() => programs(notes))
      return notes
        .count("429", all.refused + rest.refused)
        .measure("requests", `${all.requests} in ${(all.took / MINUTE).toFixed(1)} min`)
        .measure("of the least time", (all.took / floorOf(all.requests)).toFixed(2))
        .measure("slowest to fastest", all.ratio.toFixed(2))
        .measure("when one stops, of the least time", (rest.took / floorOf(rest.requests)).toFixed(2)).finding
    }),
}
