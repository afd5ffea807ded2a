import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import { issued } from "@pbx-auth/providers/Token"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import type { Driver } from "@pbx-auth/session/engine/Driver"
import { Operations, type Options } from "@pbx-auth/session/Operations"
import type { HealthReport } from "@pbx-auth/session/operations/Health"
import * as SessionMetrics from "@pbx-auth/session/operations/SessionMetrics"
import type { SessionNotice } from "@pbx-auth/session/operations/SessionNotice"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import { CurrentWatcher, type SessionActivity } from "@pbx-auth/session/Watcher"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import {
  client,
  eventually,
  type Options as HarnessOptions,
  harness,
  passcode,
  people,
  reaches,
  sangomaClient,
  settle,
  subjectOf,
  tokens,
  wrongPasscode,
} from "./Harness.ts"
import { leaked } from "./Leak.ts"

const page = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8")

/** The steerable clock goes on by itself, by little. */
const isAbout = (seconds: number | null | undefined, expected: number) =>
  assert.approximately(seconds ?? Number.NaN, expected, 5)

/** The rows of the page's first table below a heading that begins with this word: the code-typed words of each cell. */
const rowsBelow = (heading: string, head: string): ReadonlyArray<Row> => {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? ""
  const table = section.split("\n\n").find((block) => block.startsWith(`| ${head} `)) ?? ""
  return table
    .split("\n")
    .slice(2)
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word)),
    )
}

type Row = ReadonlyArray<ReadonlyArray<string>>

/** A span and its kind, as the page has them. */
const kindsOfSpans = (): ReadonlyArray<readonly [span: string, kind: string]> =>
  [...page.matchAll(/^\| `(\w+\.\w+)` \| (client|internal) \|/gm)].map(([, span = "", kind = ""]) => [span, kind])

/** What a row is about. */
const nameOf = ([[name = ""] = []]: Row): string => name

const sorted = (words: Iterable<string>) => [...new Set(words)].sort()

/** A world whose sessions are watched, with a registry of metrics of its own, and every event that it told. */
const watched = Effect.fnUntraced(function* (options: HarnessOptions = {}, how: Options = {}) {
  const stage = yield* harness(options)
  const registry: Metric.MetricRegistry = new Map()
  const built = yield* stage
    .timed(Layer.build(Operations.layer(how)))
    .pipe(Effect.provideService(Metric.MetricRegistry, registry))
  const operations = Context.get(built, Operations)
  const notices: Array<SessionNotice> = []
  const reader = yield* Effect.forkChild(
    Stream.runForEach(operations.events, (notice) => Effect.sync(() => notices.push(notice))),
    { startImmediately: true },
  )
  const runtime = yield* Effect.provideContext(stage.process, built)
  const told = Effect.as(settle, notices)
  const snapshot = Effect.sync(() =>
    Metric.snapshotUnsafe(Context.make(Metric.MetricRegistry, registry)).map(({ attributes, id, state, type }) => {
      const { unit, ...words } = attributes ?? {}
      return {
        id,
        type,
        unit,
        words,
        value: "value" in state ? state.value : "count" in state ? state.count : undefined,
      }
    }),
  )
  /** What a metric says of the series with these words of its attributes, in the order of the page. */
  const metric = (id: string, ...words: ReadonlyArray<string>) =>
    Effect.map(snapshot, (all) =>
      all
        .filter((one) => one.id === id && words.every((word) => Object.values(one.words).includes(word)))
        .reduce<number | undefined>((sum, one) => (sum ?? 0) + Number(one.value), undefined),
    )
  return {
    ...stage,
    health: operations.health,
    metric,
    notices,
    operations,
    reader,
    registry,
    runtime,
    snapshot,
    told,
    types: Effect.map(told, (all) => all.map(({ type }) => type)),
  }
})

type Stage = Effect.Success<ReturnType<typeof watched>>

/** A store that fails to write while it is failing. */
const fragile = Effect.map(TokenStore.makeMemory, (memory) => {
  const state = { isOutOfOrder: false }
  const store = TokenStore.TokenStore.of({
    ...memory,
    replace: (key, expected, next) =>
      // An intent can still be written: what fails is what comes after the presentation.
      state.isOutOfOrder && next?.intent === undefined
        ? Effect.fail(new StoreFailed({ remedy: "retry" }))
        : memory.replace(key, expected, next),
  })
  return { state, store }
})

