/** A reseller's processes, as programs of their own over a real store, and an emulator that enforces the limits. */
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as Server from "@pbx-auth/emulator/Server"
import { decodeWorld } from "@pbx-auth/emulator/World"
import * as Effect from "effect/Effect"
import * as Child from "../shared/Child.ts"
import * as Ground from "../shared/Ground.ts"
import { type Job, limitsOf, type Said } from "./Job.ts"

const program = new URL("Process.ts", import.meta.url)

const PROCESSES = 5

const DOMAIN = "acmecorp.12345.service"

/** The places of a minute for calls, of the published 90. */
const CALLS = 86

/** How long the share of a killed process is kept for it, in ms. */
const GRACE = 3_000

/** How much longer than its window the budget keeps a place, in s. */
const MARGIN = 1

export interface Course extends Pick<Job, "calls" | "window"> {
  readonly kind: "redis" | "postgres"
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

export const run = ({ calls, domains, kind, killsOne = false, window }: Course): Promise<Outcome> =>
  Effect.gen(function* () {
    const place = (yield* Ground.make(kind)).place()
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
      const subjects = own.map((extension) => `${extension}@${DOMAIN}`)
      const job: Job = { place, origin, calls, window, subjects }
      return Child.start<Said>(program, { RESELLER_JOB: JSON.stringify(job) })
    })
    return yield* Effect.promise(async () => {
      const ready = await Promise.all(members.map(({ next }) => next("Ready")))
      if (ready.includes(undefined)) throw new Error("A process ended before its work began")
      const begin = performance.now()
      for (const { go } of members) go()
      const floorOf = (requests: number) => (Math.ceil(requests / CALLS) - 1) * (window + MARGIN) * 1_000
      const killed = killsOne ? members.at(-1) : undefined
      const killing = setTimeout(() => killed?.signal("SIGKILL"), floorOf(domains * (calls + 1)) / 3)
      const ends = await Promise.all(
        members
          .filter((one) => one !== killed)
          .map(async ({ next }) => ({ said: await next("Ended"), took: performance.now() - begin })),
      )
      clearTimeout(killing)
      const journal = await Effect.runPromise(emulator.journal)
      const last = ends.flatMap(({ said }) => (said === undefined ? [] : [said]))
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
