/** What a session counts and measures. */
import { assert, describe, it } from "@effect/vitest"
import { Operations } from "@pbx-auth/session/Operations"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import type { Driver } from "../src/engine/Driver.ts"
import * as SessionMetrics from "../src/operations/SessionMetrics.ts"
import { eventually, harness, passcode, people, reaches, settle, subjectOf, wrongPasscode } from "./Harness.ts"
import {
  drive,
  failToStore,
  fragile,
  isAbout,
  leaveIntent,
  lifecycle,
  nameOf,
  ofSkySwitch,
  page,
  rowsBelow,
  sorted,
  watched,
} from "./Operated.ts"

describe("metrics", () => {
  it.live("are on the page with their types, units and attributes, and no other is", () =>
    Effect.gen(function* () {
      const rows = rowsBelow("Metrics", "metric")
      const defined = Object.values<unknown>(SessionMetrics).flatMap((one) => (Metric.isMetric(one) ? [one] : []))
      assert.deepStrictEqual(sorted(defined.map(({ id }) => id)), sorted(rows.map(nameOf)))
      const { state, store } = yield* fragile
      const stage = yield* watched({ store })
      yield* stage.operations.watchTurns({ waiting: Effect.succeed([]), countedBy: Effect.succeed("shared") })
      yield* lifecycle(stage)
      yield* failToStore(stage, state)
      yield* leaveIntent(stage)
      const ending = yield* drive(stage, stage.accounts.ipex())
      yield* ending.signIn(people.ipex)
      const seen = yield* stage.snapshot
      assert.deepStrictEqual(sorted(seen.map(({ id }) => id)), sorted(defined.map(({ id }) => id)))
      const words = new Map(rowsBelow("Metrics", "attribute").map(([[name = ""] = [], list = []]) => [name, list]))
      for (const { id, type, unit, words: attributes } of seen) {
        const [, , [ofPage] = [], names = []] = rows.find((row) => nameOf(row) === id) ?? []
        assert.strictEqual(unit, ofPage, id)
        assert.deepStrictEqual(sorted(Object.keys(attributes)), sorted(names), id)
        assert.include(page, `\`${id}\``)
        assert.match(page, new RegExp(`\\| \`${id.replaceAll(".", "\\.")}\` +\\| ${type.toLowerCase()} `))
        for (const [name, word] of Object.entries(attributes)) assert.include(words.get(name) ?? [], word, name)
      }
    }),
  )

  it.live("count renewals, sign-ins, acting, refusals and rejections", () =>
    Effect.gen(function* () {
      const stage = yield* watched()
      const { metric } = stage
      yield* lifecycle(stage)
      assert.strictEqual(yield* metric("pbx_auth.sign_ins", "skyswitch", "challenged"), 1)
      assert.strictEqual(yield* metric("pbx_auth.sign_ins", "skyswitch", "refused"), 1)
      assert.strictEqual(yield* metric("pbx_auth.sign_ins", "skyswitch", "issued"), 1)
      assert.strictEqual(yield* metric("pbx_auth.sign_ins", "sangoma-cx", "issued"), 1)
      assert.strictEqual(yield* metric("pbx_auth.impersonations", "skyswitch", "issued"), 3)
      assert.strictEqual(yield* metric("pbx_auth.renewals", "skyswitch", "issued"), 3)
      assert.strictEqual(yield* metric("pbx_auth.renewals", "skyswitch", "unknown"), 1)
      assert.strictEqual(yield* metric("pbx_auth.rejections", "skyswitch"), 2)
      assert.strictEqual(yield* metric("pbx_auth.refusals", "skyswitch", "BadPasscode", "passcode"), 1)
      assert.strictEqual(yield* metric("pbx_auth.refusals", "skyswitch", "Unavailable", "renewal"), 1)
      assert.strictEqual(yield* metric("pbx_auth.refusals", "ipex", "BadCredentials", "sign_in"), 1)
      assert.strictEqual(yield* metric("pbx_auth.refusals"), 3)
      assert.strictEqual(yield* metric("pbx_auth.renewal.life_left", "skyswitch"), 3)
    }),
  )

  it.live("show the soonest end as it is when somebody looks, and none when there is none", () =>
    Effect.gen(function* () {
      const stage = yield* watched({ world: { netsapiens: { lifetime: 1_000 } } })
      const left = stage.metric("pbx_auth.token.time_to_expiry", "skyswitch")
      const one = yield* drive(stage, stage.accounts.skyswitch())
      assert.isUndefined(yield* left)
      yield* one.signIn(people.officeManager)
      isAbout(yield* left, 1_000)
      yield* stage.clock.adjust("100 seconds")
      // Nothing happened to the session, and yet it is another number.
      isAbout(yield* left, 900)
      const two = yield* drive(stage, stage.accounts.skyswitch())
      yield* two.signIn(people.officeManager)
      isAbout(yield* left, 900)
      yield* one.close
      isAbout(yield* left, 1_000)
      // One that is rejected has ended.
      yield* stage.emulator.faults.arm({
        fault: { _tag: "server_error", status: 503 },
        match: { grant: "refresh_token" },
      })
      two.reject(two.view.generation)
      yield* reaches(two, "expiring.recovering")
      assert.strictEqual(yield* left, 0)
      yield* two.signOut
      assert.isUndefined(yield* left)
    }),
  )

  it.live("show open and waiting sessions as they are, from 0 back to 0", () =>
    Effect.gen(function* () {
      const stage = yield* watched()
      const { metric } = stage
      const driver = yield* drive(stage, stage.accounts.skyswitch())
      const inState = (state: string) => metric("pbx_auth.sessions", "skyswitch", state, "false")
      assert.strictEqual(yield* inState("unauthenticated"), 1)
      assert.strictEqual(yield* inState("authenticated"), 0)
      yield* driver.signIn(people.withFactor)
      assert.strictEqual(yield* inState("mfa_required"), 1)
      assert.strictEqual(yield* metric("pbx_auth.sessions.waiting", "passcode"), 1)
      yield* driver.submitPasscode(passcode)
      assert.strictEqual(yield* metric("pbx_auth.sessions.waiting", "passcode"), 0)
      const child = yield* driver.child(subjectOf.netsapiens)
      assert.strictEqual(yield* metric("pbx_auth.sessions", "masqueraded", "true"), 1)
      yield* child.close
      yield* stage.emulator.faults.arm({
        fault: { _tag: "server_error", status: 503 },
        match: { grant: "refresh_token" },
        times: "always",
      })
      driver.reject(driver.view.generation)
      yield* reaches(driver, "expiring.recovering")
      assert.strictEqual(yield* metric("pbx_auth.sessions.waiting", "retry"), 1)
      yield* driver.close
      assert.strictEqual(yield* metric("pbx_auth.sessions"), 0)
      assert.strictEqual(yield* metric("pbx_auth.sessions.waiting"), 0)
    }),
  )

  it.live("agree with the sessions after every one of many random steps, and so does health", () =>
    Effect.gen(function* () {
      const stage = yield* watched({ world: { netsapiens: { lifetime: 300 } } })
      const drivers = yield* Effect.forEach([0, 1, 2, 3, 4, 5], (index) =>
        drive(
          stage,
          stage.accounts.skyswitch(
            index % 2 === 0 ? {} : { credentials: { username: "1000@acmecorp", password: "mypassword" } },
          ),
        ),
      )
      let seed = 7
      const below = (end: number) => {
        // mulberry32
        seed = (seed + 0x6d2b79f5) | 0
        let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed)
        bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
        return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296) * end)
      }
      const acts: ReadonlyArray<(driver: Driver) => Effect.Effect<unknown, unknown>> = [
        (driver) => driver.signIn(below(2) === 0 ? people.withFactor : people.reseller),
        (driver) => driver.submitPasscode(below(2) === 0 ? passcode : wrongPasscode),
        (driver) => Effect.sync(() => driver.reject(driver.snapshot.context.own?.generation ?? 0)),
        (driver) => driver.bearer,
        (driver) => driver.startActing(subjectOf.netsapiens),
        (driver) => driver.stopActing,
        (driver) => driver.signOut,
        (driver) => driver.cancel,
        () => stage.clock.adjust("1 minute"),
        () =>
          stage.emulator.faults.arm({
            fault: { _tag: "server_error", status: 503 },
            match: { grant: "refresh_token" },
          }),
        () => stage.emulator.faults.arm({ fault: { _tag: "drop_reply" }, match: { grant: "refresh_token" } }),
      ]
      for (let steps = 0; steps < 300; steps++) {
        const driver = drivers[below(drivers.length)]
        const act = acts[below(acts.length)]
        if (driver === undefined || act === undefined) continue
        yield* Effect.exit(act(driver))
        // One may rest in a claim until its time has come: what is shown is of this moment, whatever it is.
        yield* settle
        const views = drivers.map(({ view }) => view)
        for (const state of [
          "unauthenticated",
          "mfa_required",
          "authenticated",
          "expiring",
          "refreshed",
          "masqueraded",
        ]) {
          const expected = views.filter((view) => view.state === state).length
          assert.strictEqual(yield* stage.metric("pbx_auth.sessions", "skyswitch", state), expected, state)
        }
        const passcodes = views.filter(({ awaiting }) => awaiting === "passcode").length
        assert.strictEqual(yield* stage.metric("pbx_auth.sessions.waiting", "passcode"), passcodes)
        const { sessions, soonestEnd } = ofSkySwitch(yield* stage.health)
        assert.strictEqual(sessions.open, drivers.length)
        const isEnding = views.some(({ expiresAt }) => expiresAt !== null)
        assert.strictEqual(soonestEnd !== null, isEnding)
        assert.strictEqual((yield* stage.metric("pbx_auth.token.time_to_expiry")) !== undefined, isEnding)
      }
      assert.isAtLeast(new Set(stage.notices.map(({ type }) => type)).size, 6)
      assert.deepStrictEqual(JSON.parse(JSON.stringify(stage.notices)), stage.notices)
    }),
  )

  it.live("show calls in line, as long as somebody wants them shown; gauges go with their layer", () =>
    Effect.gen(function* () {
      const stage = yield* harness()
      const registry: Metric.MetricRegistry = new Map()
      const line = ["a", "b"]
      const ids = () => sorted([...registry.values()].map(({ id }) => id))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const built = yield* Effect.provideService(Layer.build(Operations.layer()), Metric.MetricRegistry, registry)
          const { watchTurns } = Context.get(built, Operations)
          const runtime = yield* Effect.provideContext(stage.process, built)
          const driver = yield* stage.drive(stage.accounts.skyswitch(), runtime)
          yield* driver.signIn(people.officeManager)
          yield* Effect.scoped(
            Effect.gen(function* () {
              yield* watchTurns({
                countedBy: Effect.succeed("share"),
                waiting: Effect.sync(() =>
                  line.map((subscriber) => ({ subscriber, policy: undefined, retryAt: undefined })),
                ),
              })
              line.push("c")
              const [shown] = Metric.snapshotUnsafe(Context.make(Metric.MetricRegistry, registry)).filter(
                ({ id }) => id === "pbx_auth.calls.waiting",
              )
              assert.deepStrictEqual(shown?.state, { value: 3 })
              const [away] = Metric.snapshotUnsafe(Context.make(Metric.MetricRegistry, registry)).filter(
                ({ id }) => id === "pbx_auth.quota.own_share",
              )
              assert.deepStrictEqual(away?.state, { value: 1 })
            }),
          )
          assert.deepStrictEqual(ids(), [
            "pbx_auth.sessions",
            "pbx_auth.sessions.unstored",
            "pbx_auth.sessions.waiting",
            "pbx_auth.sign_ins",
            "pbx_auth.token.time_to_expiry",
          ])
        }),
      )
      assert.deepStrictEqual(ids(), ["pbx_auth.sign_ins"])
    }),
  )

  it.live("show a registry's sessions, its pooled children, and who waits for a turn", () =>
    Effect.gen(function* () {
      const stage = yield* watched()
      const { metric } = stage
      const built = yield* stage
        .timed(
          Layer.build(
            Sessions.layerRuntime({ limits: [{ policy: "client_minute", per: "client", quota: 4, window: 60_000 }] }),
          ),
        )
        .pipe(Effect.provideService(SessionRuntime, stage.runtime))
      const sessions = Context.get(built, Sessions)
      yield* stage.operations.watchTurns(sessions)
      const reseller = { username: "1000@acmecorp", password: "mypassword" }
      const pbx = yield* sessions.session(stage.accounts.skyswitch({ credentials: reseller }))
      yield* pbx.bearer
      assert.strictEqual(yield* metric("pbx_auth.calls.waiting"), 0)
      const calls = yield* Effect.forEach([1, 2, 3, 4, 5], () =>
        Effect.forkChild(stage.timed(Effect.scoped(pbx.actAs(subjectOf.netsapiens)))),
      )
      yield* eventually(
        "a child",
        Effect.map(metric("pbx_auth.sessions", "true", "masqueraded"), (count) => count === 1),
      )
      yield* Effect.forEach(calls, (call) => Fiber.join(call))
      const turns = yield* Effect.forEach([1, 2, 3, 4], () =>
        Effect.forkChild(stage.timed(pbx.pacing?.turn ?? Effect.void)),
      )
      yield* settle
      assert.strictEqual(yield* metric("pbx_auth.calls.waiting"), (yield* sessions.waiting).length)
      assert.isAbove((yield* metric("pbx_auth.calls.waiting")) ?? 0, 0)
      yield* Effect.forEach(turns, (turn) => Fiber.interrupt(turn))
      assert.strictEqual(yield* metric("pbx_auth.calls.waiting"), 0)
      assert.deepStrictEqual(ofSkySwitch(yield* stage.health).children, { open: 1, usable: 1 })
      yield* sessions.close(pbx)
      assert.strictEqual(yield* metric("pbx_auth.sessions"), 0)
    }),
  )

  it.live("are exported by Effect's own exporters", () =>
    Effect.gen(function* () {
      const stage = yield* watched()
      yield* lifecycle(stage)
      const within = Effect.provideService(Metric.MetricRegistry, stage.registry)
      const text = yield* within(PrometheusMetrics.format())
      assert.include(text, "# TYPE pbx_auth_renewals counter")
      assert.include(text, 'pbx_auth_renewals{pbx_auth_provider="skyswitch",pbx_auth_outcome="issued"} 3')
      assert.include(text, 'pbx_auth_renewal_life_left_bucket{pbx_auth_provider="skyswitch",le="+Inf"} 3')
      assert.match(text, /pbx_auth_token_time_to_expiry\{pbx_auth_provider="sangoma-cx"} \d+/)
      assert.notInclude(text, "NaN")

      const sent: Array<unknown> = []
      const collector = HttpClient.make((request) =>
        Effect.suspend(() => {
          const { body } = request
          if (body._tag === "Uint8Array") sent.push(JSON.parse(new TextDecoder().decode(body.body)))
          return Effect.never
        }),
      )
      yield* Layer.build(
        OtlpMetrics.layer({
          url: "http://127.0.0.1:1/v1/metrics",
          resource: { serviceName: "app" },
          shutdownTimeout: 1,
        }),
      ).pipe(
        Effect.provide(OtlpSerialization.layerJson),
        Effect.provideService(HttpClient.HttpClient, collector),
        within,
        Effect.scoped,
      )
      const told = JSON.stringify(sent)
      assert.match(told, /"name":"pbx_auth\.token\.time_to_expiry","description":"[^"]+","unit":"s","gauge"/)
      assert.match(told, /"name":"pbx_auth\.renewals","description":"[^"]+","unit":"\{renewal\}","sum"/)
      assert.notInclude(told, "null")
    }),
  )
})
