/** Whether it is known that nothing was sent: by the phase in which a request failed. */
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { createServer, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { afterEach, vi } from "vitest"
import {
  accountAt,
  anywhere,
  type Fetch,
  failing,
  presenting,
  reasonAt,
  refreshToken,
  told,
  unknown,
} from "./FailingFetch.ts"
import { http, line } from "./Line.ts"
import { overBoth } from "./Transports.ts"

const fetchFailed = (cause: unknown) => failing(new TypeError("fetch failed", { cause }))

const unreachable = ["Unavailable", "unreachable"]

const unsent = ["Unavailable"]

/** An error as Node makes it. */
const systemError = (syscall: string, code: string) => Object.assign(new Error(`${syscall} ${code}`), { syscall, code })

const aggregate = (errors: ReadonlyArray<unknown>, code?: string) =>
  Object.assign(new AggregateError(errors), code === undefined ? {} : { code })

describe("an error tells the phase", () => {
  it.live("by its system call, whatever its code", () =>
    Effect.gen(function* () {
      for (const code of ["ETIMEDOUT", "ECONNRESET", "EMFILE", "EPERM", "ESOMETHING"]) {
        assert.deepStrictEqual(told(yield* fetchFailed(systemError("connect", code))), unreachable, code)
      }
      assert.deepStrictEqual(told(yield* fetchFailed(systemError("getaddrinfo", "ESOMETHING"))), unreachable)
      for (const syscall of ["read", "write"]) {
        assert.deepStrictEqual(told(yield* fetchFailed(systemError(syscall, "ETIMEDOUT"))), unknown, syscall)
      }
    }),
  )

  it.live("by an aggregate of all addresses, of which each failed to connect", () =>
    Effect.gen(function* () {
      const timeout = systemError("connect", "ETIMEDOUT")
      const noRoute = systemError("connect", "EHOSTUNREACH")
      const socketTimeout = Object.assign(new Error("timeout"), { code: "ERR_SOCKET_CONNECTION_TIMEOUT" })
      for (const errors of [[timeout, timeout], [timeout, noRoute], [socketTimeout], [aggregate([timeout])]]) {
        assert.deepStrictEqual(told(yield* fetchFailed(aggregate(errors, "ETIMEDOUT"))), unreachable)
        assert.deepStrictEqual(told(yield* failing(aggregate(errors))), unreachable)
      }
      for (const errors of [[timeout, systemError("read", "ECONNRESET")], [timeout, new Error()], []]) {
        assert.deepStrictEqual(told(yield* fetchFailed(aggregate(errors))), unknown)
      }
      // The code of the whole does not speak for its parts.
      const mixed = aggregate([timeout, systemError("read", "ECONNRESET")], "ECONNREFUSED")
      assert.deepStrictEqual(told(yield* fetchFailed(mixed)), unknown)
    }),
  )

  it.live("by its outermost part that says anything", () =>
    Effect.gen(function* () {
      const cause = systemError("connect", "ECONNREFUSED")
      assert.deepStrictEqual(told(yield* failing(new Error("no connection", { cause }))), unreachable)
      const lost = Object.assign(new Error("lost at the second try", { cause }), { code: "ECONNRESET" })
      assert.deepStrictEqual(told(yield* failing(lost)), unknown)
    }),
  )

  it.live("in Deno's words, which has no codes", () =>
    Effect.gen(function* () {
      const deno = (words: string) => fetchFailed(new Error(`error sending request for url (https://x/): ${words}`))
      const refused = "client error (Connect): tcp connect error: Connection refused (os error 111)"
      assert.deepStrictEqual(told(yield* deno(refused)), unreachable)
      assert.deepStrictEqual(told(yield* deno("client error (Connect): dns error: no such name")), unreachable)
      assert.deepStrictEqual(told(yield* deno("client error (Connect): invalid peer certificate")), unsent)
      assert.deepStrictEqual(told(yield* deno("client error (SendRequest): connection closed")), unknown)
      assert.deepStrictEqual(told(yield* fetchFailed(new Error("Connection reset by peer (os error 104)"))), unknown)
    }),
  )

  it.live("in Bun's code and words", () =>
    Effect.gen(function* () {
      const bun = (code: string, words: string) => failing(Object.assign(new TypeError(`${code}: ${words}`), { code }))
      assert.deepStrictEqual(told(yield* bun("ECONNREFUSED", "Unable to connect.")), unreachable)
      assert.deepStrictEqual(told(yield* bun("EPROTO", "The TLS handshake failed.")), unsent)
      assert.deepStrictEqual(told(yield* bun("EPROTO", "write EPROTO")), unknown)
      assert.deepStrictEqual(told(yield* bun("ECONNRESET", "The socket connection was closed.")), unknown)
    }),
  )

  it.live("and one that cannot be looked at tells nothing", () =>
    Effect.gen(function* () {
      const hostile = new Proxy(new Error(), {
        get: () => {
          throw new Error(refreshToken)
        },
      })
      assert.deepStrictEqual(told(yield* failing(hostile)), unknown)
      const circular = new TypeError("fetch failed")
      circular.cause = circular
      assert.deepStrictEqual(told(yield* failing(circular)), unknown)
    }),
  )
})

/** A server that takes connections, and does this with the first bytes, of whatever protocol. */
const port = (onBytes: (socket: Socket) => void) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly number: number; readonly close: () => void }>((resume) => {
      const sockets = new Set<Socket>()
      const server = createServer((socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
        socket.once("data", () => onBytes(socket))
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const number = typeof address === "object" && address !== null ? address.port : 0
        const close = () => {
          for (const socket of sockets) socket.destroy()
          server.close()
        }
        resume(Effect.succeed({ number, close }))
      })
    }),
    ({ close }) => Effect.sync(close),
  )

