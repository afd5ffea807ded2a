/** The health of sessions, and what operators see when a process closes. */
import { assert, describe, it } from "@effect/vitest"
import { Operations } from "@pbx-auth/session/Operations"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { Driver } from "../src/engine/Driver.ts"
import { client, eventually, harness, people, reaches, settle } from "./Harness.ts"
import { drive, isAbout, ofSkySwitch, watched } from "./Operated.ts"

describe("health", () => {
  it.live("says how many runtimes are watched: none, when the layer stands beside them and not before", () =>
    Effect.gen(function* () {
      const { health, process } = yield* watched()
      assert.strictEqual((yield* health).runtimes, 1)
      const beside = Layer.mergeAll(Operations.layer(), Layer.effectDiscard(process))
      const runtimesOf = (layer: typeof beside) =>
        Effect.flatMap(Layer.build(layer), (context) => Context.get(context, Operations).health)
      assert.deepInclude(yield* runtimesOf(beside), { status: "ok", runtimes: 0 })
      const before = Layer.provideMerge(Layer.effectDiscard(process), Operations.layer())
      assert.deepInclude(yield* runtimesOf(before), { status: "ok", runtimes: 1 })
    }),
  )

  const unattended = { credentials: { username: "111@abc-company", password: "1234" } }

  it.live("is ok without sessions, with a screen where nobody is signed in or mistyped, and with one that works", () =>
    Effect.gen(function* () {
      const stage = yield* watched()
      const empty = yield* stage.health
      assert.deepStrictEqual(empty, { status: "ok", at: empty.at, runtimes: 1, providers: [] })
      const driver = yield* drive(stage, stage.accounts.skyswitch())
      assert.strictEqual((yield* stage.health).status, "ok")
      yield* Effect.exit(driver.signIn({ ...people.officeManager, password: Redacted.make("wrong") }))
      assert.strictEqual((yield* stage.health).status, "ok")
      yield* driver.signIn(people.officeManager)
      yield* stage.clock.adjust("10 minutes")
      const report = yield* stage.health
      const skyswitch = ofSkySwitch(report)
      isAbout(skyswitch.soonestEnd, 3_000)
      assert.deepStrictEqual(report.providers, [
        {
          provider: "skyswitch",
          origin: stage.origin,
          status: "ok",
          reasons: [],
          sessions: { open: 1, usable: 1, presenting: 0, waiting: 0, needingPerson: 0, unstored: 0 },
          children: { open: 0, usable: 0 },
          refusals: {},
          soonestEnd: Math.floor(skyswitch.soonestEnd ?? 0),
          unansweredSince: null,
        },
      ])
      assert.deepStrictEqual(JSON.parse(JSON.stringify(report)), report)
      yield* driver.signOut
      assert.strictEqual((yield* stage.health).status, "ok")
      yield* driver.close
      assert.deepStrictEqual((yield* stage.health).providers, [])
    }),
  )

  it.live("is degraded while a provider does not answer, failing when the token has died, and ok again after", () =>
    Effect.gen(function* () {
      const stage = yield* watched({ world: { netsapiens: { lifetime: 600 } } })
      const driver = yield* drive(stage, stage.accounts.skyswitch(unattended))
      yield* driver.bearer
      const { disarm } = yield* stage.emulator.faults.arm({
        fault: { _tag: "server_error", status: 503 },
        times: "always",
      })
      yield* stage.clock.adjust("9 minutes")
      yield* reaches(driver, "expiring.recovering")
      const first = ofSkySwitch(yield* stage.health)
      assert.strictEqual(first.status, "degraded")
      assert.deepStrictEqual(first.reasons, ["waits_for_retry", "not_answering"])
      assert.deepStrictEqual(first.refusals, { Unavailable: 1 })
      assert.deepStrictEqual(first.sessions, {
        open: 1,
        usable: 1,
        presenting: 0,
        waiting: 1,
        needingPerson: 0,
        unstored: 0,
      })
      const since = first.unansweredSince
      assert.isNotNull(since)
      yield* stage.clock.adjust("2 minutes")
      yield* settle
      yield* reaches(driver, "expiring.waiting")
      const second = ofSkySwitch(yield* stage.health)
      assert.strictEqual(second.status, "failing")
      assert.strictEqual(second.unansweredSince, since)
      assert.isBelow(second.soonestEnd ?? 0, 0)
      assert.strictEqual((yield* stage.health).status, "failing")
      // Another provider goes on: the whole is degraded.
      const sangoma = yield* drive(stage, stage.accounts.sangoma())
      yield* Effect.exit(sangoma.bearer)
      yield* disarm
      yield* stage.clock.adjust("5 minutes")
      yield* reaches(sangoma, "authenticated")
      yield* reaches(driver, "authenticated")
      assert.strictEqual((yield* stage.health).status, "ok")
    }),
  )

  it.live("fails when an unattended session cannot sign in, and one that works makes that degraded", () =>
    Effect.gen(function* () {
      const stage = yield* watched()
      const wrong = { credentials: { username: "111@abc-company", password: "wrong" } }
      const driver = yield* drive(stage, stage.accounts.skyswitch(wrong))
      assert.strictEqual((yield* stage.health).status, "ok")
      yield* Effect.exit(driver.bearer)
      const report = ofSkySwitch(yield* stage.health)
      assert.strictEqual(report.status, "failing")
      assert.deepStrictEqual(report.reasons, ["none_usable", "needs_person"])
      assert.deepStrictEqual(report.refusals, { BadCredentials: 1 })
      assert.isNull(report.unansweredSince)
      assert.strictEqual(yield* stage.metric("pbx_auth.sessions.waiting", "person"), 1)
      const ipex = yield* drive(
        stage,
        stage.accounts.ipex({ credentials: { username: "api-user@example.test", password: "ipex-password" } }),
      )
      yield* ipex.bearer
      assert.strictEqual((yield* stage.health).status, "degraded")
      const other = yield* drive(stage, stage.accounts.skyswitch(unattended))
      yield* other.bearer
      assert.strictEqual(ofSkySwitch(yield* stage.health).status, "degraded")
    }),
  )

  it.live("knows that a person's session has lapsed, until they sign in or out", () =>
    Effect.gen(function* () {
      const stage = yield* watched()
      const lapse = Effect.fnUntraced(function* (driver: Driver) {
        yield* driver.signIn(people.officeManager)
        yield* stage.emulator.faults.arm({
          fault: { _tag: "reply", status: 400, body: '{"error":"invalid_grant"}' },
          match: { grant: "refresh_token" },
        })
        driver.reject(driver.view.generation)
        yield* Effect.exit(driver.bearer)
        assert.strictEqual(driver.view.path, "unauthenticated.idle")
        assert.strictEqual((yield* stage.types).at(-1), "lapsed")
        const report = ofSkySwitch(yield* stage.health)
        assert.deepStrictEqual([report.status, report.refusals], ["failing", { RenewalRefused: 1 }])
      })
      const driver = yield* drive(stage, stage.accounts.skyswitch())
      yield* lapse(driver)
      yield* driver.signIn(people.officeManager)
      assert.strictEqual((yield* stage.health).status, "ok")
      yield* driver.signOut
      yield* lapse(driver)
      yield* driver.signOut
      assert.strictEqual((yield* stage.health).status, "ok")
    }),
  )
})

