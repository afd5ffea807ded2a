import { request } from "node:http"
import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Emulator from "../src/Emulator.ts"
import type { Fault, Rule } from "../src/Fault.ts"
import { actingOf, faultNames } from "../src/Fault.ts"
import { serve } from "../src/Server.ts"
import * as SteerableClock from "../src/SteerableClock.ts"
import { decodeWorld } from "../src/World.ts"
import { post, send } from "./RawClient.ts"
import { ipex, netsapiens as ns, sangomaCx, served, type Told } from "./Served.ts"

/** Waits at most four seconds. */
const until = Effect.fnUntraced(function* (condition: Effect.Effect<boolean>) {
  for (let turn = 0; turn < 2000; turn++) {
    if (yield* condition) return
    yield* Effect.sleep("2 millis")
  }
  assert.fail("waited in vain")
})

/** A served emulator with strict rotation, and somebody signed in whose refresh token tells whether the server acted. */
const signedIn = Effect.fnUntraced(function* (world: unknown = {}) {
  const room = yield* served({ netsapiens: { rotation: "strict" }, ...(world as object) })
  const first = yield* room.ask(ns.token, { form: ns.password })
  yield* room.emulator.clearJournal
  const refresh: string = first.fields.refresh_token
  const form = ns.refresh(refresh)
  return {
    ...room,
    first,
    refresh,
    renew: room.ask(ns.token, { form }),
    renewRaw: (options?: Parameters<typeof send>[2]) =>
      Effect.promise(() => send(room.origin, post(ns.token, form), options)),
    /** The token is tried at last: strict rotation gives a pair for a fresh one and ends the family for a spent one. */
    isSpent: Effect.map(room.ask(ns.token, { form }), ({ status }) => status !== 200),
  }
})

type SignedIn = Effect.Success<ReturnType<typeof signedIn>>

const last = ({ emulator }: SignedIn) => Effect.map(emulator.journal, (journal) => journal.at(-1))

/** What the journal and the world say of a fault that has hit once, and that the server is healthy afterwards. */
const settle = Effect.fnUntraced(function* (room: SignedIn, fault: Fault, status: number, acted: boolean) {
  const entry = yield* last(room)
  assert.strictEqual(entry?.fault, fault._tag)
  assert.strictEqual(entry?.acted, acted)
  assert.strictEqual(entry?.status, status)
  assert.strictEqual(entry?.outcome, acted ? "renewed" : "not carried out")
  assert.strictEqual(entry?.grant, fault._tag === "reset_before_read" ? undefined : "refresh_token")
  assert.strictEqual(yield* room.isSpent, acted)
  assert.strictEqual((yield* room.ask(ns.token, { form: ns.password })).status, 200)
  assert.strictEqual((yield* last(room))?.fault, undefined)
})

describe("A connection that ends", () => {
  const cases: ReadonlyArray<readonly [fault: Fault, end: string]> = [
    [{ _tag: "reset_before_read" }, "ECONNRESET"],
    [{ _tag: "reset_after_read" }, "ECONNRESET"],
    [{ _tag: "drop_reply" }, "closed"],
    [{ _tag: "drop_reply", by: "reset" }, "ECONNRESET"],
  ]
  for (const [fault, end] of cases) {
    it.live(`${JSON.stringify(fault)} over a socket`, () =>
      Effect.gen(function* () {
        const room = yield* signedIn()
        yield* room.emulator.faults.arm({ fault })
        const seen = yield* room.renewRaw()
        assert.deepStrictEqual([seen.text, seen.end], ["", end])
        yield* settle(room, fault, 0, actingOf(fault._tag) === "yes")
      }),
    )

    it.effect(`${JSON.stringify(fault)} without one`, () =>
      Effect.gen(function* () {
        const emulator = yield* Emulator.make()
        const { hits } = yield* emulator.faults.arm({ fault })
        const signIn = () => emulator.fetch(`https://a.test${ns.token}`, { method: "POST", body: form(ns.password) })
        const error = yield* Effect.promise(() => signIn().catch((error: unknown) => error))
        assert.instanceOf(error, TypeError)
        assert.strictEqual(error.message, "fetch failed")
        assert.deepInclude(error.cause, { code: end === "closed" ? "UND_ERR_SOCKET" : "ECONNRESET" })
        assert.strictEqual(yield* hits, 1)
        assert.strictEqual((yield* Effect.promise(signIn)).status, 200)
      }),
    )
  }

  it.live("before the request is read: not a byte of a long body is waited for", () =>
    Effect.gen(function* () {
      const { emulator, origin } = yield* served()
      yield* emulator.faults.arm({ fault: { _tag: "reset_before_read" } })
      const head = post(ns.token, ns.password).replace(/content-length: \d+/, "content-length: 1000000")
      const seen = yield* Effect.promise(() => send(origin, head))
      assert.deepStrictEqual([seen.text, seen.end], ["", "ECONNRESET"])
    }),
  )

  it.live("as soon as it is accepted, whatever would be asked", () =>
    Effect.gen(function* () {
      const { emulator, origin, ask } = yield* served()
      const { hits } = yield* emulator.faults.arm({ fault: { _tag: "reset_on_accept" }, times: 2, skip: 1 })
      const open = () => Effect.promise(() => send(origin, post(ns.token, ns.password)))
      assert.match((yield* open()).text, /^HTTP\/1.1 200/)
      for (let turn = 0; turn < 2; turn++) {
        const seen = yield* open()
        assert.strictEqual(seen.text, "")
        assert.notStrictEqual(seen.end, "closed")
      }
      assert.strictEqual(yield* hits, 2)
      assert.lengthOf(yield* emulator.journal, 1)
      assert.strictEqual((yield* ask(ns.token, { form: ns.password })).status, 200)
    }),
  )

  it.effect("as soon as it is accepted: without a socket each request is a connection", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      yield* emulator.faults.arm({ fault: { _tag: "reset_on_accept" } })
      const signIn = () => emulator.fetch(`https://a.test${ns.token}`, { method: "POST", body: form(ns.password) })
      assert.instanceOf(yield* Effect.promise(() => signIn().catch((error: unknown) => error)), TypeError)
      assert.deepStrictEqual(yield* emulator.journal, [])
      assert.strictEqual((yield* Effect.promise(signIn)).status, 200)
    }),
  )

  it.live("in the middle of the body", () =>
    Effect.gen(function* () {
      const room = yield* signedIn()
      const fault: Fault = { _tag: "reset_in_body", bytes: 20 }
      yield* room.emulator.faults.arm({ fault })
      const seen = yield* room.renewRaw()
      const [head = "", body = ""] = seen.text.split("\r\n\r\n")
      assert.match(head, /^HTTP\/1.1 200 /)
      assert.isAbove(Number(/content-length: (\d+)/i.exec(head)?.[1]), 200)
      assert.match(body, /^\{"access_token":"\w{3}$/)
      assert.strictEqual(seen.end, "ECONNRESET")
      yield* settle(room, fault, 200, true)
    }),
  )

  it.effect("in the middle of the body, without a socket", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      yield* emulator.faults.arm({ fault: { _tag: "reset_in_body" } })
      const response = yield* signIn(emulator)
      assert.strictEqual(response.status, 200)
      const error = yield* Effect.promise(() => response.text().catch((error: unknown) => error))
      assert.instanceOf(error, TypeError)
      assert.deepInclude(error.cause, { code: "ECONNRESET" })
    }),
  )
})

