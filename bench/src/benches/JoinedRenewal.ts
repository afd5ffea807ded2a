/** P2: how long ten thousand callers wait that joined one renewal, after its reply is there. */
import sample from "@pbx-auth/emulator/fixtures/skyswitch/password-reply.json" with { type: "json" }
import { openSkySwitch } from "@pbx-auth/session/Promises"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { atMost, type Bench, tableOf } from "../Board.ts"
import * as OpenSession from "../OpenSession.ts"
import * as Peers from "../Peers.ts"
import { race, type Size } from "../Rounds.ts"
import * as ScriptedEndpoint from "../ScriptedEndpoint.ts"

/** What all callers wait for, and the function that releases it. */
interface Renewal {
  /** One caller that joins; its result is ignored. */
  readonly join: () => PromiseLike<unknown>
  readonly release: () => void
}

/** From the release to the first and to the last resumption, in ms. */
interface Waited {
  readonly first: number
  readonly last: number
}

const waitFor = async (callers: number, { join, release }: Renewal): Promise<Waited> => {
  let left = callers
  let first = 0
  let last = 0
  const caller = async () => {
    await join()
    if (left === callers) first = performance.now()
    if (--left === 0) last = performance.now()
  }
  const all = Array.from({ length: callers }, caller)
  // Waiting for so many takes time too, and is not what is measured.
  const done = Promise.all(all)
  // All have come, and the request has got as far as the gate.
  await settle()
  const begun = performance.now()
  release()
  await done
  return { first: first - begun, last: last - begun }
}

/** The same for callers that are fibers. */
const waitForFibers = async <A, E>(
  callers: number,
  join: Effect.Effect<A, E>,
  release: () => void,
): Promise<Waited> => {
  let left = callers
  let first = 0
  let last = 0
  const done = Promise.withResolvers<void>()
  const caller = Effect.map(join, () => {
    if (left === callers) first = performance.now()
    if (--left > 0) return
    last = performance.now()
    done.resolve()
  })
  for (let i = 0; i < callers; i++) Effect.runFork(caller)
  await settle()
  const begun = performance.now()
  release()
  await done.promise
  return { first: first - begun, last: last - begun }
}

