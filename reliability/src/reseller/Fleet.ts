/** A reseller's processes, as programs of their own over a real store, and an emulator that enforces the limits. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as Server from "@pbx-auth/emulator/Server"
import { decodeWorld } from "@pbx-auth/emulator/World"
import * as Effect from "effect/Effect"
import * as Postgres from "servers/src/Postgres.ts"
import * as Redis from "servers/src/Redis.ts"
import { unavailable } from "servers/src/Server.ts"
import { type Job, limitsOf, type Said } from "./Job.ts"

export type Kind = Job["store"]["kind"]

const PROCESSES = 5

const DOMAIN = "acmecorp.12345.service"

/** The places of a minute for calls, of the published 90. */
const CALLS = 86

/** How long the share of a killed process is kept for it, in ms. */
const GRACE = 3_000

/** How much longer than its window the budget keeps a place, in s. */
const MARGIN = 1

const servers = { redis: Redis, postgres: Postgres }

/** Why there is no store of a kind here. */
export const missing = (kind: Kind): string | undefined => unavailable(servers[kind].source)

export interface Course extends Pick<Job, "calls" | "window"> {
  readonly kind: Kind
  readonly domains: number
  /** Whether one of them is killed in the middle. */
  readonly killsOne?: boolean
}

export interface Outcome {
  /** How many were told 429. */
  readonly refused: number
  readonly requests: number
  /** Of the processes that were not killed. */
  readonly ended: number
  readonly failed: number
  /** Whether all of them counted in the shared quota until the end. */
  readonly areShared: boolean
  /** The time that it took, by the least time that the budget allows. */
  readonly ofFloor: number
  readonly slowestToFastest: number
}

/** A store, for as long as the scope is open. */
const storeOf = (kind: Kind) => {
  const { source, start } = servers[kind]
  const name = `test_${crypto.randomUUID().slice(0, 8)}`
  if (source._tag === "Given") return Effect.succeed({ kind, url: source.url, name })
  return Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => start()),
      (server) => Effect.promise(server.close),
    ),
    ({ url }) => ({ kind, url, name }),
  )
}

interface Member {
  readonly child: ChildProcess
  readonly said: AsyncIterator<string>
}

const member = (job: Job) =>
  Effect.acquireRelease(
    Effect.sync((): Member => {
      const child = spawn(process.execPath, [fileURLToPath(new URL("Process.ts", import.meta.url))], {
        stdio: ["pipe", "pipe", "inherit"],
        env: { ...process.env, RESELLER_JOB: JSON.stringify(job) },
      })
      return { child, said: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
    }),
    ({ child }) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill("SIGKILL")
        await once(child, "close")
      }),
  )

/** What it says next, without what is logged; `undefined` if it ends without a word. */
const next = async ({ said }: Member): Promise<Said | undefined> => {
  for (let line = await said.next(); line.done !== true; line = await said.next()) {
    if (line.value.startsWith("{")) return JSON.parse(line.value) as Said
  }
  return undefined
}

export const run = ({ calls, domains, kind, killsOne = false, window }: Course): Promise<Outcome> =>
  Effect.gen(function* () {
    const store = yield* storeOf(kind)
    const extensions = Array.from({ length: domains }, (_, index) => String(2_000 + index))
    const emulator = yield* Emulator.make({
      world: yield* decodeWorld({
        netsapiens: {
          accounts: [
            { extension: "1000", domain: DOMAIN, password: "mypassword", scope: "Reseller" },
            ...extensions.map((extension) => ({ extension, domain: DOMAIN, scope: "Basic User" })),
          ],
          rateLimits: limitsOf(window).map(({ per, policy, quota, window: millis }) => ({
            name: policy,
            per,
            quota,
            window: millis / 1_000,
          })),
        },
      }),
    })
    const { origin } = yield* Server.serve({ port: 0, emulator })
    const members = yield* Effect.forEach(Array.from({ length: PROCESSES }), (_, which) => {
      const own = extensions.filter((_, at) => at % PROCESSES === which)
      return member({ store, origin, calls, window, subjects: own.map((extension) => `${extension}@${DOMAIN}`) })
    })
    return yield* Effect.promise(async () => {
      const ready = await Promise.all(members.map(next))
      if (ready.includes(undefined)) throw new Error("A process ended before its work began")
      const begin = performance.now()
      for (const { child } of members) child.stdin?.write("go\n")
      const floorOf = (requests: number) => (Math.ceil(requests / CALLS) - 1) * (window + MARGIN) * 1_000
      const killed = killsOne ? members.at(-1) : undefined
      const killing = setTimeout(() => killed?.child.kill("SIGKILL"), floorOf(domains * (calls + 1)) / 3)
      const ends = await Promise.all(
        members
          .filter((one) => one !== killed)
          .map(async (one) => ({ said: await next(one), took: performance.now() - begin })),
      )
      clearTimeout(killing)
      const journal = await Effect.runPromise(emulator.journal)
      const last = ends.flatMap(({ said }) => (said !== undefined && "failed" in said ? [said] : []))
      const took = ends.map((one) => one.took)
      return {
        refused: journal.filter(({ status }) => status === 429).length,
        requests: journal.length,
        ended: last.length,
        failed: last.reduce((sum, { failed }) => sum + failed, 0),
        areShared: last.every(({ countedBy }) => countedBy === "shared"),
        ofFloor: Math.max(...took) / (floorOf(journal.length) + (killsOne ? GRACE : 0)),
        slowestToFastest: Math.max(...took) / Math.min(...took),
      }
    })
  }).pipe(Effect.scoped, Effect.runPromise)