const form = (fields: Record<string, string>) => new URLSearchParams(fields)

const signIn = (emulator: Emulator.Emulator, init: RequestInit = {}) =>
  Effect.promise(() =>
    emulator.fetch(`https://a.test${ns.token}`, { method: "POST", body: form(ns.password), ...init }),
  )

describe("A server that hangs", () => {
  for (const acts of [false, true]) {
    it.live(`before the headers${acts ? ", after it acted" : ""}`, () =>
      Effect.gen(function* () {
        const room = yield* signedIn()
        const fault: Fault = { _tag: "hang", acts }
        yield* room.emulator.faults.arm({ fault })
        const call = request(`${room.origin}${ns.token}`, { method: "POST", agent: false })
        call.on("error", () => undefined)
        call.setHeader("content-type", "application/x-www-form-urlencoded")
        call.end(form(ns.refresh(room.refresh)).toString())
        yield* until(Effect.map(room.emulator.journal, (journal) => journal.length === 1))
        assert.strictEqual(yield* room.emulator.inFlight, 1)
        assert.strictEqual((yield* room.ask(ns.token, { form: ns.withFactor })).status, 200)
        call.destroy()
        yield* until(Effect.map(room.emulator.inFlight, (count) => count === 0))
        yield* room.emulator.clearJournal
        assert.strictEqual(yield* room.isSpent, acts)
      }),
    )
  }

  it.live("lets its callers go when the server's scope closes", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const scope = yield* Scope.make()
      const { origin } = yield* Scope.provide(serve({ port: 0, emulator }), scope)
      yield* emulator.faults.arm({ fault: { _tag: "hang" }, times: "always" })
      const fibers = yield* Effect.forEach([1, 2, 3], () =>
        Effect.forkChild(Effect.promise(() => send(origin, post(ns.token, ns.password)))),
      )
      yield* until(Effect.map(emulator.inFlight, (count) => count === 3))
      yield* Scope.close(scope, Exit.void)
      for (const seen of yield* Fiber.joinAll(fibers)) assert.strictEqual(seen.text, "")
      yield* until(Effect.map(emulator.inFlight, (count) => count === 0))
    }),
  )

  it.live("without a socket: until the caller gives up, or the emulator's scope closes", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const emulator = yield* Scope.provide(Emulator.make(), scope)
      yield* emulator.faults.arm({ fault: { _tag: "hang" }, times: 2 })
      const controller = new AbortController()
      const settled = (signal?: AbortSignal) =>
        emulator
          .fetch(`https://a.test${ns.token}`, { method: "POST", body: form(ns.password), ...(signal && { signal }) })
          .then(
            () => "answered",
            (error: unknown) => error,
          )
      const [given, closed] = [settled(controller.signal), settled()]
      yield* until(Effect.map(emulator.inFlight, (count) => count === 2))
      controller.abort("given up")
      assert.strictEqual(yield* Effect.promise(() => given), "given up")
      yield* Scope.close(scope, Exit.void)
      assert.notStrictEqual(yield* Effect.promise(() => closed), "answered")
    }),
  )
})