const settle = async () => {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A gate that is new for every round. */
const gate = () => {
  let open = Promise.withResolvers<void>()
  return {
    passed: () => open.promise,
    release: () => {
      open.resolve()
      open = Promise.withResolvers<void>()
    },
  }
}

const BARE = "a bare shared promise"
const BARE_OF_REPLY = "a bare shared promise of the same Response"
const BARE_IN_FIBERS = "a bare shared promise, in fibers"
/** The floors of the first bar: what the one renewal costs, and what it costs if callers share its promise by hand. */
const ALONE = "pbx.accessToken(), one renewal alone, for one caller"
const BY_HAND = "a bare shared promise of one pbx.accessToken()"
const BY_PROMISE = "pbx.accessToken()"
const IN_FIBERS = "session.accessToken, in fibers"

export const bench: Bench = {
  id: "P2",
  title: "callers that join one renewal, from its reply to their resumption",
  run: (isSmall) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const most = isSmall ? 20 : 10_000
        const size: Size = isSmall ? { rounds: 3, warmUp: 1 } : { rounds: 41, warmUp: 8 }
        const endpoint = ScriptedEndpoint.make()
        let presented = 0
        endpoint.onPresent(() => presented++)
        const runtime = yield* OpenSession.runtime(endpoint)
        const session = yield* Effect.provideService(
          Session.make(OpenSession.configured("person")),
          SessionRuntime,
          runtime,
        )
        yield* session.accessToken

        const wire = gate()
        let isHeld = false
        let fetched = 0
        const reply = (token: string) => new Response(JSON.stringify({ ...sample.sample, access_token: token }))
        const fetch = async () => {
          const response = reply(`token-${fetched++}`)
          if (isHeld) await wire.passed()
          return response
        }
        const pbx = yield* Effect.acquireRelease(
          Effect.promise(() => openSkySwitch(OpenSession.options("person"), { fetch })),
          (open) => Effect.promise(() => open.close()),
        )
        yield* Effect.promise(() => pbx.accessToken())

        /** Callers that come while a renewal is under way. */
        const renewed = async (callers: number, joining: () => Renewal["join"]): Promise<Waited> => {
          const { generation } = await pbx.bearer()
          isHeld = true
          pbx.confirm?.(generation)
          pbx.reject(generation)
          const waited = await waitFor(callers, { join: joining(), release: wire.release })
          isHeld = false
          return waited
        }

        const peers = {
          [`${Peers.names.google}: getAccessToken()`]: async (passed: () => Promise<void>) => {
            const client = Peers.google("token", passed)
            return () => client.getAccessToken()
          },
          [`${Peers.names.badgateway}: getAccessToken()`]: async (passed: () => Promise<void>) => {
            const client = Peers.badgateway("token", passed)
            return () => client.getAccessToken()
          },
          [`${Peers.names.azure}: its token cycler`]: (passed: () => Promise<void>) => Peers.azure("token", passed),
        }

        const contenders: Readonly<Record<string, (callers: number) => Promise<Waited>>> = {
          [BARE]: (callers) => {
            const { passed, release } = gate()
            const shared = passed().then(() => "token")
            return waitFor(callers, { join: () => shared, release })
          },
          [BARE_OF_REPLY]: (callers) => {
            const { passed, release } = gate()
            const response = reply("token")
            const shared = passed()
              .then(() => response.json())
              .then((body: { readonly access_token: string }) => body.access_token)
            return waitFor(callers, { join: () => shared, release })
          },
          [BY_PROMISE]: (callers) => renewed(callers, () => pbx.accessToken),
          [BY_HAND]: (callers) =>
            renewed(callers, () => {
              const shared = pbx.accessToken()
              return () => shared
            }),
          [ALONE]: () => renewed(1, () => pbx.accessToken),
          ...Object.fromEntries(
            Object.entries(peers).map(([name, open]) => [
              name,
              async (callers: number) => {
                const { passed, release } = gate()
                return waitFor(callers, { join: await open(passed), release })
              },
            ]),
          ),
          [BARE_IN_FIBERS]: (callers) => {
            const { passed, release } = gate()
            const shared = passed().then(() => "token")
            return waitForFibers(
              callers,
              Effect.promise(() => shared),
              release,
            )
          },
          [IN_FIBERS]: async (callers) => {
            const { generation } = await Effect.runPromise(session.bearer)
            const release = endpoint.hold()
            Effect.runSync(session.confirm?.(generation) ?? Effect.void)
            Effect.runSync(session.reject(generation))
            return waitForFibers(callers, session.accessToken, release)
          },
          "a bare Deferred, in fibers": (callers) => {
            const shared = Deferred.makeUnsafe<string>()
            return waitForFibers(callers, Deferred.await(shared), () =>
              Deferred.doneUnsafe(shared, Effect.succeed("token")),
            )
          },
        }
        const names = Object.keys(contenders)
        const firsts = new Map(names.map((name) => [name, [] as number[]]))
        const named = Object.entries(contenders).map(([name, wait]) => ({
          name,
          run: async () => {
            const { first, last } = await wait(most)
            firsts.get(name)?.push(first)
            return last
          },
        }))
        const samples = yield* Effect.promise(async () => {
          // A renewal comes once an hour, and a bench has few of them: without this it would run before the compiler has optimised
          // it. The floors are not run here: they would make our renewal warmer than its peers' are.
          for (const [name, wait] of Object.entries(contenders))
            for (let once = isSmall ? 1 : 200; once > 0 && name !== ALONE && name !== BY_HAND; once--) await wait(1)
          const before = presented + fetched
          const samples = await race(named, size)
          return { lasts: samples, renewals: presented + fetched - before }
        })
        const callers = `${most.toLocaleString("en-US").replaceAll(",", " ")} callers`
        const isInFibers = ({ name }: { readonly name: string }) => name.endsWith("in fibers")
        const promises = named.filter((one) => !isInFibers(one))
        const fibers = named.filter(isInFibers)
        const counted = new Map([...firsts].map(([name, all]) => [name, all.slice(size.warmUp)]))
        const table = tableOf(`${callers}, the last`, "ms", promises, samples.lasts, BARE_OF_REPLY)
        const fiberTable = tableOf(`${callers}, the last`, "ms", fibers, samples.lasts, BARE_IN_FIBERS)
        const renewing = [BY_PROMISE, BY_HAND, ALONE, IN_FIBERS]
        const renewals = samples.renewals / (renewing.length * (size.rounds + size.warmUp))
        return {
          tables: [
            table,
            tableOf(`${callers}, the first`, "ms", promises, counted, BARE_OF_REPLY),
            fiberTable,
            tableOf(`${callers}, the first`, "ms", fibers, counted, BARE_IN_FIBERS),
          ].map(({ rows, ...rest }, at) =>
            // How often a fixed cost goes into nothing is no news.
            at % 2 === 0 ? { ...rest, rows } : { ...rest, rows: rows.map(({ ratio: _, ...row }) => row) },
          ),
          bars: [
            atMost(table, BY_PROMISE, 1.3),
            atMost(fiberTable, IN_FIBERS, 0.95),
            { says: "renewals per round and row", found: renewals.toFixed(2), holds: renewals === 1 },
          ],
          notes: [
            `medians of ${size.rounds} rounds, in turns; sessions are told by a rejection that their token is dead`,
            "who waits, and for what, is alike: async functions for a Response that is read, fibers for a promise; peers read nothing",
          ],
        }
      }).pipe(Effect.scoped),
    ),
}
