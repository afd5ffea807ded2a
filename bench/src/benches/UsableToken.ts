/** P1: the cost of a token that is already there. */

import sample from "@pbx-auth/emulator/fixtures/skyswitch/password-reply.json" with { type: "json" }
import { openSkySwitch } from "@pbx-auth/session/Promises"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { atMost, atMostTimes, type Bench, tableOf } from "../Board.ts"
import * as OpenSession from "../OpenSession.ts"
import * as Peers from "../Peers.ts"
import { race, type Size } from "../Rounds.ts"
import * as ScriptedEndpoint from "../ScriptedEndpoint.ts"

const NANOS = 1_000_000

/** Nanoseconds of one run of an effect, by many in one fiber; the loop adds as little as any loop can. */
const inFiber = <A, E>(effect: Effect.Effect<A, E>, times: number) => {
  const loop = Effect.suspend(() => {
    let left = times
    const begun = performance.now()
    return Effect.map(
      Effect.whileLoop({
        while: () => left > 0,
        body: () => effect,
        step: () => {
          left -= 1
        },
      }),
      () => ((performance.now() - begun) * NANOS) / times,
    )
  })
  return () => Effect.runPromise(loop)
}

/** The same, by `yield*` in a generator, as an app writes it. */
const inGenerator = <A, E>(effect: Effect.Effect<A, E>, times: number) => {
  const loop = Effect.gen(function* () {
    const begun = performance.now()
    for (let left = times; left > 0; left--) yield* effect
    return ((performance.now() - begun) * NANOS) / times
  })
  return () => Effect.runPromise(loop)
}

const awaited = (get: () => Promise<unknown>, times: number) => async () => {
  const begun = performance.now()
  for (let left = times; left > 0; left--) await get()
  return ((performance.now() - begun) * NANOS) / times
}

const BOTH_EFFECT = "a bare Effect.sync that reads both clocks"
const BOTH_ASYNC = "a bare async function that reads both clocks"
const BARE_EFFECT = "a bare Effect.sync with an expiry check"
const IN_FIBER = "session.accessToken"
const BARE_ASYNC = "a bare async function with an expiry check"
const BY_PROMISE = "pbx.accessToken()"

export const bench: Bench = {
  id: "P1",
  title: "accessToken, while the token is usable",
  run: (isSmall) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const times = isSmall ? 50 : 20_000
        const size: Size = isSmall ? { rounds: 3, warmUp: 1 } : { rounds: 41, warmUp: 8 }
        const runtime = yield* OpenSession.runtime(ScriptedEndpoint.make())
        const session = yield* Effect.provideService(
          Session.make(OpenSession.configured("person")),
          SessionRuntime,
          runtime,
        )
        yield* session.accessToken

        const token = Redacted.make("token")
        const expiresAt = Date.now() + 3_600_000
        // A wall clock that is set back must not keep a token alive, so a session reads both clocks (reliability, R9).
        const until = performance.now() + 3_600_000
        const bare = Effect.sync(() => {
          if (Date.now() >= expiresAt) throw new Error("expired")
          return token
        })
        const bareOfBoth = Effect.sync(() => {
          if (Date.now() >= expiresAt || performance.now() >= until) throw new Error("expired")
          return token
        })
        const fibers = [
          { name: BARE_EFFECT, run: inFiber(bare, times) },
          { name: BOTH_EFFECT, run: inFiber(bareOfBoth, times) },
          { name: IN_FIBER, run: inFiber(session.accessToken, times) },
          { name: "session.bearer", run: inFiber(session.bearer, times) },
          { name: "by yield*: the bare one", run: inGenerator(bare, times) },
          { name: "by yield*: session.accessToken", run: inGenerator(session.accessToken, times) },
        ]

        const fetch = async () => new Response(JSON.stringify(sample.sample))
        const pbx = yield* Effect.acquireRelease(
          Effect.promise(() => openSkySwitch(OpenSession.options("person"), { fetch })),
          (open) => Effect.promise(() => open.close()),
        )
        yield* Effect.promise(() => pbx.accessToken())
        const google = Peers.google("token")
        const badgateway = Peers.badgateway("token")
        yield* Effect.promise(() => badgateway.getAccessToken())
        const azure = yield* Effect.promise(() => Peers.azure("token"))
        const GOOGLE = `${Peers.names.google}: getAccessToken()`
        const promises = [
          {
            name: BARE_ASYNC,
            run: awaited(async () => {
              if (Date.now() >= expiresAt) throw new Error("expired")
              return "token"
            }, times),
          },
          {
            name: BOTH_ASYNC,
            run: awaited(async () => {
              if (Date.now() >= expiresAt || performance.now() >= until) throw new Error("expired")
              return "token"
            }, times),
          },
          { name: BY_PROMISE, run: awaited(pbx.accessToken, times) },
          { name: GOOGLE, run: awaited(() => google.getAccessToken(), times) },
          {
            name: `${Peers.names.badgateway}: getAccessToken()`,
            run: awaited(() => badgateway.getAccessToken(), times),
          },
          { name: `${Peers.names.azure}: its token cycler`, run: awaited(azure, times) },
        ]

        const samples = yield* Effect.promise(() => race([...fibers, ...promises], size))
        const fiberTable = tableOf("in a fiber", "ns", fibers, samples, BOTH_EFFECT)
        const promiseTable = tableOf("by a promise", "ns", promises, samples, BOTH_ASYNC)
        // The floor of the second bar: what reads both clocks, beside a client that reads one.
        const isFloor = ({ name }: { readonly name: string }) => [GOOGLE, BOTH_ASYNC, BY_PROMISE].includes(name)
        const googleTable = tableOf("by a promise, beside google", "ns", promises.filter(isFloor), samples, GOOGLE)
        const started = yield* Effect.promise(() => fibersStartedBy(pbx.accessToken))
        return {
          tables: [fiberTable, promiseTable, googleTable],
          bars: [
            atMost(promiseTable, BY_PROMISE, 1.15),
            atMostTimes(samples, BY_PROMISE, GOOGLE, 0.85),
            atMost(fiberTable, IN_FIBER, 1.2),
            { says: `${BY_PROMISE}: fibers started`, found: String(started), holds: started === 0 },
          ],
          notes: [`medians of ${size.rounds} rounds of ${times} each, in turns`],
        }
      }).pipe(Effect.scoped),
    ),
}

/** Fibers are numbered one after the other: numbers between two of ours belong to fibers that something else started. */
const fibersStartedBy = async (run: () => Promise<unknown>): Promise<number> => {
  const before = Effect.runFork(Effect.void).id
  await run()
  return Effect.runFork(Effect.void).id - before - 1
}
