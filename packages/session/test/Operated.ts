/** Sessions that are watched, and what the page about operating them says. */
import { readFileSync } from "node:fs"
import { assert } from "@effect/vitest"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import { Operations, type Options } from "@pbx-auth/session/Operations"
import type { HealthReport } from "@pbx-auth/session/operations/Health"
import type { SessionNotice } from "@pbx-auth/session/operations/SessionNotice"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import * as SessionKey from "../src/record/SessionKey.ts"
import {
  client,
  type Options as HarnessOptions,
  harness,
  passcode,
  people,
  reaches,
  sangomaClient,
  settle,
  subjectOf,
  wrongPasscode,
} from "./Harness.ts"

export const page = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8")

/** The steerable clock goes on by itself, by little. */
export const isAbout = (seconds: number | null | undefined, expected: number) =>
  assert.approximately(seconds ?? Number.NaN, expected, 5)

/** The rows of the page's first table below a heading that begins with this word: the code-typed words of each cell. */
export const rowsBelow = (heading: string, head: string): ReadonlyArray<Row> => {
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

export type Row = ReadonlyArray<ReadonlyArray<string>>

/** What a row is about. */
export const nameOf = ([[name = ""] = []]: Row): string => name

export const sorted = (words: Iterable<string>) => [...new Set(words)].sort()

/** A world whose sessions are watched, with a registry of metrics of its own, and every event that it told. */
export const watched = Effect.fnUntraced(function* (options: HarnessOptions = {}, how: Options = {}) {
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

export type Stage = Effect.Success<ReturnType<typeof watched>>

/** A store that fails to write while it is failing. */
export const fragile = Effect.map(TokenStore.makeMemory, (memory) => {
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
export const failToStore = Effect.fnUntraced(function* (stage: Stage, state: { isOutOfOrder: boolean }) {
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

/** A holder that died in a renewal, and a session that finds its intent. */
export const leaveIntent = Effect.fnUntraced(function* (stage: Stage) {
  const configured = stage.accounts.skyswitch({ credentials: people.reseller })
  yield* Effect.flatMap(drive(stage, configured), (driver) => driver.bearer)
  const key = yield* SessionKey.make(stage.store, configured.account, configured.credentials)
  const seen = yield* stage.store.read(key)
  const now = yield* stage.clock.currentTimeMillis
  const intent = { holder: "dead", purpose: "renewal" as const, startedAt: now - 30_000, until: now - 10_000 }
  if (seen?.record !== undefined) yield* stage.store.replace(key, seen.version, { ...seen.record, intent })
  yield* drive(stage, configured)
  yield* settle
  yield* stage.clock.adjust("1 second")
  yield* settle
})

export const drive = (stage: Stage, ...[configured]: Parameters<Stage["drive"]>) =>
  stage.drive(configured, stage.runtime)

export const ofSkySwitch = (report: HealthReport) => {
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
export const lifecycle = Effect.fnUntraced(function* (stage: Stage, secrets = usual) {
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
