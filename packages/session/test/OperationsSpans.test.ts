/** What a tracer sees of a session, and that nothing that is told of it holds a secret. */
import { assert, describe, it } from "@effect/vitest"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as Redacted from "effect/Redacted"
import type * as Tracer from "effect/Tracer"
import { tracing } from "../src/testing/Tracing.ts"
import { client, people, sangomaClient, subjectOf } from "./Harness.ts"
import { leaked } from "./Leak.ts"
import { drive, lifecycle, nameOf, page, rowsBelow, sorted, watched } from "./Operated.ts"

/** A span and its kind, as the page has them. */
const kindsOfSpans = (): ReadonlyArray<readonly [span: string, kind: string]> =>
  [...page.matchAll(/^\| `(\w+\.\w+)` \| (client|internal) \|/gm)].map(([, span = "", kind = ""]) => [span, kind])

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
        [["Session.sign_in", claim, ["TokenEndpoint.present"], ["TokenStore.replace"]], "issued", "Success"],
        [["Session.renewal", claim, ["TokenEndpoint.present"], ["TokenStore.replace"]], "issued", "Success"],
        [["Session.renewal", ["Session.claim", ["TokenStore.read"]]], "adopted", "Success"],
        [["Session.act_as", ["TokenEndpoint.present"]], "Unavailable", "Failure"],
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
      // A span holds what its effect succeeded with, which is not exported. This is what is exported of it.
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
