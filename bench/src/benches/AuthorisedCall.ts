/** P7: how much more an API call costs when its bearer comes from a session. */

import {
  type HttpClient as AzureHttpClient,
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createEmptyPipeline,
  createPipelineRequest,
} from "@azure/core-rest-pipeline"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import { atMost, type Bench, type Table, tableOf } from "../Board.ts"
import * as Listener from "../Listener.ts"
import * as OpenSession from "../OpenSession.ts"
import * as Peers from "../Peers.ts"
import { median, type Sample } from "../Sample.ts"
import * as ScriptedEndpoint from "../ScriptedEndpoint.ts"

/** The same call without and with a session. */
interface Pair {
  readonly name: string
  readonly without: () => Promise<unknown>
  readonly with: () => Promise<unknown>
}

const timed = async (call: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now()
  await call()
  return (performance.now() - begun) * 1000
}

/** Calls one after the other, in turns; the two also take turns in being first. The median of each round. */
const alternate = async (pair: Pair, calls: number): Promise<readonly [without: number, authorised: number]> => {
  const without: Array<number> = []
  const authorised: Array<number> = []
  for (let call = 0; call < calls; call++) {
    if (call % 2 === 0) without.push(await timed(pair.without))
    authorised.push(await timed(pair.with))
    if (call % 2 !== 0) without.push(await timed(pair.without))
  }
  return [median(without), median(authorised)]
}

const WITHOUT = "without"
const WITH = "with a session"

const tableOfPair = async (pair: Pair, rounds: number, calls: number): Promise<Table> => {
  const without: Array<number> = []
  const authorised: Array<number> = []
  await alternate(pair, calls * 3)
  for (let round = 0; round < rounds; round++) {
    const [one, other] = await alternate(pair, calls)
    without.push(one)
    authorised.push(other)
  }
  const samples = new Map<string, Sample>([
    [WITHOUT, without],
    [WITH, authorised],
  ])
  const contenders = [WITHOUT, WITH].map((name) => ({ name, run: () => 0 }))
  return tableOf(pair.name, "µs", contenders, samples, WITHOUT)
}

/** Azure refuses to send a bearer by plain HTTP, so its requests name HTTPS and are sent without it: on both sides. */
const azurePair = (origin: string): Pair => {
  const sender = createDefaultHttpClient()
  const plain: AzureHttpClient = {
    sendRequest: (request) => {
      request.url = request.url.replace("https:", "http:")
      request.allowInsecureConnection = true
      return sender.sendRequest(request)
    },
  }
  const bare = createEmptyPipeline()
  const authorised = createEmptyPipeline()
  const getToken = async () => ({ token: "token", expiresOnTimestamp: Date.now() + 3_600_000 })
  authorised.addPolicy(bearerTokenAuthenticationPolicy({ credential: { getToken }, scopes: "scope" }))
  const url = `${origin.replace("http:", "https:")}/calls`
  const request = () => createPipelineRequest({ url, headers: undefined as never })
  return {
    name: Peers.names.azure,
    without: () => bare.sendRequest(plain, request()),
    with: () => authorised.sendRequest(plain, request()),
  }
}

export const bench: Bench = {
  id: "P7",
  title: "an authorised call to a local server",
  run: (isSmall) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const { origin } = yield* Effect.acquireRelease(Effect.promise(Listener.listen), (listener) =>
          Effect.promise(async () => listener[Symbol.asyncDispose]()),
        )
        const url = `${origin}/calls`
        const runtime = yield* OpenSession.runtime(ScriptedEndpoint.make())
        const session = yield* Effect.provideService(
          Session.make(OpenSession.configured("person")),
          SessionRuntime,
          runtime,
        )
        const call = <E>(client: HttpClient.HttpClient.With<E>) => {
          const effect = Effect.flatMap(client.get(url), (response) => response.text)
          return () => Effect.runPromise(effect)
        }
        const effectPair = (name: string, layer: Layer.Layer<HttpClient.HttpClient>) =>
          Effect.gen(function* () {
            const context = yield* Layer.build(layer)
            const bearer = yield* Effect.provideContext(BearerHttpClient.make(session, { origins: [origin] }), context)
            return { name, without: call(Context.get(context, HttpClient.HttpClient)), with: call(bearer) }
          })
        const google = Peers.google("token")
        const badgateway = Peers.badgateway("token")
        const transporter = google.transporter
        const pairs: ReadonlyArray<Pair> = [
          yield* effectPair("BearerHttpClient over Effect's fetch", FetchHttpClient.layer),
          yield* effectPair("BearerHttpClient over Effect's undici", NodeHttpClient.layerUndici),
          {
            name: Peers.names.badgateway,
            without: async () => (await fetch(new Request(url))).text(),
            with: async () => (await badgateway.fetch(url)).text(),
          },
          {
            name: Peers.names.google,
            without: () => transporter.request({ url }),
            with: () => google.request({ url }),
          },
          azurePair(origin),
        ]
        const rounds = isSmall ? 3 : 60
        const calls = isSmall ? 4 : 100
        const tables: Array<Table> = []
        for (const pair of pairs) tables.push(yield* Effect.promise(() => tableOfPair(pair, rounds, calls)))
        return {
          tables,
          bars: tables.slice(0, 2).map((table) => {
            const bar = atMost(table, WITH, 1.05)
            return { ...bar, says: `${table.title}: at most 5 % over the same without it` }
          }),
          notes: [
            `${rounds} rounds of ${calls} pairs of calls, one after the other, by turns; 95 % is the ratio's confidence interval`,
          ],
        }
      }).pipe(Effect.scoped),
    ),
}