describe("A slow server", () => {
  it.effect("answers later by its own clock, and may fail otherwise too", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      yield* emulator.faults.arm([
        { fault: { _tag: "delay", millis: 5000 }, times: 2 },
        { fault: { _tag: "server_error", status: 504 }, skip: 1 },
      ])
      const both = yield* Effect.forkChild(Effect.forEach([1, 2], () => signIn(emulator)))
      yield* until(Effect.map(emulator.inFlight, (count) => count === 1)).pipe(Effect.provideService(Clock.Clock, live))
      yield* TestClock.adjust("4999 millis")
      assert.isUndefined(both.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* until(Effect.map(emulator.journal, (journal) => journal.length === 2)).pipe(
        Effect.provideService(Clock.Clock, live),
      )
      yield* TestClock.adjust("5 seconds")
      const statuses = (yield* Fiber.join(both)).map(({ status }) => status)
      assert.deepStrictEqual(statuses, [200, 504])
      assert.deepStrictEqual(
        (yield* emulator.journal).map(({ fault, acted }) => [fault, acted]),
        [
          ["delay", true],
          ["delay+server_error", false],
        ],
      )
    }),
  )

  it.live("sends the body byte by byte", () =>
    Effect.gen(function* () {
      const room = yield* signedIn()
      const fault: Fault = { _tag: "trickle", bytes: 50, millis: 5 }
      yield* room.emulator.faults.arm({ fault })
      const told = yield* room.renew
      assert.isString(told.fields.refresh_token)
      assert.strictEqual(told.headers.get("content-length"), String(told.text.length))
      yield* room.emulator.faults.arm({ fault: { _tag: "trickle" }, times: "always" })
      let pieces = 0
      const seen = yield* Effect.promise(() =>
        send(room.origin, post(ns.token, ns.password), { until: () => ++pieces > 1 }),
      )
      assert.strictEqual(seen.end, "given up")
      assert.match(seen.text, /\r\n\r\n\{"?$/)
      yield* room.emulator.faults.clear
      assert.strictEqual((yield* room.ask(ns.token, { form: ns.password })).status, 200)
    }),
  )

  it.effect("sends the body byte by byte in virtual time, until the caller gives up", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      yield* emulator.faults.arm({ fault: { _tag: "trickle", bytes: 10, millis: 1000 }, times: 2 })
      const whole = (yield* signIn(emulator)).text()
      const controller = new AbortController()
      const response = yield* signIn(emulator, { signal: controller.signal })
      const given = response.text().catch((error: unknown) => error)
      let text: string | undefined
      whole.then((all) => {
        text = all
      })
      for (let second = 0; second < 100 && text === undefined; second++) {
        yield* TestClock.adjust("1 second")
        if (second === 1) controller.abort("given up")
      }
      assert.include(text, "access_token")
      assert.strictEqual(yield* Effect.promise(() => given), "given up")
    }),
  )
})

// The clock of this machine, for waiting on what is not the virtual clock's.
const live = Effect.runSync(Clock.Clock)

describe("A body that is too long", () => {
  const readMemory = () => {
    const { rss } = process.memoryUsage()
    return rss
  }

  it.live("without end: as fast as it is read, and no further", () =>
    Effect.gen(function* () {
      const room = yield* signedIn()
      const fault: Fault = { _tag: "endless_body" }
      yield* room.emulator.faults.arm({ fault })
      const before = readMemory()
      // 256 MB are read, the rest of it never.
      const bytes = yield* Effect.promise(async () => {
        const response = await fetch(`${room.origin}${ns.token}`, {
          method: "POST",
          body: form(ns.refresh(room.refresh)),
        })
        assert.strictEqual(response.status, 200)
        let bytes = 0
        for await (const chunk of response.body ?? []) {
          bytes += chunk.length
          if (bytes > 256_000_000) break
        }
        return bytes
      })
      assert.isAbove(bytes, 256_000_000)
      assert.isBelow(readMemory() - before, 200_000_000)
      yield* settle(room, fault, 200, false)
    }),
  )

  it.live("without end: a client that reads nothing makes the server hold nothing", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      yield* emulator.faults.arm({ fault: { _tag: "endless_body" }, times: 20 })
      const before = readMemory()
      const responses = yield* Effect.forEach(Array.from({ length: 20 }), () => signIn(emulator))
      yield* Effect.sleep("50 millis")
      assert.isBelow(readMemory() - before, 50_000_000)
      yield* Effect.promise(() => Promise.all(responses.map((response) => response.body?.cancel())))
    }),
  )

  it.live("without end: nor over sockets that are not read", () =>
    Effect.gen(function* () {
      const { emulator, origin } = yield* served()
      yield* emulator.faults.arm({ fault: { _tag: "endless_body" }, times: "always" })
      const before = readMemory()
      const { hostname, port } = new URL(origin)
      const sockets = Array.from({ length: 20 }, () => {
        const socket = connect(Number(port), hostname, () => socket.write(post(ns.token, ns.password)))
        return socket.on("error", () => undefined).pause()
      })
      yield* until(Effect.map(emulator.journal, (journal) => journal.length === 20))
      yield* Effect.sleep("100 millis")
      assert.isBelow(readMemory() - before, 100_000_000)
      for (const socket of sockets) socket.destroy()
      yield* emulator.faults.clear
    }),
  )

  it.live("of 50 MB, announced or not, with the true reply at its end", () =>
    Effect.gen(function* () {
      const room = yield* signedIn()
      const fault: Fault = { _tag: "huge_body", announced: true, acts: true }
      yield* room.emulator.faults.arm({ fault })
      const read = Effect.promise(async () => {
        const response = await fetch(`${room.origin}${ns.token}`, {
          method: "POST",
          body: form(ns.refresh(room.refresh)),
        })
        let bytes = 0
        let tail = new Uint8Array()
        for await (const chunk of response.body ?? []) {
          bytes += chunk.length
          tail = new Uint8Array([...tail.subarray(-400), ...chunk.subarray(-400)])
        }
        return { bytes, tail: new TextDecoder().decode(tail), length: response.headers.get("content-length") }
      })
      const { bytes, tail, length } = yield* read
      assert.isAbove(bytes, 50_000_000)
      assert.strictEqual(length, String(bytes))
      assert.match(tail, /x","access_token":"\w+".*\}$/)
      yield* settle(room, fault, 200, true)

      yield* room.emulator.faults.arm({ fault: { _tag: "huge_body", bytes: 100_000 } })
      const told = yield* room.ask(ns.token, { form: ns.password })
      assert.isNull(told.headers.get("content-length"))
      assert.deepStrictEqual(told.fields, { padding: "x".repeat(100_000) })
    }),
  )
})

