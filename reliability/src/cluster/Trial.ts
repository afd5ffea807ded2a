/**
 * Three machines with the same sessions over one PostgreSQL, under a cluster. One of them is killed in the middle of the renewals, and
 * then PostgreSQL is held for a while.
 */
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import type { JournalEntry } from "@pbx-auth/emulator/Journal"
import * as Server from "@pbx-auth/emulator/Server"
import { decodeWorld } from "@pbx-auth/emulator/World"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Postgres from "servers/src/Postgres.ts"
import { freePort } from "servers/src/Server.ts"
import * as Machine from "../../../packages/cluster/test/Machine.ts"
import type { Report } from "./Runner.ts"

export interface Size {
  readonly sessions: number
  /** Of an access token, s. A renewal is due after four fifths of it. */
  readonly lifetime: number
  /** How long PostgreSQL is away, s. */
  readonly away: number
}

/** What was counted. Durations in ms. */
export interface Result {
  readonly sessions: number
  readonly signIns: number
  /**
   * Renewals that the vendor was asked for in the last second before the kill. The killed machine may not have stored the result of
   * one. Where a refresh token serves once, that session has to sign in.
   */
  readonly atRisk: number
  /** Renewals of the first expiry, when nothing is wrong, and of the second, in which a machine is killed. */
  readonly renewals: readonly [number, number]
  /** Requests that the vendor refused. */
  readonly refused: number
  /** From the kill until every owner answers again. */
  readonly takeover: number
  /** Tokens that were served, and failed, by the machines that live: over all, and while PostgreSQL was away. */
  readonly served: number
  readonly failed: Readonly<Record<string, number>>
  readonly servedAway: number
  readonly failedAway: Readonly<Record<string, number>>
  readonly slowestAway: number
  /** What became of the questions to owners, over all machines that lived to the end. */
  readonly asked: Readonly<Record<string, number>>
}

interface Runner {
  readonly child: ChildProcess
  readonly reports: Array<{ readonly at: number; readonly report: Report }>
}

const MACHINES = 3
const program = fileURLToPath(new URL("Runner.ts", import.meta.url))

const begin = (trial: unknown): Effect.Effect<Runner, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = fork(program, [], {
        env: { ...process.env, TRIAL: JSON.stringify(trial) },
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      })
      const reports: Runner["reports"] = []
      child.on("message", (report) => reports.push({ at: Date.now(), report: report as Report }))
      return { child, reports }
    }),
    ({ child }) => Effect.sync(() => void child.kill("SIGKILL")),
  )

const until = (what: string, check: Effect.Effect<boolean>, seconds: number) =>
  Effect.repeat(check, { until: (done: boolean) => done, schedule: Schedule.spaced(100) }).pipe(
    Effect.timeout(seconds * 1_000),
    Effect.catchTag("TimeoutError", () => Effect.die(new Error(`${what}: not within ${seconds} s`))),
  )

const sum = (all: ReadonlyArray<Readonly<Record<string, number>>>) => {
  const total: Record<string, number> = {}
  for (const one of all) for (const [key, count] of Object.entries(one)) total[key] = (total[key] ?? 0) + count
  return total
}

const servedBy = (runners: ReadonlyArray<Runner>, from = 0, to = Number.POSITIVE_INFINITY) =>
  runners
    .flatMap(({ reports }) => reports)
    .filter(({ at }) => from <= at && at <= to)
    .flatMap(({ report }) => (report._tag === "Served" ? [report] : []))

