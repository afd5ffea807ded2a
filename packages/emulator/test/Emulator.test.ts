import { readFileSync } from "node:fs"
import { request } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Emulator from "../src/emulator/Emulator.ts"
import { send } from "./RawClient.ts"
import { netsapiens as ns, served } from "./Served.ts"

const form = (fields: Record<string, string>) => ({ method: "POST", body: new URLSearchParams(fields) })
const tokenUrl = "https://pbx.skyswitch.com/ns-api/oauth2/token/"

/** Waits at most two seconds. */
const until = Effect.fnUntraced(function* (condition: Effect.Effect<boolean>) {
  for (let turn = 0; turn < 1000; turn++) {
    if (yield* condition) return
    yield* Effect.sleep("2 millis")
  }
  assert.fail("waited in vain")
})

describe("An emulator without a socket", () => {
  it.effect("answers fetch whatever the host, in the time of the clock that it was made with", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const post = (fields: Record<string, string>) => Effect.promise(() => emulator.fetch(tokenUrl, form(fields)))
      const signedIn = yield* Effect.promise(async () => (await emulator.fetch(tokenUrl, form(ns.password))).json())
      const read = Effect.promise(() =>
        emulator.fetch(new URL("/ns-api/oauth2/read", tokenUrl), {
          headers: { authorization: `Bearer ${signedIn.access_token}` },
        }),
      )
      yield* TestClock.adjust("59 minutes")
      assert.strictEqual((yield* read).status, 200)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* read).status, 401)
      assert.strictEqual((yield* post(ns.refresh(signedIn.refresh_token))).status, 200)
      assert.deepStrictEqual(
        (yield* emulator.journal).map(({ at }) => at),
        [0, 3_540_000, 3_600_000, 3_600_000],
      )
    }),
  )

  it.live("rejects as fetch does when the caller gives up, before or while it is answered", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const reason = new Error("given up")
      const attempt = (signal: AbortSignal) =>
        Effect.promise(() =>
          emulator.fetch(tokenUrl, { ...form(ns.password), signal }).then(
            () => "answered",
            (error: unknown) => error,
          ),
        )
      assert.strictEqual(yield* attempt(AbortSignal.abort(reason)), reason)

      yield* emulator.hold
      const controller = new AbortController()
      const fiber = yield* Effect.forkChild(attempt(controller.signal))
      yield* until(Effect.map(emulator.inFlight, (count) => count === 1))
      controller.abort(reason)
      assert.strictEqual(yield* Fiber.join(fiber), reason)
      assert.strictEqual(yield* emulator.inFlight, 0)
    }),
  )

  it.live("lets nobody wait when its scope closes", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const emulator = yield* Scope.provide(Emulator.make(), scope)
      yield* emulator.hold
      const answered = emulator.fetch(tokenUrl, form(ns.password)).then(
        () => true,
        () => false,
      )
      yield* until(Effect.map(emulator.inFlight, (count) => count === 1))
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(yield* Effect.promise(() => answered))
    }),
  )
})

describe("Holding answers back", () => {
  it.live("carries the request out and lets its answer wait", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      const first = yield* emulator.hold
      const second = yield* emulator.hold
      const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(ask(ns.token, { form: ns.password })))
      yield* until(Effect.map(emulator.journal, (journal) => journal.length === 3))
      assert.strictEqual(yield* emulator.inFlight, 3)

      yield* first.release
      yield* Effect.sleep("20 millis")
      assert.isTrue(fibers.every((fiber) => fiber.pollUnsafe() === undefined))

      yield* second.release
      const told = yield* Fiber.joinAll(fibers)
      assert.deepStrictEqual(
        told.map(({ status }) => status),
        [200, 200, 200],
      )
      yield* until(Effect.map(emulator.inFlight, (count) => count === 0))
      assert.strictEqual((yield* ask(ns.token, { form: ns.password })).status, 200)
    }),
  )
})

describe("A method that is not served", () => {
  for (const method of ["TRACE", "PROPFIND"]) {
    it.live(`is answered with 405: ${method}`, () =>
      Effect.gen(function* () {
        const { ask, origin } = yield* served()
        const head = [`${method} /token HTTP/1.1`, "host: 127.0.0.1", "connection: close", "", ""].join("\r\n")
        const { end, text } = yield* Effect.promise(() => send(origin, head))
        assert.match(text, /^HTTP\/1\.1 405 /)
        assert.match(text, /\r\nallow: [^\r]*POST/i)
        assert.include(text, '{"error":"method_not_allowed"}')
        assert.strictEqual(end, "closed")
        assert.strictEqual((yield* ask("/")).status, 200, "and it goes on")
      }),
    )
  }
})