describe("closing in the middle of a renewal", () => {
  it.live("by the promise face: close() resolves once the answer has come, and nothing is asked after it", () =>
    Effect.gen(function* () {
      const stage = yield* harness({ wire: "http" })
      const order: Array<string> = []
      let answer = () => {}
      const slow = new Promise<void>((resolve) => {
        answer = resolve
      })
      const between: typeof globalThis.fetch = async (input, init) => {
        const isRenewal = String(
          init?.body instanceof Uint8Array ? new TextDecoder().decode(init.body) : init?.body,
        ).includes("grant_type=refresh_token")
        order.push(isRenewal ? "renewal" : "request")
        const response = await fetch(input, init)
        if (isRenewal) await slow
        order.push("answer")
        return response
      }
      const pbx = yield* Effect.promise(() =>
        openSkySwitch(
          { address: stage.origin, client, credentials: { username: "111@abc-company", password: "1234" } },
          { fetch: between },
        ),
      )
      const { generation } = yield* Effect.promise(() => pbx.bearer())
      pbx.reject(generation)
      yield* eventually(
        "a renewal under way",
        Effect.sync(() => order.includes("renewal")),
      )
      const closing = pbx.close().then(() => order.push("closed"))
      yield* settle
      assert.deepStrictEqual(order, ["request", "answer", "renewal"])
      answer()
      yield* Effect.promise(() => closing)
      assert.deepStrictEqual(order, ["request", "answer", "renewal", "answer", "closed"])
      assert.deepStrictEqual(yield* stage.grants, ["password", "refresh_token"])
    }),
  )

  it.live("is seen: its outcome is counted, and told before the end", () =>
    Effect.gen(function* () {
      let answer = () => {}
      const slow = new Promise<void>((resolve) => {
        answer = resolve
      })
      let isSlow = false
      const between =
        (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
        async (input, init) => {
          const response = await fetch(input, init)
          if (isSlow) await slow
          return response
        }
      const stage = yield* watched({ between })
      const renewing = yield* drive(stage, stage.accounts.skyswitch())
      yield* renewing.signIn(people.officeManager)
      const refused = yield* drive(stage, stage.accounts.skyswitch())
      yield* refused.signIn(people.reseller)
      const signingIn = yield* drive(stage, stage.accounts.skyswitch())
      isSlow = true
      const { generation } = renewing.view
      renewing.reject(generation)
      yield* eventually(
        "one renewal under way",
        Effect.map(stage.grants, (grants) => grants.length === 3),
      )
      yield* stage.emulator.faults.arm({
        fault: { _tag: "reply", status: 400, body: '{"error":"invalid_grant"}' },
        match: { grant: "refresh_token" },
      })
      refused.reject(refused.view.generation)
      yield* Effect.forkChild(Effect.exit(signingIn.signIn(people.basicUser)))
      yield* eventually(
        "all under way",
        Effect.map(stage.grants, (grants) => grants.length === 5),
      )
      yield* stage.told
      const from = stage.notices.length
      const closing = yield* Effect.forkChild(
        Effect.forEach([renewing, refused, signingIn], (driver) => driver.close, { concurrency: "unbounded" }),
      )
      yield* settle
      answer()
      yield* Fiber.join(closing)
      const last = (yield* stage.told).slice(from).flatMap((notice) => (notice.type === "missed" ? [] : [notice]))
      const of = (driver: number) =>
        last.filter(({ session }) => session.endsWith(`-${driver}`)).map((notice) => [notice.type, notice.generation])
      assert.deepStrictEqual(of(1), [
        ["renewed", generation + 1],
        ["closed", generation + 1],
      ])
      assert.deepStrictEqual(of(2), [
        ["refused", 1],
        ["lapsed", 1],
        ["closed", 1],
      ])
      // What is cut was never decided.
      assert.deepStrictEqual(of(3), [["closed", 0]])
      assert.strictEqual(yield* stage.metric("pbx_auth.renewals", "issued"), 1)
      assert.strictEqual(yield* stage.metric("pbx_auth.renewals", "refused"), 1)
      assert.strictEqual(yield* stage.metric("pbx_auth.renewal.life_left"), 1)
      assert.strictEqual(yield* stage.metric("pbx_auth.sign_ins"), 2)
      assert.strictEqual(yield* stage.metric("pbx_auth.sessions"), 0)
      // A renewal is what closing waits for: it asked for nothing more.
      assert.lengthOf(yield* stage.grants, 5)
    }),
  )

  it.live("that is never answered: it ends with the deadline", () =>
    Effect.gen(function* () {
      const stage = yield* watched()
      const driver = yield* drive(stage, stage.accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      yield* stage.emulator.faults.arm({ fault: { _tag: "hang" }, match: { grant: "refresh_token" } })
      driver.reject(driver.view.generation)
      yield* eventually(
        "a request under way",
        Effect.map(stage.emulator.faults.armed, ([rule]) => rule?.hits === 1),
      )
      const closing = yield* Effect.forkChild(driver.close)
      yield* stage.clock.adjust("14 seconds")
      yield* settle
      assert.isUndefined(closing.pollUnsafe())
      yield* stage.clock.adjust("2 seconds")
      yield* Fiber.join(closing)
      assert.deepStrictEqual((yield* stage.types).slice(-3), ["rejected", "waiting", "closed"])
      assert.strictEqual(yield* stage.metric("pbx_auth.renewals", "unknown"), 1)
    }),
  )
})