/** Runs it. `print` gets a line about each step. */
export const run = Effect.fnUntraced(function* ({ away, lifetime, sessions }: Size, print: (words: string) => void) {
  const extensions = Array.from({ length: sessions }, (_, at) => 10_000 + at)
  const database = yield* Effect.acquireRelease(
    Effect.promise(() => Postgres.start({ fsync: "off" })),
    (server) => Effect.promise(server.close),
  )
  const emulator = yield* Emulator.make({ world: yield* decodeWorld(Machine.worldOf(extensions, lifetime)) })
  const { origin } = yield* Server.serve({ port: 0, emulator })
  const tables = `t_${crypto.randomUUID().slice(0, 8)}`
  const requests = (grant: JournalEntry["grant"]) =>
    Effect.map(emulator.journal, (journal) => journal.filter((entry) => entry.grant === grant))
  const renewals = Effect.map(requests("refresh_token"), (all) => all.length)

  const runners: Array<Runner> = []
  for (let at = 0; at < MACHINES; at++) {
    runners.push(yield* begin({ url: database.url, origin, tables, port: yield* Effect.promise(freePort), extensions }))
    const { reports } = runners[at] as Runner
    // One after the other: the first signs in, the others find its tokens.
    yield* until(
      "a machine opens its sessions",
      Effect.sync(() => reports.some(({ report }) => report._tag === "Opened")),
      300,
    )
    print(`machine ${at + 1} has opened ${sessions} sessions`)
  }
  const answered = (from: number, of: ReadonlyArray<Runner>) =>
    of.every(({ reports }) => reports.some(({ report }) => report._tag === "Answered" && report.from >= from))
  const ready = Date.now()
  yield* until(
    "every owner answers",
    Effect.sync(() => answered(ready, runners)),
    60,
  )

  const renewedBy = (count: number) =>
    until(
      `${count} renewals`,
      Effect.map(renewals, (all) => all >= count),
      2 * lifetime + 60,
    )
  yield* renewedBy(sessions)
  yield* Effect.sleep(lifetime * 200)
  const first = yield* renewals
  print(`first expiry: ${first} renewals`)

  // The next expiry has begun: some are renewed, most are not.
  yield* renewedBy(first + Math.ceil(sessions / 20))
  const [victim, ...living] = runners as [Runner, ...Array<Runner>]
  const killed = Date.now()
  victim.child.kill("SIGKILL")
  print("machine 1 is killed")
  yield* until(
    "every owner answers",
    Effect.sync(() => answered(killed, living)),
    60,
  )
  const takeover =
    Math.max(
      ...living.map(({ reports }) =>
        Math.min(
          ...reports.flatMap(({ report }) => (report._tag === "Answered" && report.from >= killed ? [report.at] : [])),
        ),
      ),
    ) - killed
  print(`every owner answers again after ${takeover} ms`)
  yield* renewedBy(first + sessions)
  // Tokens that live long from now on, for the time without PostgreSQL.
  yield* Effect.sleep(lifetime * 200)
  const second = (yield* renewals) - first
  print(`second expiry: ${second} renewals`)
  yield* emulator.updateWorld((world) => ({ ...world, netsapiens: { ...world.netsapiens, lifetime: 10 * away + 600 } }))
  yield* renewedBy(first + second + sessions)
  yield* Effect.sleep(2_000)

  const from = Date.now()
  database.hold()
  print(`PostgreSQL is held for ${away} s`)
  yield* Effect.sleep(away * 1_000)
  const to = Date.now()
  database.letGo()
  yield* until(
    "every owner answers",
    Effect.sync(() => answered(to, living)),
    120,
  )
  print(`every owner answers again ${Date.now() - to} ms after its return`)

  const whole = servedBy(living)
  const meanwhile = servedBy(living, from, to)
  const all = [...(yield* requests("password")), ...(yield* requests("refresh_token"))]
  return {
    sessions,
    signIns: (yield* requests("password")).length,
    atRisk: (yield* requests("refresh_token")).filter(({ at }) => killed - 1_000 <= at && at <= killed + 100).length,
    renewals: [first, second],
    refused: all.filter(({ outcome }) => String(outcome).startsWith("refused")).length,
    takeover,
    served: whole.reduce((total, { tokens }) => total + tokens, 0),
    failed: sum(whole.map(({ failed }) => failed)),
    servedAway: meanwhile.reduce((total, { tokens }) => total + tokens, 0),
    failedAway: sum(meanwhile.map(({ failed }) => failed)),
    slowestAway: Math.max(...meanwhile.map(({ slowest }) => slowest)),
    asked: sum(living.flatMap((one) => servedBy([one]).slice(-1)).map(({ asked }) => asked)),
  } satisfies Result
})

/** What a trial must show, as sentences about what it does not; none if it does. */
export const wrongs = (result: Result): ReadonlyArray<string> => {
  const { atRisk, failed, failedAway, refused, renewals, servedAway, sessions, signIns, takeover } = result
  return [
    ...(sessions <= signIns && signIns <= sessions + atRisk
      ? []
      : [`${signIns} sign-ins for ${sessions} sessions, ${atRisk} of them at risk`]),
    ...renewals.flatMap((count, at) => (count === sessions ? [] : [`${count} renewals at expiry ${at + 1}`])),
    ...(refused === 0 ? [] : [`the vendor refused ${refused} requests`]),
    ...(takeover <= 4_000 ? [] : [`the takeover took ${takeover} ms`]),
    ...(Object.keys(failed).length === 0 ? [] : [`callers failed: ${JSON.stringify(failed)}`]),
    ...(Object.keys(failedAway).length === 0
      ? []
      : [`callers failed without PostgreSQL: ${JSON.stringify(failedAway)}`]),
    ...(servedAway > 0 ? [] : ["nobody was served without PostgreSQL"]),
    ...((result.asked.renewed ?? 0) > 0 ? [] : ["no owner renewed"]),
  ]
}