describe("The emulator's own endpoints", () => {
  it.live("say what is served", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const { fields } = yield* ask("/")
      assert.deepStrictEqual(Object.keys(fields.providers), ["netsapiens", "ipex", "sangoma-cx"])
      assert.include(fields.providers.ipex, "POST /token-exchange")
      assert.strictEqual((yield* ask("/__emulator/nothing")).status, 404)
      assert.strictEqual((yield* ask("/nothing")).status, 404)
    }),
  )

  it.live("show the journal, and the world without its secrets", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      yield* ask(ns.token, { form: ns.password })
      assert.deepStrictEqual((yield* ask("/__emulator/journal")).fields as unknown, yield* emulator.journal)
      assert.lengthOf(yield* emulator.journal, 1)
      const { fields, text } = yield* ask("/__emulator/world")
      assert.strictEqual(fields.netsapiens.lifetime, 3600)
      assert.notInclude(text, "your-client-secret")
    }),
  )

  it.live("change the world, and bring back the one that was there at the start", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served({ ipex: { lifetime: 5 } })
      const start = yield* emulator.world
      assert.strictEqual(start.ipex.lifetime, 5)
      const accounts = { accounts: [], rateLimits: "published" }
      assert.strictEqual((yield* ask("/__emulator/world", { json: { netsapiens: accounts } })).status, 200)
      assert.strictEqual((yield* ask(ns.token, { form: ns.password })).status, 400)

      const restored = yield* ask("/__emulator/world", { method: "DELETE" })
      assert.strictEqual(restored.status, 200)
      assert.deepStrictEqual(restored.fields, (yield* ask("/__emulator/world")).fields)
      assert.deepStrictEqual(yield* emulator.world, start)
      assert.strictEqual((yield* ask(ns.token, { form: ns.password })).status, 200)
    }),
  )

  it.live("are those that the README lists", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
      const listed = [...readme.matchAll(/^\| `(GET|POST|DELETE) (\/__emulator\/\w+)`/gm)].map(
        ([, method, path]) => `${method} ${path}`,
      )
      const control: ReadonlyArray<string> = (yield* ask("/")).fields.control
      const answered = control.flatMap((line) => {
        const [names = "", path] = line.split(" ")
        return names.split("|").map((method) => `${method} ${path}`)
      })
      assert.sameMembers(listed, answered)
    }),
  )

  it.live("move the clock", () =>
    Effect.gen(function* () {
      const { ask, clock } = yield* served()
      const move = (json: unknown) => ask("/__emulator/clock", { json })
      const { access_token: bearer } = (yield* ask(ns.token, { form: ns.password })).fields
      const before = clock.currentTimeMillisUnsafe()
      const { now } = (yield* move({ advance: 3600.5 })).fields
      assert.approximately(now - before, 3_600_500, 1000)
      assert.strictEqual((yield* ask("/ns-api/oauth2/read", { bearer })).status, 401)
      assert.approximately((yield* move({ setWall: 1_000_000 })).fields.now, 1_000_000, 1000)
      assert.strictEqual((yield* move({ advance: 0 })).status, 200)

      for (const wrong of [
        {},
        [],
        null,
        { advance: -1 },
        { advance: "1" },
        { advance: 1, setWall: 1 },
        { advance: 1e300 },
      ]) {
        const told = yield* move(wrong)
        assert.strictEqual(told.status, 400, JSON.stringify(wrong))
        assert.include(told.fields.error, "advance")
      }
      for (const setWall of [-1, 1.5, 1e16]) assert.strictEqual((yield* move({ setWall })).status, 400)
      assert.strictEqual((yield* ask("/__emulator/clock", { body: "{" })).status, 400)
    }),
  )

  it.live("say when the clock cannot be moved", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const told = yield* Effect.promise(() =>
        emulator.fetch("http://127.0.0.1/__emulator/clock", { method: "POST", body: '{"advance": 1}' }),
      )
      assert.strictEqual(told.status, 409)
    }),
  )

  it.live("are for this machine alone", () =>
    Effect.gen(function* () {
      const { origin, ask } = yield* served()
      const named = (host: string) =>
        Effect.promise(
          () =>
            new Promise<number | undefined>((resolve, reject) =>
              request(`${origin}/__emulator/world`, { headers: { host } }, (response) => {
                response.resume()
                resolve(response.statusCode)
              })
                .on("error", reject)
                .end(),
            ),
        )
      assert.strictEqual(yield* named("localhost:8080"), 200)
      assert.strictEqual(yield* named("rebound.example.test"), 403)
      const origins = { "http://localhost:3000": 200, "https://example.test": 403, null: 403 }
      for (const [origin, status] of Object.entries(origins)) {
        const told = yield* ask("/__emulator/clock", { json: { advance: 0 }, headers: { origin } })
        assert.strictEqual(told.status, status, origin)
      }
    }),
  )
})

describe("An emulator's time", () => {
  it.live("is its own clock's, not that of whoever asks", () =>
    Effect.gen(function* () {
      const { ask, emulator, clock } = yield* served()
      yield* clock.setWall(5_000_000)
      assert.isAbove(yield* Clock.currentTimeMillis, 1e12)
      yield* ask(ns.token, { form: ns.password })
      assert.approximately((yield* emulator.journal)[0]?.at ?? 0, 5_000_000, 5000)
    }),
  )
})