describe("Node's fetch tells by its events", () => {
  it.live("that a handshake was torn down before anything was sent", () =>
    Effect.gen(function* () {
      const { number } = yield* port((socket) => socket.resetAndDestroy())
      assert.deepStrictEqual(told(yield* reasonAt(accountAt(`https://127.0.0.1:${number}`))), unsent)
    }),
  )

  it.live("that the deadline came while there was no connection yet", () =>
    Effect.gen(function* () {
      const { number } = yield* port(() => {})
      const account = accountAt(`https://127.0.0.1:${number}`, { deadline: 250 })
      const late = (own?: Fetch) =>
        Effect.map(overBoth(own)(presenting(account)), (both) => both.map(({ reason }) => told(reason)))
      assert.deepStrictEqual(yield* late(), [unknown, unsent])
      // An own fetch may go on after the deadline.
      assert.deepStrictEqual(yield* late((input, { signal, ...init } = {}) => fetch(input, init)), [unknown, unknown])
    }),
  )

  it.live("that a client which gave up may still send it", () =>
    Effect.gen(function* () {
      const { number } = yield* port(() => {})
      const impatient: Fetch = (input, { signal, ...init } = {}) =>
        Promise.race([
          fetch(input, init),
          new Promise<never>((_, reject) => setTimeout(() => reject(new DOMException("", "TimeoutError")), 50)),
        ])
      assert.deepStrictEqual(told(yield* reasonAt(accountAt(`https://127.0.0.1:${number}`), impatient)), unknown)
    }),
  )

  it.live("that a client which tries again by itself had sent it before", () =>
    Effect.gen(function* () {
      const { origin } = yield* line((socket) => socket.destroy())
      const twice: Fetch = (input, init) =>
        fetch(input, init).catch(() => Promise.reject(systemError("connect", "ECONNREFUSED")))
      assert.deepStrictEqual(told(yield* reasonAt(accountAt(origin), twice)), unknown)
    }),
  )

  it.live("of two requests at once, nothing that is not so", () =>
    Effect.gen(function* () {
      let connections = 0
      const { number } = yield* port((socket) => {
        connections += 1
        // One is sent and lost. The other one never gets a connection.
        if (connections === 1) setTimeout(() => socket.destroy(), 100)
      })
      const account = accountAt(`http://127.0.0.1:${number}`)
      const refused: Fetch = (input, init) =>
        connections === 0 ? fetch(input, init) : Promise.reject(systemError("connect", "ECONNREFUSED"))
      const both = yield* Effect.all(
        [presenting(account), Effect.delay(presenting(account), 50)].map((asked) => overBoth(refused)(asked)),
        { concurrency: 2 },
      )
      const [lost, never] = both.map(([first]) => told(first?.reason ?? assert.fail("nothing failed")))
      assert.deepStrictEqual(lost, unknown)
      assert.deepStrictEqual(never, unreachable)
    }),
  )

  it.live("and is not listened to in between", () =>
    Effect.gen(function* () {
      const { channel } = process.getBuiltinModule("node:diagnostics_channel")
      const isHeard = () => channel("undici:request:create").hasSubscribers
      let during: boolean | undefined
      const { origin } = yield* line((socket) => {
        during = isHeard()
        socket.destroy()
      })
      assert.deepStrictEqual(told(yield* reasonAt(accountAt(origin))), unknown)
      assert.isTrue(during)
      assert.isFalse(isHeard())
    }),
  )

  it.live("and an app's own listener is left alone", () =>
    Effect.gen(function* () {
      let heard = 0
      const listener = () => {
        heard += 1
      }
      subscribe("undici:request:create", listener)
      const { origin } = yield* line((socket) => socket.destroy())
      yield* reasonAt(accountAt(origin))
      unsubscribe("undici:request:create", listener)
      assert.strictEqual(heard, 2)
    }),
  )

  it.live("that a server said 100 Continue unasked: the words point to an own fetch", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({ access_token: "token", expires_in: 3600 })
      const { origin, received } = yield* line((socket) =>
        socket.end(Buffer.concat([Buffer.from("HTTP/1.1 100 Continue\r\n\r\n"), http(200, body)])),
      )
      const reason = yield* reasonAt(accountAt(origin))
      assert.deepStrictEqual(told(reason), unknown)
      assert.match(reason.message, /100 Continue.*fetch of your own/)
      assert.include(received(), "grant_type=refresh_token")
    }),
  )

  it.live("and a client that takes 100 Continue for the reply has none", () =>
    Effect.gen(function* () {
      const taken = Object.defineProperty(new Response("{}"), "status", { value: 100 })
      const reason = yield* reasonAt(anywhere, () => Promise.resolve(taken))
      assert.match(reason.message, /100 Continue/)
    }),
  )
})