describe("Another answer than the true one", () => {
  const elsewhere = "http://127.0.0.1:1/token"
  const date = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
  const cases: ReadonlyArray<readonly [fault: Fault, status: number, check: (told: Told) => void]> = [
    ...([500, 502, 503, 504] as const).map(
      (status) =>
        [{ _tag: "server_error", status }, status, ({ text }: Told) => assert.include(text, "<html>")] as const,
    ),
    [{ _tag: "server_error", body: "json" }, 500, ({ fields }) => assert.strictEqual(fields.code, 500)],
    [{ _tag: "server_error", body: "text" }, 500, ({ text }) => assert.strictEqual(text, "Internal Server Error")],
    [{ _tag: "server_error", body: "empty", acts: true }, 500, ({ text }) => assert.strictEqual(text, "")],
    [{ _tag: "retry_after", seconds: 30 }, 429, ({ headers }) => assert.strictEqual(headers.get("retry-after"), "30")],
    [
      { _tag: "retry_after", status: 503, form: "imf_fixdate" },
      503,
      ({ headers }) => {
        assert.match(
          headers.get("retry-after") ?? "",
          new RegExp(`^${date}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT$`),
        )
        const [told, at] = [headers.get("date"), headers.get("retry-after")].map((text) => Date.parse(text ?? ""))
        assert.approximately((at ?? 0) - (told ?? 0), 2500, 600)
      },
    ],
    [
      { _tag: "retry_after", form: "rfc850" },
      429,
      ({ headers }) => assert.match(headers.get("retry-after") ?? "", /^\w+day, \d\d-\w{3}-\d\d \d\d:\d\d:\d\d GMT$/),
    ],
    [
      { _tag: "retry_after", form: "asctime" },
      429,
      ({ headers }) =>
        assert.match(
          headers.get("retry-after") ?? "",
          new RegExp(`^${date} \\w{3} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\d{4}$`),
        ),
    ],
    [
      { _tag: "rate_limit" },
      429,
      ({ headers }) => {
        const [subscriber, client] = [btoa("111@abc-company.12345.service"), btoa("your-client-id")]
        assert.strictEqual(
          headers.get("ratelimit"),
          `"subscriber_minute";r=0;t=24;pk=:${subscriber}:, "client_hour";r=31;t=324;pk=:${client}:`,
        )
        assert.strictEqual(
          headers.get("ratelimit-policy"),
          `"subscriber_minute";q=60;w=60;pk=:${subscriber}:, "client_hour";q=2700;w=3600;pk=:${client}:`,
        )
        assert.isNull(headers.get("retry-after"))
      },
    ],
    [
      { _tag: "rate_limit", policies: [{ name: "p", quota: 1, window: 2, remaining: 0, reset: 3 }] },
      429,
      ({ headers }) => assert.strictEqual(headers.get("ratelimit"), '"p";r=0;t=3'),
    ],
    [
      { _tag: "firewall" },
      403,
      ({ headers, text }) => {
        assert.include(headers.get("content-type"), "text/html")
        assert.include(text, "Forbidden")
      },
    ],
    ...([301, 302, 303, 307, 308] as const).map(
      (status) =>
        [
          { _tag: "redirect", status, to: elsewhere },
          status,
          ({ headers }: Told) => assert.strictEqual(headers.get("location"), elsewhere),
        ] as const,
    ),
    ...[true, false].flatMap((acts) => [
      [{ _tag: "html_200", acts }, 200, ({ text }: Told) => assert.include(text, "<html>")] as const,
      [{ _tag: "empty_200", acts }, 200, ({ text }: Told) => assert.strictEqual(text, "")] as const,
      [{ _tag: "error_in_200", acts }, 200, ({ fields }: Told) => assert.isString(fields.error)] as const,
    ]),
    [
      { _tag: "error_in_200", form: "code_message" },
      200,
      ({ fields }) => assert.deepStrictEqual(Object.keys(fields), ["code", "message"]),
    ],
    [
      { _tag: "error_in_200", form: "code_msg" },
      200,
      ({ fields }) => assert.deepStrictEqual(Object.keys(fields), ["code", "msg"]),
    ],
    [
      { _tag: "reply", status: 418, headers: { "x-tea": "pot", date: "yesterday" }, body: "héllo" },
      418,
      ({ headers, text }) => {
        assert.deepStrictEqual([headers.get("x-tea"), headers.get("date"), text], ["pot", "yesterday", "héllo"])
        assert.isNull(headers.get("content-type"))
      },
    ],
    [{ _tag: "reply", status: 204, acts: true }, 204, ({ text }) => assert.strictEqual(text, "")],
    [{ _tag: "reply" }, 200, ({ text }) => assert.strictEqual(text, "")],
  ]
  for (const [fault, status, check] of cases) {
    it.live(JSON.stringify(fault), () =>
      Effect.gen(function* () {
        const room = yield* signedIn()
        const { hits } = yield* room.emulator.faults.arm({ fault })
        const told = yield* room.renew
        assert.strictEqual(told.status, status)
        check(told)
        assert.strictEqual(yield* hits, 1)
        yield* settle(room, fault, status, "acts" in fault && fault.acts === true)
      }),
    )
  }

  it.live("any bytes at all", () =>
    Effect.gen(function* () {
      const { emulator, origin } = yield* served()
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      yield* emulator.faults.arm({ fault: { _tag: "reply", base64: btoa(String.fromCharCode(...bytes)) } })
      const got = yield* Effect.promise(async () => {
        const response = await fetch(`${origin}${ns.token}`, { method: "POST", body: form(ns.password) })
        return new Uint8Array(await response.arrayBuffer())
      })
      assert.deepStrictEqual(got, bytes)
    }),
  )
})