/** A token that cannot be stored, and then one that cannot be removed. */
const failToStore = Effect.fnUntraced(function* (stage: Stage, state: { isOutOfOrder: boolean }) {
  const driver = yield* drive(stage, stage.accounts.skyswitch())
  state.isOutOfOrder = true
  yield* driver.signIn(people.officeManager)
  state.isOutOfOrder = false
  driver.reject(driver.view.generation)
  yield* driver.bearer
  state.isOutOfOrder = true
  const leaving = yield* Effect.forkChild(driver.signOut)
  for (let seconds = 0; seconds < 5; seconds++) {
    yield* settle
    yield* stage.clock.adjust("1 second")
  }
  yield* Fiber.join(leaving)
  state.isOutOfOrder = false
})

const drive = (stage: Stage, ...[configured]: Parameters<Stage["drive"]>) => stage.drive(configured, stage.runtime)

const ofSkySwitch = (report: HealthReport) => {
  const found = report.providers.find(({ provider }) => provider === "skyswitch")
  assert.isDefined(found)
  return found
}

const usual = {
  client,
  sangoma: sangomaClient,
  person: people.withFactor,
  passcode,
  wrongPasscode,
  wrongPassword: "wrong",
}

/** Everything that a session can come to, at every provider. */
const lifecycle = Effect.fnUntraced(function* (stage: Stage, secrets = usual) {
  const { accounts, clock, emulator } = stage
  const withFactor = yield* drive(stage, accounts.skyswitch({ client: secrets.client }))
  yield* withFactor.signIn(secrets.person)
  yield* Effect.exit(withFactor.submitPasscode(secrets.wrongPasscode))
  yield* withFactor.submitPasscode(secrets.passcode)
  yield* withFactor.startActing(subjectOf.netsapiens)
  yield* withFactor.stopActing
  yield* withFactor.inspect
  withFactor.reject((yield* withFactor.bearer).generation)
  yield* withFactor.bearer
  yield* Effect.scoped(
    Effect.flatMap(
      Effect.acquireRelease(withFactor.child(subjectOf.netsapiens), (child) => child.close),
      (child) =>
        Effect.gen(function* () {
          const { generation } = withFactor.view
          yield* clock.adjust("59 minutes")
          yield* reaches(withFactor, (view) => view.path === "refreshed" && view.generation > generation)
          yield* reaches(child, (view) => view.path === "masqueraded.live" && view.generation > 1)
        }),
    ),
  )
  yield* emulator.faults.arm({ fault: { _tag: "server_error", status: 503 }, match: { grant: "refresh_token" } })
  withFactor.reject(withFactor.view.generation)
  yield* Effect.exit(withFactor.bearer)
  yield* clock.adjust("10 minutes")
  yield* reaches(withFactor, "refreshed")
  yield* withFactor.signOut

  const ipex = yield* drive(
    stage,
    accounts.ipex({ credentials: { username: "api-user@example.test", password: secrets.wrongPassword } }),
  )
  yield* Effect.exit(ipex.bearer)
  const sangoma = yield* drive(stage, accounts.sangoma({ client: secrets.sangoma }))
  yield* sangoma.bearer
  return { withFactor, ipex, sangoma }
})

