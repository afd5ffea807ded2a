/**
 * Marked secrets go through every path of a session. None may come out anywhere.
 *
 * @module-tag slow
 */
import { assert, describe, it } from "@effect/vitest"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { openIpex, openLandstar, openSangomaCx, openSkySwitch } from "@pbx-auth/session/Promises"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import { TokenStore } from "@pbx-auth/session/TokenStore"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { client, collected, marked, recording, reseller, walk, wire, withFactor, world } from "./CanaryWalk.ts"
import { accountsAt, eventually, harness, settle, subjectOf, withoutAlarm } from "./Harness.ts"
import { leaked, textsOf } from "./Leak.ts"

describe("no secret comes out", () => {
  for (const refreshMethod of ["POST", "GET"] as const) {
    const options = { tags: refreshMethod === "GET" ? ["matrix"] : [] }
    it.live(
      `by a session, its children, its errors, spans, logs and journal, renewed by ${refreshMethod}`,
      () => {
        const { layer, logs, spans } = recording()
        return Effect.gen(function* () {
          const line = wire()
          const all = collected()
          const { clock, drive, emulator, journal, open, origin, process, runtime, store, timed } = yield* harness({
            world,
            between: line.between,
          })
          const accounts = accountsAt(origin)
          const configured = accounts.skyswitch({ client, refreshMethod, passcodeRepeatsCredentials: true })
          const adjust = (by: string) => clock.adjust(by as "1 hour")
          yield* walk(yield* drive(configured), line, all, { adjust }, emulator)
          const unattended = { ...configured, credentials: withFactor }
          yield* walk(yield* drive(unattended, yield* process), line, all, { adjust }, emulator)
          for (const one of [
            accounts.ipex({ credentials: { username: "api-user@example.test", password: marked.ipex } }),
            accounts.sangoma({ client: { id: "client", secret: marked.sangoma }, scopes: ["cx.agent-calls"] }),
            accounts.landstar({ client, credentials: withFactor }),
            accounts.landstar({ client, credentials: reseller, refreshMethod }),
          ] as ReadonlyArray<Configured<Capability>>) {
            const pbx = yield* open(one)
            all.keep(pbx)
            yield* all.tried(pbx.bearer)
            yield* adjust("2 hours")
            yield* all.tried(pbx.accessToken)
            yield* all.tried(pbx.view)
            all.keep(one)
          }
          all.keep([runtime, store, yield* journal, emulator.journal, timed])

          assert.isAbove(line.secrets.size, 20)
          assert.isNotEmpty(spans)
          assert.isNotEmpty(logs)
          assert.isAbove(all.things.length, 200)
          assert.isEmpty(leaked(all.things, line.secrets))
          assert.isEmpty(leaked(spans, line.secrets))
          assert.isEmpty(leaked(logs, line.secrets))
          // The walk went where it should: every kind of failure was seen.
          const text = textsOf(all.things)
          for (const reason of [
            "BadCredentials",
            "BadPasscode",
            "PasscodeRequired",
            "RenewalRefused",
            "NotAllowed",
            "Throttled",
            "Unavailable",
            "Unreadable",
            "OutcomeUnknown",
            "SignedOut",
          ]) {
            assert.include(text, `"_tag":"${reason}"`.replaceAll('"', "").split(":")[1] ?? reason)
          }
        }).pipe(Effect.provide(layer))
      },
      options,
    )
  }

  it.live("by a service and its layers, its client for calls, and what that answers or fails with", () => {
    const { layer, logs, spans } = recording()
    return Effect.gen(function* () {
      const line = wire()
      const all = collected()
      const { clock, emulator, http, origin, timed } = yield* harness({ world, between: line.between })
      const options = {
        address: origin,
        client,
        credentials: { username: reseller.username, password: marked.password },
      }
      const context = yield* timed(Layer.build(SkySwitch.layer(options).pipe(Layer.provideMerge(http))))
      const pbx = Context.get(context, SkySwitch)
      all.keep([pbx, context, SkySwitch])
      const api = yield* Effect.provide(BearerHttpClient.make(pbx), context)
      all.keep(api)
      const call = (url = `${origin}/ns-api/?object=x`) => all.tried(api.get(url))
      yield* call()
      yield* emulator.killAccessTokens
      yield* call()
      yield* call("https://other.test/")
      yield* call(`${origin}/ns-api/missing`)
      yield* call(`${origin}/ns-api/?domain=abc-company.99.service`)
      for (const breaks of ["fails", "html", "cut", "echo", 500, 429] as const) {
        line.state.breaks = breaks
        const exit = yield* call()
        if (exit._tag === "Success") {
          const response = exit.value as import("effect/http/HttpClientResponse").HttpClientResponse
          // The answer itself echoes every secret; what we add to it must not.
          all.keep([response.request, response.toJSON()])
          yield* Effect.exit(response.text)
        }
        line.state.breaks = "no"
      }
      yield* Effect.scoped(
        Effect.gen(function* () {
          const child = yield* pbx.actAs(subjectOf.netsapiens)
          all.keep(child)
          yield* all.tried(child.bearer)
        }),
      )
      yield* clock.adjust("2 hours")
      yield* call()
      yield* all.tried(pbx.signOut)
      yield* call()
      const answered = all.things.filter((thing) => !(JSON.stringify(thing) ?? "").includes("HttpClientResponse"))
      assert.isEmpty(leaked(answered, line.secrets))
      assert.isEmpty(leaked(spans, line.secrets))
      assert.isEmpty(leaked(logs, line.secrets))
    }).pipe(Effect.provide(layer))
  })

  it.live("by a client that answers: the request that an answer or an error shows is without the bearer", () =>
    Effect.gen(function* () {
      const line = wire()
      const { http, origin, open } = yield* harness({ world, between: line.between })
      const pbx = yield* open(accountsAt(origin).skyswitch({ client, credentials: reseller }))
      const fetching = Context.get(yield* Layer.build(http), HttpClient.HttpClient)
      const shown: Array<unknown> = []
      // The lower layer sees the bearer, so the check can fail.
      let below = ""
      const watched = HttpClient.tapRequest(fetching, (request) =>
        Effect.sync(() => {
          below = textsOf(request)
        }),
      )
      const api = yield* Effect.provideService(BearerHttpClient.make(pbx), HttpClient.HttpClient, watched)
      shown.push(yield* api.get(`${origin}/ns-api/`))
      const token = Redacted.value(yield* pbx.accessToken)
      assert.include(below, token)
      line.state.breaks = "fails"
      shown.push(yield* Effect.flip(api.get(`${origin}/ns-api/`)))
      line.state.breaks = 500
      const strict = yield* Effect.provideService(
        BearerHttpClient.make(pbx),
        HttpClient.HttpClient,
        HttpClient.filterStatusOk(fetching),
      )
      shown.push(yield* Effect.flip(strict.get(`${origin}/ns-api/`)))
      for (const one of shown) {
        const request = (one as { readonly request: unknown }).request
        assert.isEmpty(leaked(request, [token]))
      }
      assert.isEmpty(leaked((shown[0] as { readonly toJSON: () => unknown }).toJSON(), [token]))
    }),
  )

  it.live("by the promise face of any provider", () =>
    Effect.gen(function* () {
      const line = wire()
      const all = collected()
      const { emulator, origin } = yield* harness({ world, between: line.between })
      const how = { fetch: line.between(emulator.fetch) }
      const asked = <A>(promise: () => Promise<A>) =>
        all.tried(Effect.tryPromise({ try: promise, catch: (error) => error }))
      const person = { username: withFactor.username, password: marked.password }
      const skyswitch = yield* Effect.promise(() =>
        openSkySwitch({ address: origin, client, refreshMethod: "GET" }, how),
      )
      all.keep(skyswitch)
      yield* asked(() => skyswitch.accessToken())
      yield* asked(() => skyswitch.signIn({ ...person, password: marked.wrongPassword }))
      yield* asked(() => skyswitch.signIn(person))
      yield* asked(() => skyswitch.submitPasscode(marked.wrongPasscode))
      yield* asked(() => skyswitch.submitPasscode(marked.passcode))
      yield* asked(() => skyswitch.bearer())
      yield* asked(() => skyswitch.inspect())
      const child = yield* Effect.promise(() => skyswitch.actAs(subjectOf.netsapiens))
      all.keep(child)
      yield* asked(() => child.bearer())
      yield* asked(() => child.inspect())
      all.keep([skyswitch.view(), child.view()])
      for (const open of [
        () => openLandstar({ address: origin, client, credentials: { ...person, username: reseller.username } }, how),
        () =>
          openIpex({ address: origin, credentials: { username: "api-user@example.test", password: marked.ipex } }, how),
        () =>
          openSangomaCx(
            { address: origin, client: { id: "client", secret: marked.sangoma }, scopes: ["cx.agent-calls"] },
            how,
          ),
      ]) {
        const pbx = yield* Effect.promise<Awaited<ReturnType<typeof open>>>(open)
        all.keep(pbx)
        yield* asked(() => pbx.bearer())
        yield* Effect.promise(() => pbx.close())
      }
      // Values where names belong, and the other way round.
      for (const wrong of [
        { address: `https://${marked.password}@x.test`, client },
        { address: origin, client: { id: "", secret: marked.client } },
        { address: origin, client, [marked.password]: 1 },
        { address: origin, client, credentials: { username: marked.password } },
        { address: `http://x.test/${marked.password}`, client },
        { address: origin, client: marked.client },
      ]) {
        yield* asked(() => openSkySwitch(wrong as never, how))
      }
      yield* Effect.promise(() => skyswitch.close())
      assert.isEmpty(leaked(all.things, line.secrets))
    }),
  )

  it.live("by a mistake of ours, of a store, a client or a listener", () => {
    const { layer, logs, spans } = recording()
    return Effect.gen(function* () {
      const all = collected()
      const secrets = Object.values(marked)
      const oops = () => Effect.die(new Error(secrets.join(" "), { cause: { secrets } }))
      const right = yield* Effect.provide(TokenStore, TokenStore.layerMemory)
      let isBroken = false
      const store = TokenStore.of({
        ...right,
        replace: (key, expected, next) => (isBroken ? oops() : right.replace(key, expected, next)),
      })
      const stage = yield* harness({
        store,
        world,
        endpoint: TokenEndpoint.of({ present: oops, inspect: oops, revoke: oops }),
      })
      for (const broken of [false, true]) {
        isBroken = broken
        const driver = yield* stage.drive(
          stage.accounts.skyswitch({ client, credentials: reseller }),
          withoutAlarm(stage.runtime),
        )
        driver.subscribe((view) => {
          all.keep(view)
          throw new Error(secrets.join(" "))
        })
        yield* all.tried(driver.bearer)
        yield* all.tried(driver.signIn(withFactor))
        yield* Effect.forkChild(driver.signOut)
        for (const _ of [1, 2, 3, 4, 5, 6, 7]) {
          yield* settle
          yield* stage.clock.adjust("10 seconds")
        }
        yield* all.tried(driver.close)
        all.keep(driver)
      }
      yield* eventually(
        "no fiber",
        Effect.sync(() => stage.fibers.size === 0),
      )
      assert.isNotEmpty(logs)
      assert.isEmpty(leaked([all.things, logs, spans], secrets))
      assert.include(textsOf(all.things), "Unreadable")
    }).pipe(Effect.provide(layer))
  })

  it.live("by a configuration that is read from the environment", () =>
    Effect.gen(function* () {
      const all = collected()
      const { http } = yield* harness({ world })
      const layer = SkySwitch.layerConfig({
        address: Config.String("ADDRESS"),
        client: { id: Config.String("ID"), secret: Config.Redacted("SECRET") },
      }).pipe(Layer.provide(http))
      const from = (env: Record<string, string>) =>
        Layer.provide(layer, ConfigProvider.layer(ConfigProvider.fromUnknown(env)))
      yield* all.tried(Layer.build(from({ ADDRESS: "http://x.test", ID: "client", SECRET: marked.client })))
      yield* all.tried(Layer.build(from({ ADDRESS: "http://127.0.0.1:1", ID: "client", SECRET: marked.client })))
      yield* all.tried(Layer.build(from({ ADDRESS: "http://127.0.0.1:1", SECRET: marked.client })))
      assert.isEmpty(leaked(all.things, Object.values(marked)))
    }),
  )
})