describe("The true answer, spoilt", () => {
  const cases: ReadonlyArray<readonly [fault: Fault, check: (told: Told) => void]> = [
    [{ _tag: "cut_json" }, ({ text }) => assert.match(text, /^\{"access_token":"\w+",.*[^}]$/)],
    [{ _tag: "cut_json", bytes: 1 }, ({ text }) => assert.strictEqual(text, "{")],
    [{ _tag: "invalid_utf8" }, ({ text }) => assert.match(text, /"access_token":"\w+\uFFFD\(\uFFFD\w+"/)],
    [
      { _tag: "invalid_utf8", field: "scope" },
      ({ text }) => assert.match(text, /"scope":"[\w ]+\uFFFD\(\uFFFD[\w ]+"/),
    ],
    [{ _tag: "invalid_utf8", field: "none" }, ({ text }) => assert.include(text, "\uFFFD(\uFFFD")],
    [{ _tag: "wrong_type" }, ({ headers }) => assert.strictEqual(headers.get("content-type"), "text/html")],
    [
      { _tag: "wrong_type", type: "image/gif" },
      ({ headers }) => assert.strictEqual(headers.get("content-type"), "image/gif"),
    ],
    [{ _tag: "wrong_type", type: null }, ({ headers }) => assert.isNull(headers.get("content-type"))],
    [{ _tag: "expires_in" }, ({ fields }) => assert.notProperty(fields, "expires_in")],
    ...["3600", -1, 0, 1e12, 1.5, null, true, [], { seconds: 5 }, "soon"].map(
      (value) =>
        [
          { _tag: "expires_in", value },
          ({ fields }: Told) => assert.deepStrictEqual(fields.expires_in, value),
        ] as const,
    ),
    [{ _tag: "token_type" }, ({ fields }) => assert.strictEqual(fields.token_type, "BEARER")],
    [{ _tag: "token_type", value: "bEaReR" }, ({ fields }) => assert.strictEqual(fields.token_type, "bEaReR")],
    [{ _tag: "no_refresh_token" }, ({ fields }) => assert.notProperty(fields, "refresh_token")],
    [
      { _tag: "extra_fields" },
      ({ fields }) => {
        assert.isAbove(Object.keys(fields).length, 10)
        assert.strictEqual(fields.expires_in, 3600)
      },
    ],
    [
      { _tag: "extra_fields", fields: { scope: null, own: [1] } },
      ({ fields }) => assert.deepInclude(fields, { scope: null, own: [1], token_type: "Bearer" }),
    ],
  ]
  for (const [fault, check] of cases) {
    it.live(JSON.stringify(fault), () =>
      Effect.gen(function* () {
        const room = yield* signedIn()
        yield* room.emulator.faults.arm({ fault })
        const told = yield* room.renew
        assert.strictEqual(told.status, 200)
        check(told)
        yield* settle(room, fault, 200, true)
      }),
    )
  }

  it.live("the same token again, with a refresh token that is new", () =>
    Effect.gen(function* () {
      const room = yield* signedIn()
      yield* room.emulator.killAccessTokens
      const { hits } = yield* room.emulator.faults.arm({
        fault: { _tag: "same_token" },
        match: { grant: "refresh_token" },
      })
      const again = yield* room.renew
      assert.strictEqual(again.fields.access_token, room.first.fields.access_token)
      assert.notStrictEqual(again.fields.refresh_token, room.refresh)
      assert.strictEqual(again.fields.expires_in, 3600)
      assert.strictEqual((yield* room.ask("/ns-api/", { bearer: again.fields.access_token })).status, 401)
      const renewed = yield* room.ask(ns.token, { form: ns.refresh(again.fields.refresh_token) })
      assert.strictEqual((yield* room.ask("/ns-api/", { bearer: renewed.fields.access_token })).status, 200)
      assert.strictEqual(yield* hits, 1)
      // Somebody else's token it never is, and whoever has none yet gets a true one.
      yield* room.emulator.faults.arm({ fault: { _tag: "same_token" }, times: "always" })
      const other = yield* room.ask(ns.token, { form: ns.reseller })
      assert.strictEqual((yield* room.ask("/ns-api/", { bearer: other.fields.access_token })).status, 200)
      assert.strictEqual((yield* last(room))?.fault, undefined)
    }),
  )

  const deaths = [
    ["access", 401, 200],
    ["refresh", 200, 400],
    ["both", 401, 400],
  ] as const
  for (const [which, access, refresh] of deaths) {
    it.live(`tokens that die early: ${which}`, () =>
      Effect.gen(function* () {
        const { ask, emulator, clock } = yield* served()
        yield* emulator.faults.arm({ fault: { _tag: "early_death", which, seconds: 100 } })
        const { fields } = yield* ask(ns.token, { form: ns.password })
        assert.strictEqual(fields.expires_in, 3600)
        const bearer = fields.access_token
        assert.strictEqual((yield* ask("/ns-api/", { bearer })).status, 200)
        yield* clock.adjust("101 seconds")
        assert.strictEqual((yield* ask("/ns-api/", { bearer })).status, access)
        assert.strictEqual((yield* ask(ns.token, { form: ns.refresh(fields.refresh_token) })).status, refresh)
      }),
    )
  }

  it.live("tokens that die at birth, with each vendor", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      yield* emulator.faults.arm({ fault: { _tag: "early_death" }, times: 3 })
      const bearers = [
        yield* ask(ns.token, { form: ns.password }),
        yield* ask("/token", { form: ipex.password }),
        yield* ask("/oauth/token", { form: sangomaCx.form(), basic: sangomaCx.basic }),
      ].map(({ fields }) => fields.access_token as string)
      const paths = ["/ns-api/", "/ipbx/calls", "/cx/agent-calls"]
      for (const [index, path] of paths.entries()) {
        assert.strictEqual((yield* ask(path, { bearer: bearers[index] })).status, 401)
      }
    }),
  )
})