describe("events", () => {
  it.live("tell a session's story, in plain JSON", () =>
    Effect.gen(function* () {
      const stage = yield* watched({}, { name: ({ subject }) => (subject === undefined ? "customer 7" : "a child") })
      const { withFactor } = yield* lifecycle(stage)
      yield* withFactor.close
      const notices = yield* stage.told
      const [first] = notices
      assert(first !== undefined && first.type !== "missed")
      const own = notices.filter((notice) => notice.type !== "missed" && notice.session === first.session)
      assert.deepStrictEqual(
        own.map((notice) =>
          notice.type === "missed"
            ? ""
            : [notice.type, "purpose" in notice ? notice.purpose : "", notice.state].join(" "),
        ),
        [
          "opened  unauthenticated.idle",
          "challenged sign_in mfa_required.awaiting_passcode",
          "refused passcode mfa_required.awaiting_passcode",
          "signed_in passcode authenticated",
          "acting_started act_as masqueraded.live",
          "acting_stopped  authenticated",
          "rejected  expiring.renewing",
          "renewed renewal refreshed",
          "renewed renewal refreshed",
          "rejected  expiring.renewing",
          "waiting renewal expiring.recovering",
          "renewed renewal refreshed",
          "signed_out  unauthenticated.idle",
          "closed  unauthenticated.idle",
        ],
      )
      const children = notices.filter((notice) => notice.type !== "missed" && notice.child)
      assert.deepStrictEqual(
        children.map((notice) => [notice.type, "name" in notice ? notice.name : ""]),
        [
          ["opened", "a child"],
          ["acting_started", "a child"],
          ["renewed", "a child"],
          ["closed", "a child"],
        ],
      )
      assert.deepStrictEqual(JSON.parse(JSON.stringify(notices)), notices)
      assert.isTrue(notices.every((notice) => notice.type === "missed" || Object.isFrozen(notice)))
      const refused = notices.find(({ type }) => type === "refused")
      assert(refused?.type === "refused")
      assert.deepStrictEqual([refused.reason, refused.remedy], ["BadPasscode", "passcode"])
      const waiting = notices.find(({ type }) => type === "waiting")
      assert(waiting?.type === "waiting")
      assert.deepStrictEqual([waiting.reason, waiting.remedy], ["Unavailable", "retry"])
      assert.isAbove(waiting.until, waiting.at)
    }),
  )

  it.live("begin with the one that a session opened, however soon the provider answers", () =>
    Effect.gen(function* () {
      let count = 0
      const endpoint = TokenEndpoint.of({
        present: () => Effect.sync(() => issued(tokens(String(count++)))),
        inspect: () => Effect.die("unasked"),
        revoke: () => Effect.void,
      })
      const activities: Array<string> = []
      const stage = yield* watched({ endpoint }).pipe(
        Effect.provideService(CurrentWatcher, (_, activity) => {
          activities.push(activity._tag === "Stepped" ? activity.event.type : activity._tag)
        }),
      )
      const account = stage.accounts.skyswitch({ credentials: people.officeManager })
      const first = yield* drive(stage, account)
      yield* first.bearer
      yield* first.close
      yield* stage.clock.adjust("2 hours")
      // What is stored has ended: the renewal begins, and is answered, while the session is opened.
      const second = yield* drive(stage, account)
      yield* reaches(second, "refreshed")
      assert.deepStrictEqual(activities, ["Opened", "SignIn", "Issued", "Closed", "Opened", "Issued"])
      assert.deepStrictEqual(yield* stage.types, ["opened", "signed_in", "closed", "opened", "renewed"])
      const opened = stage.notices.filter(({ type }) => type === "opened").at(-1)
      assert(opened?.type === "opened")
      assert.strictEqual(opened.state, "expiring.renewing")
    }),
  )

  it.live("of a child name its parent", () =>
    Effect.gen(function* () {
      const stage = yield* watched()
      const driver = yield* drive(stage, stage.accounts.skyswitch())
      yield* driver.signIn(people.reseller)
      yield* Effect.flatMap(driver.child(subjectOf.netsapiens), (child) => child.close)
      const [own, ...others] = (yield* stage.told).flatMap((notice) => (notice.type === "missed" ? [] : [notice]))
      assert(own !== undefined)
      assert.isFalse("parent" in own)
      assert.deepStrictEqual(
        others.map(({ child, parent, session, type }) => [type, child, parent, session === own.session]),
        [
          ["signed_in", false, undefined, true],
          ["opened", true, own.session, false],
          ["acting_started", true, own.session, false],
          ["closed", true, own.session, false],
        ],
      )
    }),
  )

  it.live("and a metric tell what a store did not do", () =>
    Effect.gen(function* () {
      const { state, store } = yield* fragile
      const stage = yield* watched({ store })
      yield* failToStore(stage, state)
      assert.deepStrictEqual(
        (yield* stage.told).map((notice) => [notice.type, "what" in notice ? notice.what : ""].join(" ").trim()),
        ["opened", "store_failed store", "signed_in", "rejected", "renewed", "signed_out", "store_failed remove"],
      )
      assert.strictEqual(yield* stage.metric("pbx_auth.store_failures", "skyswitch", "store"), 1)
      assert.strictEqual(yield* stage.metric("pbx_auth.store_failures", "skyswitch", "remove"), 1)
      assert.strictEqual(yield* stage.metric("pbx_auth.sign_ins", "issued"), 1)
      assert.isUndefined(yield* stage.metric("pbx_auth.refusals"))
    }),
  )

  it.live("are all on the page, and no other", () =>
    Effect.gen(function* () {
      const rows = rowsBelow("Events", "event")
      const { state, store } = yield* fragile
      const stage = yield* watched({ store })
      const { sangoma } = yield* lifecycle(stage)
      yield* failToStore(stage, state)
      const lapsing = yield* drive(stage, stage.accounts.skyswitch())
      yield* lapsing.signIn(people.officeManager)
      yield* stage.emulator.faults.arm({
        fault: { _tag: "reply", status: 400, body: '{"error":"invalid_grant"}' },
        match: { grant: "refresh_token" },
      })
      lapsing.reject(lapsing.view.generation)
      yield* Effect.exit(lapsing.bearer)
      yield* sangoma.close
      const notices = yield* stage.told
      const common = ["at", "session", "parent", "provider", "child", "state", "generation", "type"]
      for (const notice of notices) {
        const row = rows.find((row) => nameOf(row) === notice.type)
        assert.isDefined(row, notice.type)
        const more = Object.keys(notice).filter((key) => !common.includes(key))
        assert.deepStrictEqual(sorted(more), sorted(row?.[1] ?? []), notice.type)
      }
      const all = rows.map(nameOf)
      // Three come about where another process, a slow reader or an odd reply has a part; they have tests of their own.
      const elsewhere = ["adopted", "missed", "acting_unlike"]
      assert.deepStrictEqual(sorted([...notices.map(({ type }) => type), ...elsewhere]), sorted(all))
    }),
  )

  it.live("that a slow reader missed are counted for it; the others miss none", () =>
    Effect.gen(function* () {
      const stage = yield* watched({}, { capacity: 4 })
      const slow: Array<SessionNotice> = []
      let release = () => {}
      const gate = new Promise<void>((resolve) => {
        release = resolve
      })
      yield* Effect.forkChild(
        Stream.runForEach(stage.operations.events, (notice) =>
          Effect.promise(() => {
            slow.push(notice)
            return gate
          }),
        ),
        { startImmediately: true },
      )
      const driver = yield* drive(stage, stage.accounts.skyswitch())
      for (let rounds = 0; rounds < 20; rounds++) {
        yield* driver.signIn(people.officeManager)
        yield* driver.signOut
        yield* settle
      }
      release()
      const [last] = (yield* stage.told).slice(-1)
      yield* eventually(
        "the last one",
        Effect.sync(() => slow.at(-1) === last),
      )
      assert.strictEqual(stage.notices.length, 41)
      assert.isTrue(stage.notices.every(({ type }) => type !== "missed"))
      const missed = slow.flatMap((notice) => (notice.type === "missed" ? [notice.count] : []))
      const read = slow.filter(({ type }) => type !== "missed")
      assert.strictEqual(read.length + missed.reduce((sum, count) => sum + count, 0), 41)
      assert.isAtMost(read.length, 9)
      assert.deepStrictEqual(read.slice(-4), stage.notices.slice(-4))
    }),
  )

  it.live("reach those who come late from then on, and a detached reader to the last one", () =>
    Effect.gen(function* () {
      const stage = yield* harness()
      const types: Array<string> = []
      const reader = yield* Effect.scoped(
        Effect.gen(function* () {
          const built = yield* stage.timed(Layer.build(Operations.layer()))
          const { events } = Context.get(built, Operations)
          const runtime = yield* Effect.provideContext(stage.process, built)
          const driver = yield* stage.drive(stage.accounts.skyswitch(), runtime)
          yield* driver.signIn(people.officeManager)
          const reading = Stream.runForEach(events, ({ type }) => Effect.sync(() => types.push(type)))
          return yield* Effect.forkDetach(reading, { startImmediately: true })
        }),
      )
      assert.deepStrictEqual(types, ["closed"])
      yield* Fiber.join(reader)
    }),
  )

  it.live("leave a session alone when a name cannot be had, and call the watcher that was there", () =>
    Effect.gen(function* () {
      const activities: Array<SessionActivity["_tag"]> = []
      const name = () => {
        throw new Error("no name")
      }
      const stage = yield* watched({}, { name }).pipe(
        Effect.provideService(CurrentWatcher, (_, { _tag }) => activities.push(_tag)),
      )
      const driver = yield* drive(stage, stage.accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      yield* driver.close
      assert.deepStrictEqual(yield* stage.types, ["opened", "signed_in", "closed"])
      assert.isFalse(stage.notices.some((notice) => "name" in notice))
      assert.deepStrictEqual(activities, ["Opened", "Stepped", "Stepped", "Closed"])
    }),
  )

  it.live("tell once that a token was rejected which had just replaced another one, and how long it stays", () =>
    Effect.gen(function* () {
      const stage = yield* watched()
      const driver = yield* drive(stage, stage.accounts.skyswitch({ credentials: people.reseller }))
      for (let call = 0; call < 5; call++) driver.reject((yield* driver.bearer).generation)
      yield* driver.bearer
      const told = (yield* stage.told).flatMap((one) => (one.type === "rejected" ? [one.until] : []))
      assert.lengthOf(told, 2)
      assert.isUndefined(told[0])
      assert.isAbove(told[1] ?? 0, driver.now)
      assert.isAtMost(told[1] ?? 0, driver.now + 60_000)
    }),
  )

  it.live("tell what another process had got already", () =>
    Effect.gen(function* () {
      const stage = yield* watched()
      const account = stage.accounts.skyswitch({ credentials: { username: "111@abc-company", password: "1234" } })
      const here = yield* drive(stage, account)
      yield* here.bearer
      const there = yield* stage.drive(account, yield* stage.process)
      there.reject((yield* there.bearer).generation)
      yield* there.bearer
      here.reject(here.view.generation)
      yield* here.bearer
      assert.deepStrictEqual(yield* stage.types, ["opened", "signed_in", "rejected", "adopted"])
      assert.strictEqual(yield* stage.metric("pbx_auth.renewals", "adopted"), 1)
    }),
  )
})

describe("metrics", () => {
  it.live("are on the page with their types, units and attributes, and no other is", () =>
    Effect.gen(function* () {
      const rows = rowsBelow("Metrics", "metric")
      const defined = Object.values<unknown>(SessionMetrics).flatMap((one) => (Metric.isMetric(one) ? [one] : []))
      assert.deepStrictEqual(sorted(defined.map(({ id }) => id)), sorted(rows.map(nameOf)))
      const { state, store } = yield* fragile
      const stage = yield* watched({ store })
      yield* stage.operations.watchTurns({ waiting: Effect.succeed([]) })
      yield* lifecycle(stage)
      yield* failToStore(stage, state)
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
                waiting: Effect.sync(() =>
                  line.map((subscriber) => ({ subscriber, policy: undefined, retryAt: undefined })),
                ),
              })
              line.push("c")
              const [shown] = Metric.snapshotUnsafe(Context.make(Metric.MetricRegistry, registry)).filter(
                ({ id }) => id === "pbx_auth.calls.waiting",
              )
              assert.deepStrictEqual(shown?.state, { value: 3 })
            }),
          )
          assert.deepStrictEqual(ids(), [
            "pbx_auth.sessions",
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
          sessions: { open: 1, usable: 1, presenting: 0, waiting: 0, needingPerson: 0 },
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
      assert.deepStrictEqual(first.sessions, { open: 1, usable: 1, presenting: 0, waiting: 1, needingPerson: 0 })
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

/** Keeps every span. */
const tracing = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    },
  })
  return { spans, layer: Layer.succeed(Tracer.Tracer, tracer) }
}

