/** Layers that are built together: each speaks through its own client and keeps its records in its own store. */
import { assert, describe, it } from "@effect/vitest"
import * as EndpointBreaker from "@pbx-auth/providers/EndpointBreaker"
import * as HttpClientTransport from "@pbx-auth/providers/HttpClientTransport"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import { Landstar } from "@pbx-auth/session/Landstar"
import * as NetSapiens from "@pbx-auth/session/NetSapiens"
import type { BearerSource, Session } from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import { CurrentWatcher } from "@pbx-auth/session/Watcher"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as LayerMap from "effect/LayerMap"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import { client, eventually, harness, noting, people } from "./Harness.ts"

/** The emulator, and what each of several apps or tenants gives its layers. */
const stage = Effect.fnUntraced(function* () {
  const made = yield* harness()
  const http = yield* Effect.provide(HttpClient.HttpClient, made.http)
  /** Which client each request went through. */
  const sent: Array<string> = []
  const stores = new Map<string, ReturnType<typeof noting>>()
  const storeOf = Effect.fnUntraced(function* (name: string) {
    const store = stores.get(name) ?? noting(yield* TokenStore.makeMemory)
    stores.set(name, store)
    return store.store
  })
  const givenTo = (name: string) =>
    Layer.mergeAll(
      Layer.succeed(
        HttpClient.HttpClient,
        HttpClient.tapRequest(http, () => Effect.sync(() => void sent.push(name))),
      ),
      Layer.effect(TokenStore.TokenStore, storeOf(name)),
    )
  /** Whose records lie in a store; each has one. */
  const kept = (name: string) => stores.get(name)?.keys.size
  const build = <A, E>(layer: Layer.Layer<A, E>) => made.timed(Layer.build(layer))
  return { ...made, build, givenTo, kept, sent, at: { address: made.origin, client } }
})