describe("a tab that is offline", () => {
  afterEach(() => void vi.unstubAllGlobals())
  const online = (onLine: boolean) => vi.stubGlobal("navigator", { onLine })
  const failed = () => Promise.reject(new TypeError("Failed to fetch"))

  it.live("before and after has sent nothing", () =>
    Effect.gen(function* () {
      online(false)
      assert.deepStrictEqual(told(yield* reasonAt(anywhere, failed)), unreachable)
    }),
  )

  it.live("before or after alone may have", () =>
    Effect.gen(function* () {
      for (const before of [true, false]) {
        const changing: Fetch = () => {
          online(!before)
          return failed()
        }
        const [first] = yield* Effect.sync(() => online(before)).pipe(
          Effect.andThen(presenting(anywhere)),
          overBoth(changing),
        )
        assert.deepStrictEqual(told(first?.reason ?? assert.fail("nothing failed")), unknown)
      }
      online(true)
      assert.deepStrictEqual(told(yield* reasonAt(anywhere, failed)), unknown)
    }),
  )

  it.live("asks all the same, and takes what comes", () =>
    Effect.gen(function* () {
      online(false)
      const { origin } = yield* line((socket) => socket.end(http(400, JSON.stringify({ error: "invalid_grant" }))))
      assert.strictEqual((yield* reasonAt(accountAt(origin)))._tag, "RenewalRefused")
      const broken = yield* line((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"))
      assert.deepStrictEqual(told(yield* reasonAt(accountAt(broken.origin))), unknown)
    }),
  )
})