describe("A server whose clock is wrong", () => {
  it.live("says so in everything it prints, and lives by it", () =>
    Effect.gen(function* () {
      const { ask, emulator, clock } = yield* served()
      const ahead = (text: string | null) => (Date.parse(text ?? "") - clock.currentTimeMillisUnsafe()) / 1000
      assert.approximately(ahead((yield* ask(ns.token, { form: ns.password })).headers.get("date")), 0, 2)

      yield* emulator.faults.arm({ fault: { _tag: "wrong_clock", seconds: -7200 } })
      const told = yield* ask(ns.token, { form: ns.password })
      const bearer = told.fields.access_token
      assert.approximately(ahead(told.headers.get("date")), -7200, 2)
      const read = yield* ask("/ns-api/oauth2/read", { bearer })
      assert.approximately(ahead(`${read.fields.expires}Z`), -3600, 2)
      const jwt = (yield* ask("/token", { form: ipex.password })).fields.access_token.split(".")[1]
      const { iat, exp } = JSON.parse(Buffer.from(jwt, "base64url").toString())
      assert.approximately(iat - clock.currentTimeMillisUnsafe() / 1000, -7200, 2)
      assert.strictEqual(exp - iat, 3000)
      // By its own clock a token has its whole life, and the journal knows the true time.
      yield* clock.adjust("3590 seconds")
      assert.strictEqual((yield* ask("/ns-api/", { bearer })).status, 200)
      yield* clock.adjust("11 seconds")
      assert.strictEqual((yield* ask("/ns-api/", { bearer })).status, 401)
      const entry = (yield* emulator.journal).at(-1)
      assert.approximately(entry?.at ?? 0, clock.currentTimeMillisUnsafe(), 2000)
      assert.deepStrictEqual([entry?.fault, entry?.acted], ["wrong_clock", true])

      // Other faults hit beside it, in its time.
      yield* emulator.faults.arm({ fault: { _tag: "retry_after", form: "imf_fixdate" } })
      const throttled = yield* ask(ns.token, { form: ns.password })
      assert.approximately(ahead(throttled.headers.get("retry-after")), -7198, 2)
      assert.strictEqual((yield* emulator.journal).at(-1)?.fault, "wrong_clock+retry_after")
    }),
  )
})