describe("each layer has the client and the store that it was given", () => {
  it.live("two providers in one merge", () =>
    Effect.gen(function* () {
      const { at, build, givenTo, kept, sent } = yield* stage()
      const one = SkySwitch.layer({ ...at, credentials: people.reseller })
      const other = Landstar.layer({ ...at, credentials: people.officeManager })
      const context = yield* build(
        Layer.merge(Layer.provide(one, givenTo("one")), Layer.provide(other, givenTo("other"))),
      )
      yield* Context.get(context, SkySwitch).accessToken
      assert.deepStrictEqual(sent, ["one"])
      yield* Context.get(context, Landstar).accessToken
      assert.deepStrictEqual(sent, ["one", "other"])
      assert.deepStrictEqual([kept("one"), kept("other")], [1, 1])
    }),
  )

  it.live("two operators of NetSapiens, each with a tag of its own", () =>
    Effect.gen(function* () {
      const { build, givenTo, kept, origin, sent } = yield* stage()
      class North extends NetSapiens.Service<North>()("test/North", { address: origin, capabilities: ["inspect"] }) {}
      class South extends NetSapiens.Service<South>()("test/South", { address: origin, capabilities: ["inspect"] }) {}
      const context = yield* build(
        Layer.mergeAll(
          Layer.provide(North.layer({ client, credentials: people.reseller }), givenTo("north")),
          Layer.provide(South.layerConfig({ client, credentials: people.officeManager }), givenTo("south")),
        ),
      )
      yield* Effect.all([Context.get(context, South).accessToken, Context.get(context, North).accessToken])
      assert.deepStrictEqual(sent, ["south", "north"])
      assert.deepStrictEqual([kept("north"), kept("south")], [1, 1])
    }),
  )

  it.live("a tenant's in a LayerMap", () =>
    Effect.gen(function* () {
      const { at, givenTo, kept, sent, timed } = yield* stage()
      const credentialsOf = { one: people.reseller, other: people.officeManager }
      const tenants = yield* timed(
        LayerMap.make((name: keyof typeof credentialsOf) =>
          Layer.provide(SkySwitch.layer({ ...at, credentials: credentialsOf[name] }), givenTo(name)),
        ),
      )
      const signIn = (name: keyof typeof credentialsOf) =>
        timed(Effect.flatMap(tenants.contextEffect(name), (context) => Context.get(context, SkySwitch).accessToken))
      yield* signIn("one")
      yield* signIn("other")
      assert.deepStrictEqual(sent, ["one", "other"])
      assert.deepStrictEqual([kept("one"), kept("other")], [1, 1])
    }),
  )

  it.live("a tenant's registry, and a provider's layer beside it", () =>
    Effect.gen(function* () {
      const { accounts, at, build, givenTo, kept, sent } = yield* stage()
      class Mine extends Context.Service<Mine, Sessions["Service"]>()("test/Mine") {}
      class Yours extends Context.Service<Yours, Sessions["Service"]>()("test/Yours") {}
      const registry = (name: string) => Layer.provide(Sessions.layer(), givenTo(name))
      const context = yield* build(
        Layer.mergeAll(
          Layer.provide(Layer.effect(Mine, Sessions), registry("mine")),
          Layer.provide(Layer.effect(Yours, Sessions), registry("yours")),
          Layer.provide(SkySwitch.layer({ ...at, credentials: people.reseller }), givenTo("alone")),
        ),
      )
      const account = accounts.skyswitch({ credentials: people.officeManager })
      for (const registry of [Context.get(context, Mine), Context.get(context, Yours)]) {
        yield* Effect.flatMap(registry.session(account), (session) => session.accessToken)
      }
      yield* Context.get(context, SkySwitch).accessToken
      assert.deepStrictEqual(sent, ["mine", "yours", "alone"])
      assert.deepStrictEqual([kept("mine"), kept("yours"), kept("alone")], [1, 1, 1])
    }),
  )

  it.live("a runtime that an app puts together itself, behind a breaker too", () =>
    Effect.gen(function* () {
      const { accounts, build, givenTo, sent } = yield* stage()
      class Mine extends Context.Service<Mine, SessionRuntime["Service"]>()("test/Mine") {}
      class Yours extends Context.Service<Yours, SessionRuntime["Service"]>()("test/Yours") {}
      const runtime = (name: string) =>
        SessionRuntime.layer.pipe(
          Layer.provide(EndpointBreaker.layer),
          Layer.provide(TokenEndpoint.layer),
          Layer.provide(HttpClientTransport.layer),
          Layer.provide(CircuitBreaker.layer({ tripPolicy: CircuitBreaker.consecutive(5), openDuration: "1 second" })),
          Layer.provide(CircuitBreaker.layerStoreMemory()),
          Layer.provide(givenTo(name)),
        )
      const context = yield* build(
        Layer.mergeAll(
          Layer.provide(Layer.effect(Mine, SessionRuntime), runtime("mine")),
          Layer.provide(Layer.effect(Yours, SessionRuntime), runtime("yours")),
        ),
      )
      const { account } = accounts.sangoma()
      const scopes = ["cx.agent-calls"]
      yield* Context.get(context, Mine).endpoint.present(account, { _tag: "ClientCredentials", scopes })
      yield* Context.get(context, Yours).endpoint.present(account, { _tag: "ClientCredentials", scopes })
      assert.deepStrictEqual(sent, ["mine", "yours"])
    }),
  )

  it.live("the watcher, too", () =>
    Effect.gen(function* () {
      const { at, build, givenTo } = yield* stage()
      const seen = new Set<string>()
      const watched = Layer.succeed(CurrentWatcher, ({ account }) => void seen.add(account.provider.id))
      yield* build(
        Layer.mergeAll(
          SkySwitch.layer(at).pipe(Layer.provide(watched), Layer.provide(givenTo("watched"))),
          Layer.provide(Landstar.layer(at), givenTo("unwatched")),
        ),
      )
      assert.deepStrictEqual([...seen], ["skyswitch"])
    }),
  )
})

describe("the timer", () => {
  it.live("is one for all layers that are built together, and rings for each of them", () =>
    Effect.gen(function* () {
      const { at, clock, givenTo, grants } = yield* stage()
      let sleepers = 0
      const counting: Clock.Clock = Object.create(clock, {
        sleep: {
          value: (duration: Parameters<Clock.Clock["sleep"]>[0]) =>
            Effect.acquireUseRelease(
              Effect.sync(() => sleepers++),
              () => clock.sleep(duration),
              () => Effect.sync(() => sleepers--),
            ),
        },
      })
      const context = yield* Layer.build(
        Layer.merge(
          Layer.provide(SkySwitch.layer({ ...at, credentials: people.reseller }), givenTo("one")),
          Layer.provide(Landstar.layer({ ...at, credentials: people.officeManager }), givenTo("other")),
        ),
      ).pipe(Effect.provideService(Clock.Clock, counting))
      const both: ReadonlyArray<BearerSource & Pick<Session, "signOut">> = [
        Context.get(context, SkySwitch),
        Context.get(context, Landstar),
      ]
      const inTime = Effect.provideService(Clock.Clock, counting)
      yield* inTime(Effect.forEach(both, (session) => session.accessToken))
      yield* eventually(
        "one sleeper",
        Effect.sync(() => sleepers === 1),
      )
      yield* clock.adjust("58 minutes")
      yield* eventually(
        "a renewal of each",
        Effect.map(grants, (all) => all.filter((one) => one === "refresh_token").length === 2),
      )
      yield* inTime(Effect.forEach(both, (session) => session.signOut))
      yield* eventually(
        "nobody who sleeps",
        Effect.sync(() => sleepers === 0),
      )
    }),
  )
})
