/** P2: how long ten thousand wait that joined one renewal, once its reply is there. */
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

/** Something that everybody waits for, and the hand that lets it go. */
interface Renewal {
  /** One caller who joins; what it gives is not looked at. */
  readonly join: () => PromiseLike<unknown>
  readonly release: () => void
}

/** From the release to the last one's resumption, in ms. */
const waitFor = async (callers: number, { join, release }: Renewal): Promise<number> => {
  let left = callers
  let last = 0
  const caller = async () => {
    await join()
    if (--left === 0) last = performance.now()
  }
  const all = Array.from({ length: callers }, caller)
  // All have come, and what is under way has got as far as the gate.
  await settle()
  const begun = performance.now()
  release()
  await Promise.all(all)
  return last - begun
}

/** The same for callers that are fibers. */
const waitForFibers = async <A, E>(
  callers: number,
  join: Effect.Effect<A, E>,
  release: () => void,
): Promise<number> => {
  let left = callers
  let last = 0
  const done = Promise.withResolvers<void>()
  const caller = Effect.map(join, () => {
    if (--left > 0) return
    last = performance.now()
    done.resolve()
  })
  for (let i = 0; i < callers; i++) Effect.runFork(caller)
  await settle()
  const begun = performance.now()
  release()
  await done.promise
  return last - begun
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
const BY_PROMISE = "pbx.accessToken()"
const IN_FIBERS = "session.accessToken in fibers"

export const bench: Bench = {
  id: "P2",
  title: "callers that join one renewal, from its reply to the last resumption",
  run: (isSmall) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const callers = isSmall ? 20 : 10_000
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
        const pbx = yield* Effect.acquireRelease(
          Effect.promise(() =>
            openSkySwitch(
              { client: { id: "id", secret: "secret" }, credentials: { username: "person", password: "password" } },
              {
                fetch: async () => {
                  const access_token = `token-${fetched++}`
                  if (isHeld) await wire.passed()
                  return new Response(JSON.stringify({ ...sample.sample, access_token }))
                },
              },
            ),
          ),
          (open) => Effect.promise(() => open.close()),
        )
        yield* Effect.promise(() => pbx.accessToken())

        const contenders = [
          {
            name: BARE,
            run: () => {
              const { passed, release } = gate()
              const shared = passed().then(() => "token")
              return waitFor(callers, { join: () => shared, release })
            },
          },
          {
            name: BY_PROMISE,
            remark: "with its wire: a Response is read and decoded",
            run: async () => {
              const { generation } = await pbx.bearer()
              isHeld = true
              pbx.reject(generation)
              const took = await waitFor(callers, { join: pbx.accessToken, release: wire.release })
              isHeld = false
              return took
            },
          },
          {
            name: IN_FIBERS,
            run: async () => {
              const { generation } = await Effect.runPromise(session.bearer)
              const release = endpoint.hold()
              Effect.runSync(session.reject(generation))
              return waitForFibers(callers, session.accessToken, release)
            },
          },
          {
            name: "a bare Deferred in fibers",
            remark: "the least that fibers can do",
            run: () => {
              const shared = Deferred.makeUnsafe<string>()
              return waitForFibers(callers, Deferred.await(shared), () =>
                Deferred.doneUnsafe(shared, Effect.succeed("token")),
              )
            },
          },
          {
            name: `${Peers.names.google}: getAccessToken()`,
            run: () => {
              const { passed, release } = gate()
              const client = Peers.google("token", passed)
              return waitFor(callers, { join: () => client.getAccessToken(), release })
            },
          },
          {
            name: `${Peers.names.badgateway}: getAccessToken()`,
            run: () => {
              const { passed, release } = gate()
              const client = Peers.badgateway("token", passed)
              return waitFor(callers, { join: () => client.getAccessToken(), release })
            },
          },
          {
            name: `${Peers.names.azure}: its token cycler`,
            run: async () => {
              const { passed, release } = gate()
              const join = await Peers.azure("token", passed)
              return waitFor(callers, { join, release })
            },
          },
        ]
        const before = { presented, fetched }
        const samples = yield* Effect.promise(() => race(contenders, size))
        const table = tableOf(`${callers.toLocaleString("en-US")} callers`, "ms", contenders, samples, BARE)
        const renewals = (presented - before.presented + fetched - before.fetched) / (2 * (size.rounds + size.warmUp))
        return {
          tables: [table],
          bars: [
            atMost(table, IN_FIBERS, 2),
            atMost(table, BY_PROMISE, 2),
            { says: "renewals per round", found: renewals.toFixed(2), holds: renewals === 1 },
          ],
          notes: [
            `medians of ${size.rounds} rounds, in turns; sessions are told by a rejection that their token is dead`,
          ],
        }
      }).pipe(Effect.scoped),
    ),
}