describe("Rules", () => {
  const statuses = (rules: ReadonlyArray<Rule>, paths: ReadonlyArray<string> = Array(6).fill("/ns-api/")) =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const { hits } = yield* emulator.faults.arm(rules)
      const told = yield* Effect.forEach(paths, (path) =>
        Effect.promise(() => emulator.fetch(`https://a.test${path}`)).pipe(Effect.map(({ status }) => status)),
      )
      return { told, hits: yield* hits, armed: yield* emulator.faults.armed }
    })
  // Without a bearer the true answer is 401.
  const error = (status: 500 | 502 | 503 | 504): Fault => ({ _tag: "server_error", status })

  it.effect("hit once unless told otherwise", () =>
    Effect.gen(function* () {
      const { told, hits, armed } = yield* statuses([{ fault: error(500) }])
      assert.deepStrictEqual(told, [500, 401, 401, 401, 401, 401])
      assert.strictEqual(hits, 1)
      assert.deepStrictEqual(armed, [{ fault: error(500), hits: 1 }])
    }),
  )

  it.effect("are a script", () =>
    Effect.gen(function* () {
      const rules: ReadonlyArray<Rule> = [
        { fault: error(500) },
        { fault: error(502), times: 2, skip: 1 },
        { fault: error(503), times: "always" },
      ]
      const { told, hits } = yield* statuses(rules)
      assert.deepStrictEqual(told, [500, 503, 502, 502, 503, 503])
      assert.strictEqual(hits, 6)
    }),
  )

  it.effect("match by provider and path", () =>
    Effect.gen(function* () {
      const paths = ["/ns-api", "/ns-api/", "/ns-api/v2/x", "/ns-api/oauth2/read/", "/ipbx/calls", "/nothing"]
      const told = (match: Rule["match"]) =>
        Effect.map(statuses([{ fault: error(500), times: "always", ...(match && { match }) }], paths), ({ told }) =>
          told.map((status) => status === 500),
        )
      assert.deepStrictEqual(yield* told({ provider: "ipex" }), [false, false, false, false, true, false])
      assert.deepStrictEqual(yield* told({ path: "/ns-api/" }), [true, true, false, false, false, false])
      assert.deepStrictEqual(yield* told({ path: "/ns-api/*" }), [false, true, true, true, false, false])
      assert.deepStrictEqual(yield* told({ path: "/ns-api/oauth2/read" }), [false, false, false, true, false, false])
      // What belongs to no vendor is none of an armed rule's business.
      assert.deepStrictEqual(yield* told(undefined), [true, true, true, true, true, false])
    }),
  )

  it.live("match by grant, in body or query, and the grant that a path stands for", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      const { hits } = yield* emulator.faults.arm([
        { fault: error(500), match: { grant: "refresh_token" }, times: "always" },
        { fault: error(502), match: { grant: "impersonation" } },
      ])
      const { fields } = yield* ask(ns.token, { form: ns.password })
      assert.strictEqual((yield* ask(ns.token, { form: ns.refresh(fields.refresh_token) })).status, 500)
      assert.strictEqual((yield* ask(ns.token, { query: ns.refresh(fields.refresh_token) })).status, 500)
      assert.strictEqual((yield* ask("/token-exchange", { json: { email: "someone@example.test" } })).status, 502)
      assert.strictEqual((yield* ask("/token", { form: ipex.refresh("none") })).status, 500)
      assert.strictEqual(yield* hits, 4)
    }),
  )

  it.live("about tokens let pass what gives none, and do not count it", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      const { hits } = yield* emulator.faults.arm({ fault: { _tag: "no_refresh_token" } })
      assert.strictEqual((yield* ask("/ns-api/", { bearer: "none" })).status, 401)
      assert.strictEqual((yield* ask(ns.token, { form: { ...ns.password, password: "wrong" } })).status, 400)
      assert.strictEqual(yield* hits, 0)
      assert.isTrue((yield* emulator.journal).every(({ fault, acted }) => fault === undefined && acted === undefined))
      assert.notProperty((yield* ask(ns.token, { form: ns.password })).fields, "refresh_token")
      assert.property((yield* ask(ns.token, { form: ns.password })).fields, "refresh_token")
      assert.strictEqual(yield* hits, 1)
    }),
  )

  it.live("keep their order when one of them hits before the request is read", () =>
    Effect.gen(function* () {
      const { emulator, origin } = yield* served()
      yield* emulator.faults.arm([
        { fault: error(500) },
        { fault: { _tag: "reset_before_read" }, skip: 1 },
        { fault: { _tag: "reset_after_read" } },
      ])
      const ends: Array<string> = []
      for (let turn = 0; turn < 4; turn++) {
        const seen = yield* Effect.promise(() => send(origin, post(ns.token, ns.password)))
        ends.push(seen.text.split(" ")[1] ?? "none")
      }
      assert.deepStrictEqual(ends, ["500", "none", "none", "200"])
      assert.deepStrictEqual(
        (yield* emulator.journal).map(({ fault }) => fault),
        ["server_error", "reset_after_read", "reset_before_read", undefined],
      )
    }),
  )

  it.effect("are disarmed alone or all together", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const arm = (fault: Fault) => emulator.faults.arm({ fault, times: "always" })
      const first = yield* arm(error(500))
      yield* arm(error(502))
      yield* arm(error(503))
      const status = Effect.map(signIn(emulator), ({ status }) => status)
      assert.strictEqual(yield* status, 500)
      yield* first.disarm
      assert.strictEqual(yield* status, 502)
      yield* emulator.faults.clear
      assert.strictEqual(yield* status, 200)
      assert.deepStrictEqual(yield* emulator.faults.armed, [])
      assert.strictEqual(yield* first.hits, 1)
    }),
  )

  it.effect("that have done their times do not pile up", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      for (let turn = 0; turn < 300; turn++) {
        const { hits } = yield* emulator.faults.arm({ fault: error(500) })
        assert.strictEqual((yield* signIn(emulator)).status, 500)
        assert.strictEqual(yield* hits, 1)
      }
      assert.isBelow((yield* emulator.faults.armed).length, 110)
    }),
  )

  it.effect("that are none are a defect of whoever arms them", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const exit = yield* Effect.exit(emulator.faults.arm({ fault: error(500), times: 0 }))
      assert.isTrue(Exit.hasDies(exit))
      assert.deepStrictEqual(yield* emulator.faults.armed, [])
    }),
  )
})

