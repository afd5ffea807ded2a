/** P3: what a hundred thousand sessions weigh that do nothing, and how they come through an hour. */

import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import type { Account, Configured } from "@pbx-auth/providers/Provider"
import type * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { Driver } from "@pbx-auth/session/Driver"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { createActor } from "xstate"
import { type Bar, type Bench, exactly, type Row } from "../Board.ts"
import * as Heap from "../Heap.ts"
import * as OpenSession from "../OpenSession.ts"
import * as Peers from "../Peers.ts"
import * as ScriptedEndpoint from "../ScriptedEndpoint.ts"
import * as VirtualTime from "../VirtualTime.ts"

/** Some day in 2026. */
const START = 1_783_000_000_000
const HOUR = 3_600_000
const MINUTE = 60_000

/** What is made for each of so many weighs so many bytes, one with another. */
const weigh = async <A>(count: number, make: () => Promise<A> | A): Promise<readonly [bytes: number, made: A]> => {
  const before = await Heap.used()
  const made = await make()
  return [((await Heap.used()) - before) / count, made]
}

const row = (name: string, bytes: number, actors: number, remark?: string): Row => ({
  name,
  estimate: exactly(Math.round(bytes)),
  ratio: exactly(bytes / actors),
  remark,
})

export const bench: Bench = {
  id: "P3",
  title: "idle sessions in one process, with a renewal due each",
  run: async (isSmall) => {
    const count = isSmall ? 200 : 100_000
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
        const promised = <A>(run: () => Promise<A>) => Effect.promise(run)

        const [accountBytes, accounts] = yield* promised(() =>
          weigh(count, () => Array.from({ length: count }, (_, i) => OpenSession.configured(`${1000 + i}`))),
        )
        const open = (configured: Configured<SkySwitch.Capabilities>) => Driver.make(runtime, configured)
        const [openBytes, drivers] = yield* promised(() =>
          weigh(count, () => Effect.runPromise(Effect.forEach(accounts, open))),
        )
        const [signedInBytes] = yield* promised(() =>
          weigh(count, async () => {
            await Effect.runPromise(Effect.forEach(drivers, (driver) => driver.bearer, { discard: true }))
            await time.settle()
          }),
        )

        const { dueFrom, dueTo, perMinute, renewals } = yield* promised(() => passAnHour(time, endpoint))
        const often = [...renewals.values()]
        const once = often.filter((times) => times === 1).length
        const sessionBytes = openBytes + signedInBytes
        const isLight = sessionBytes <= 1_000
        const bars: ReadonlyArray<Bar> = [
          {
            says: "heap per session: at most 1 kB",
            found: `${(sessionBytes / 1000).toFixed(2)} kB`,
            holds: isLight,
          },
          {
            says: "timers for all of them: one",
            found: `${time.mostSleepers()} at once`,
            holds: time.mostSleepers() === 1,
          },
          {
            says: "sessions that renewed once in the hour: all",
            found: `${once} of ${count}`,
            holds: once === count,
          },
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
                row("account, as configured", accountBytes, actorBytes, "the app's own, before any session"),
              ],
            },
            {
              title: "an hour of virtual time",
              unit: "",
              spread: "",
              rows: [
                { name: "renewals", estimate: exactly(often.reduce((sum, times) => sum + times, 0)) },
                { name: "first, s", estimate: exactly(dueFrom / 1000) },
                { name: "last, s", estimate: exactly(dueTo / 1000) },
                { name: "minutes with renewals", estimate: exactly(perMinute.size) },
                { name: "most in one minute", estimate: exactly(Math.max(0, ...perMinute.values())) },
              ],
            },
          ],
          bars,
          notes: [
            "every session has its own account, record and reply; the texts of tokens are shared, so they weigh nothing",
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

interface Hour {
  readonly renewals: ReadonlyMap<Account, number>
  /** Since the hour began, ms. */
  readonly dueFrom: number
  readonly dueTo: number
  readonly perMinute: ReadonlyMap<number, number>
}

/** Counts who renews, and when. */
const passAnHour = async (
  time: VirtualTime.VirtualTime,
  endpoint: ScriptedEndpoint.ScriptedEndpoint,
): Promise<Hour> => {
  const renewals = new Map<Account, number>()
  const perMinute = new Map<number, number>()
  let dueFrom = Number.POSITIVE_INFINITY
  let dueTo = 0
  endpoint.onPresent((account) => {
    const since = time.now() - START
    const minute = Math.floor(since / MINUTE)
    renewals.set(account, (renewals.get(account) ?? 0) + 1)
    perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1)
    dueFrom = Math.min(dueFrom, since)
    dueTo = Math.max(dueTo, since)
  })
  await time.pass(HOUR)
  return { renewals, dueFrom, dueTo, perMinute }
}