describe("spans", () => {
  it.live("are on the page with their kinds and attributes, and no other is", () => {
    const { layer, spans } = tracing()
    return Effect.gen(function* () {
      const stage = yield* watched()
      yield* lifecycle(stage)
      const session = yield* stage.open(
        stage.accounts.skyswitch({ credentials: { username: "111@abc-company", password: "1234" } }),
        stage.runtime,
      )
      const http = Context.get(yield* Layer.build(stage.http), HttpClient.HttpClient)
      const api = yield* Effect.provideService(BearerHttpClient.make(session), HttpClient.HttpClient, http)
      yield* api.get(`${stage.origin}/ns-api/`)
      const basic = yield* drive(stage, stage.accounts.skyswitch())
      yield* basic.signIn(people.basicUser)
      yield* Effect.exit(basic.startActing(subjectOf.netsapiens))
      const ours = spans.filter(({ name }) => !/^http\.client/.test(name))
      const rows = rowsBelow("Spans", "span")
      assert.deepStrictEqual(sorted(ours.map(({ name }) => name)), sorted(rows.map(nameOf)))
      const kinds = kindsOfSpans()
      const words = new Map(rowsBelow("Metrics", "attribute").map(([[name = ""] = [], list = []]) => [name, list]))
      for (const row of rows) {
        const name = nameOf(row)
        const those = ours.filter((span) => span.name === name)
        const attributes = those.flatMap((span) => [...span.attributes])
        // Some are there only when there is something to say.
        assert.deepStrictEqual(sorted(attributes.map(([attribute]) => attribute)), sorted(row[2] ?? []), name)
        assert.deepStrictEqual(
          sorted(those.map(({ kind }) => kind)),
          kinds.filter(([span]) => span === name).map(([, kind]) => kind),
          name,
        )
        for (const [attribute, word] of attributes) {
          if (attribute.startsWith("pbx_auth.")) assert.include(words.get(attribute) ?? [], word, attribute)
        }
      }
    }).pipe(Effect.provide(layer))
  })

  it.live("of a presentation hold its claim, what its store did, and its request; and say what it came to", () => {
    const { layer, spans } = tracing()
    return Effect.gen(function* () {
      const stage = yield* watched()
      const account = stage.accounts.skyswitch({ credentials: people.reseller })
      const here = yield* drive(stage, account)
      yield* Effect.withSpan(here.bearer, "a caller of the app")
      const there = yield* stage.drive(account, yield* stage.process)
      there.reject((yield* there.bearer).generation)
      yield* there.bearer
      here.reject(here.view.generation)
      yield* here.bearer
      yield* stage.emulator.faults.arm({
        fault: { _tag: "server_error", status: 503 },
        match: { grant: "masquerade" },
        times: "always",
      })
      yield* Effect.exit(here.startActing(subjectOf.netsapiens))
      const said = (span: Tracer.NativeSpan) => {
        const below = (one: Tracer.NativeSpan): unknown => [
          one.name,
          ...spans
            .filter(({ parent }) => Option.isSome(parent) && parent.value.spanId === one.spanId)
            .filter(({ name }) => !name.startsWith("http.client"))
            .map(below),
        ]
        const { attributes, status } = span
        const end = status._tag === "Ended" ? status.exit._tag : ""
        return [below(span), attributes.get("pbx_auth.outcome") ?? attributes.get("pbx_auth.reason"), end]
      }
      const presentations = spans.filter(({ name }) => name.startsWith("Session.") && name !== "Session.claim")
      const claim = ["Session.claim", ["TokenStore.read"], ["TokenStore.replace"]]
      assert.isTrue(presentations.every(({ parent }) => Option.isNone(parent)))
      assert.deepStrictEqual(presentations.map(said), [
        [["Session.sign_in", claim, ["TokenEndpoint.Password"], ["TokenStore.replace"]], "issued", "Success"],
        [["Session.renewal", claim, ["TokenEndpoint.RefreshToken"], ["TokenStore.replace"]], "issued", "Success"],
        [["Session.renewal", ["Session.claim", ["TokenStore.read"]]], "adopted", "Success"],
        [["Session.act_as", ["TokenEndpoint.ActAs"]], "Unavailable", "Failure"],
      ])
      const failures = spans.flatMap(({ name, status }) =>
        status._tag === "Ended" && status.exit._tag === "Failure" && !name.startsWith("http.client")
          ? [Cause.pretty(status.exit.cause)]
          : [],
      )
      assert.isNotEmpty(failures)
      // Where a span was begun stands behind its name, if a stack trace was captured.
      for (const text of failures) assert.notMatch(text, /at (Session|TokenEndpoint|TokenStore)\.\w+ \(/)
    }).pipe(Effect.provide(layer))
  })

  it.live("show nothing of what a store threw, and no token is lost for it", () => {
    const { layer, spans } = tracing()
    return Effect.gen(function* () {
      const memory = yield* TokenStore.makeMemory
      let isBroken = false
      const thrown = (): never => {
        throw new Error("canary-of-the-store")
      }
      const store = TokenStore.TokenStore.of({
        ...memory,
        read: (key) => (isBroken ? Effect.die(new Error("canary-of-the-store")) : memory.read(key)),
        // Of its own accord: no effect was made yet.
        replace: (key, expected, next) =>
          isBroken && next?.intent === undefined ? thrown() : memory.replace(key, expected, next),
      })
      const stage = yield* watched({
        store,
        between: (fetch) => async (input, init) => {
          const response = await fetch(input, init)
          isBroken = true
          return response
        },
      })
      const driver = yield* drive(stage, stage.accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      assert.strictEqual(driver.view.path, "authenticated")
      assert.deepStrictEqual(yield* stage.types, ["opened", "store_failed", "signed_in"])
      driver.reject(driver.view.generation)
      const error = yield* Effect.flip(driver.bearer)
      assert.strictEqual(error.reason._tag, "StoreFailed")
      assert.isEmpty(leaked([spans, yield* stage.told, error], ["canary-of-the-store"]))
      const [last] = spans.filter(({ name }) => name === "Session.renewal")
      assert.strictEqual(last?.attributes.get("pbx_auth.reason"), "StoreFailed")
    }).pipe(Effect.provide(layer))
  })
})

describe("no secret and no user's name", () => {
  const marked = {
    client: "canary-client-secret",
    sangoma: "canary-sangoma-secret",
    password: "canary-password",
    wrongPassword: "canary-wrong-password",
    passcode: "canary-passcode",
    wrongPasscode: "canary-wrong-passcode",
  }
  const world = {
    netsapiens: {
      clients: [{ id: client.id, secret: marked.client }],
      accounts: [
        {
          extension: "222",
          domain: "abc-company.12345.service",
          password: marked.password,
          scope: "Reseller",
          mfa: { vendor: "google", type: "authenticator", passcode: marked.passcode },
        },
        { extension: "1001", domain: "acmecorp.12345.service", scope: "Basic User" },
      ],
    },
    sangomaCx: {
      clients: [{ id: sangomaClient.id, secret: marked.sangoma, scopes: ["cx.agent-calls", "cx.queue-calls"] }],
    },
  }

  it.live("is in a metric, an event, a report or a span", () => {
    const { layer, spans } = tracing()
    return Effect.gen(function* () {
      const secrets = new Set(Object.values(marked))
      const users = ["222@abc-company", "api-user@example.test", subjectOf.netsapiens]
      const between =
        (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
        async (input, init) => {
          const response = await fetch(input, init)
          const text = await response.clone().text()
          for (const [, token] of text.matchAll(/"(?:access_token|refresh_token|token)":"([^"]+)"/g)) {
            if (token !== undefined) secrets.add(token)
          }
          return response
        }
      const stage = yield* watched({ between, world })
      yield* lifecycle(stage, {
        client: { id: client.id, secret: marked.client },
        sangoma: { id: sangomaClient.id, secret: marked.sangoma },
        person: { username: "222@abc-company", password: Redacted.make(marked.password) },
        passcode: Redacted.make(marked.passcode),
        wrongPasscode: Redacted.make(marked.wrongPasscode),
        wrongPassword: marked.wrongPassword,
      })
      const things = [yield* stage.told, yield* stage.health, yield* stage.snapshot, [...stage.registry.keys()], spans]
      const text = yield* Effect.provideService(PrometheusMetrics.format(), Metric.MetricRegistry, stage.registry)
      assert.isAbove(secrets.size, 15)
      assert.isAbove(stage.notices.length, 15)
      assert.isAbove(spans.length, 10)
      assert.isEmpty(leaked([things, text], secrets))
      // A span holds what its effect succeeded with, which nobody exports. This is what is exported of it.
      const exported = spans.map(({ attributes, events, name, status }) => [
        name,
        [...attributes],
        events,
        status._tag === "Ended" && status.exit._tag === "Failure" ? Cause.pretty(status.exit.cause) : "",
      ])
      assert.isEmpty(leaked([things.slice(0, -1), exported, text], users))
    }).pipe(Effect.provide(layer))
  })
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