describe("Faults over HTTP", () => {
  it.live("are armed, shown with their hits, and cleared", () =>
    Effect.gen(function* () {
      const { ask } = yield* served()
      const faults = "/__emulator/faults"
      const rules = [{ fault: { _tag: "firewall" } }, { fault: { _tag: "empty_200" }, times: "always" }]
      assert.deepStrictEqual((yield* ask(faults, { json: rules[0] })).fields, { armed: 1 })
      assert.deepStrictEqual((yield* ask(faults, { json: rules })).fields, { armed: 2 })
      assert.strictEqual((yield* ask(ns.token, { form: ns.password })).status, 403)
      assert.deepStrictEqual((yield* ask(faults)).fields as unknown, [
        { ...rules[0], hits: 1 },
        { ...rules[0], hits: 0 },
        { ...rules[1], hits: 0 },
      ])
      assert.deepStrictEqual((yield* ask(faults, { method: "DELETE" })).fields, { armed: 0 })
      assert.deepStrictEqual((yield* ask(faults)).fields as unknown, [])
      assert.strictEqual((yield* ask(ns.token, { form: ns.password })).status, 200)
    }),
  )

  it.live("are refused by path, and armed all or none", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      const told = yield* ask("/__emulator/faults", {
        json: [{ fault: { _tag: "hang" } }, { fault: { _tag: "hung" } }],
      })
      assert.strictEqual(told.status, 400)
      assert.include(told.fields.error, "rules[1].fault: Expected")
      assert.strictEqual((yield* ask("/__emulator/faults", { body: "{" })).status, 400)
      assert.deepStrictEqual(yield* emulator.faults.armed, [])
      const foreign = { headers: { origin: "https://example.test" } }
      assert.strictEqual(
        (yield* ask("/__emulator/faults", { json: { fault: { _tag: "hang" } }, ...foreign })).status,
        403,
      )
    }),
  )

  it.live("change the world mid-run, and end a family on a replay", () =>
    Effect.gen(function* () {
      const { ask, emulator } = yield* served()
      const change = (json: unknown) => ask("/__emulator/world", { json })
      yield* change({ ipex: { lifetime: 77 } })
      const changed = yield* change({ netsapiens: { rotation: "strict" } })
      assert.strictEqual(changed.fields.netsapiens.rotation, "strict")
      assert.strictEqual(changed.fields.ipex.lifetime, 77)
      assert.notInclude(changed.text, "your-client-secret")
      const wrong = yield* change({ netsapiens: { rotation: "rarely" } })
      assert.deepStrictEqual([wrong.status, wrong.fields.error.split(":")[0]], [400, "world.netsapiens.rotation"])
      assert.strictEqual((yield* ask("/__emulator/world", { body: "{" })).status, 400)
      assert.strictEqual((yield* emulator.world).netsapiens.clients[0]?.secret, "your-client-secret")

      yield* emulator.faults.arm({ fault: { _tag: "drop_reply" }, match: { grant: "refresh_token" } })
      const { fields } = yield* ask(ns.token, { form: ns.password })
      const renewal = { form: ns.refresh(fields.refresh_token) }
      yield* ask(ns.token, renewal).pipe(Effect.catchDefect(() => Effect.void))
      assert.strictEqual((yield* ask("/ns-api/", { bearer: fields.access_token })).status, 200)
      assert.strictEqual((yield* ask(ns.token, renewal)).status, 400)
      assert.strictEqual((yield* ask("/ns-api/", { bearer: fields.access_token })).status, 401)
    }),
  )
})

describe("Every fault", () => {
  const rest: Partial<Record<string, object>> = { redirect: { to: "https://a.test" }, delay: { millis: 0 } }
  const acting: Partial<Record<string, boolean>> = { wrong_clock: true }

  it.live("notes in the journal whether the server acted, and tells no secret there", () =>
    Effect.gen(function* () {
      for (const name of faultNames.filter((name) => name !== "reset_on_accept")) {
        const clock = yield* SteerableClock.make()
        const world = yield* decodeWorld({ netsapiens: { rotation: "strict" } })
        const emulator = yield* Effect.provideService(Emulator.make({ world }), Clock.Clock, clock)
        const first = yield* Effect.promise(async () =>
          (
            await emulator.fetch(`https://a.test${ns.token}`, {
              method: "POST",
              body: form(ns.password),
            })
          ).json(),
        )
        yield* emulator.faults.arm({ fault: { _tag: name, ...rest[name] } as Fault })
        const controller = new AbortController()
        const settled = emulator
          .fetch(`https://a.test${ns.token}`, {
            method: "POST",
            body: form(ns.refresh(first.refresh_token)),
            signal: controller.signal,
          })
          .catch(() => undefined)
        yield* until(Effect.map(emulator.journal, (journal) => journal.length === 2))
        controller.abort()
        yield* Effect.promise(() => settled)
        const journal = yield* emulator.journal
        const expected = acting[name] ?? actingOf(name) === "yes"
        assert.deepInclude(journal[1], { fault: name, acted: expected }, name)
        const text = JSON.stringify(journal)
        for (const secret of [first.access_token, first.refresh_token, "your-client-secret"]) {
          assert.notInclude(text, secret, name)
        }
      }
    }),
  )
})
