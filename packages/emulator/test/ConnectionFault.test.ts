/** Faults of the connection: it ends, hangs, is slow, or has no end. */
import { request } from "node:http"
import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Emulator from "../src/emulator/Emulator.ts"
import type { Fault } from "../src/fault/Fault.ts"
import { actingOf } from "../src/fault/Fault.ts"
import { serve } from "../src/server/Server.ts"
import { form, settle, signedIn, signIn, until } from "./FaultyRoom.ts"
import { post, send } from "./RawClient.ts"
import { netsapiens as ns, served } from "./Served.ts"

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

  /** Reads that many bytes and no more, and returns how much memory they took. */
  const readOf = Effect.fnUntraced(function* (most: number) {
    const room = yield* signedIn()
    const fault: Fault = { _tag: "endless_body" }
    yield* room.emulator.faults.arm({ fault })
    const before = readMemory()
    const bytes = yield* Effect.promise(async () => {
      const response = await fetch(`${room.origin}${ns.token}`, {
        method: "POST",
        body: form(ns.refresh(room.refresh)),
      })
      assert.strictEqual(response.status, 200)
      let bytes = 0
      for await (const chunk of response.body ?? []) {
        bytes += chunk.length
        if (bytes > most) break
      }
      return bytes
    })
    assert.isAbove(bytes, most)
    const held = readMemory() - before
    yield* settle(room, fault, 200, false)
    return held
  })

  it.live(
    "without end: as fast as it is read, and no further",
    () =>
      Effect.gen(function* () {
        assert.isBelow(yield* readOf(256_000_000), 200_000_000)
      }),
    { tags: ["matrix"] },
  )

  it.live("without end: longer than any other", () => readOf(60_000_000))

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
