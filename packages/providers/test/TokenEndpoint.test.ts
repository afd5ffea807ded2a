/** The wire at its worst: what becomes of a presentation when the other side hangs, breaks, floods or misleads. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { Account } from "../src/description/Provider.ts"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import { maxBodyBytes } from "../src/wire/Wire.ts"
import { fetching } from "./Emulated.ts"
import { http, line } from "./Line.ts"
import { accountAt, bearer, grants, token } from "./TokenAccount.ts"
import { overBoth } from "./Transports.ts"

/** What became of each thing that can be asked, the same by both transports. */
const outcomes = (account: Account, fetch?: typeof globalThis.fetch) =>
  Effect.gen(function* () {
    const endpoint = yield* TokenEndpoint
    const asked: ReadonlyArray<Effect.Effect<unknown, { readonly reason: { readonly _tag: string } }>> = [
      ...Object.values(grants).map((grant) => endpoint.present(account, grant)),
      endpoint.inspect(account, bearer),
      endpoint.revoke(account, bearer),
    ]
    return yield* Effect.forEach(
      asked,
      Effect.match({ onSuccess: () => "success", onFailure: ({ reason }) => reason._tag }),
      { concurrency: "unbounded" },
    )
  }).pipe(
    overBoth(fetch),
    Effect.map(([one, other]) => {
      assert.deepStrictEqual(one, other)
      return one ?? []
    }),
  )

const grantsAndQuestions = (grant: string, question: string) => [grant, grant, grant, grant, question, question]

const unknown = grantsAndQuestions("OutcomeUnknown", "Unavailable")

const unreadable = ["Unreadable", "Unreadable", "Unreadable", "Unreadable"] as const

/** A page in a 200: it may say that the password is wrong, and a refresh token and a passcode may be used up. */
const paged = ["Unreadable", "OutcomeUnknown", "OutcomeUnknown", "Unavailable", "Unavailable", "Unavailable"]

const every = (tag: string) => grantsAndQuestions(tag, tag)

describe("a request that may have arrived", () => {
  it.live("and is never answered ends at its deadline", () =>
    Effect.gen(function* () {
      const { origin } = yield* line(() => {})
      const clock = yield* Clock.Clock
      const slept: Array<number> = []
      // Its methods are not its own, so a copy would lack them.
      const noting: Clock.Clock = Object.assign(Object.create(clock), {
        sleep: (duration: Duration.Duration) => {
          slept.push(Duration.toMillis(duration))
          return clock.sleep(duration)
        },
      })
      const account = accountAt(origin, { deadline: 250 })
      const all = yield* Effect.provideService(outcomes(account), Clock.Clock, noting)
      assert.deepStrictEqual(all, unknown)
      // Once for each that is asked, over both transports.
      assert.lengthOf(
        slept.filter((millis) => millis === 250),
        2 * all.length,
      )
    }),
  )

  it.live("and is answered drop by drop ends at its deadline, for that covers the body", () =>
    Effect.gen(function* () {
      const { origin } = yield* line((socket) => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n{")
        const drops = setInterval(() => socket.write(" "), 20)
        socket.on("close", () => clearInterval(drops))
      })
      assert.deepStrictEqual(yield* outcomes(accountAt(origin, { deadline: 250 })), unknown)
    }),
  )

  it.live("and breaks before, within and after the head has an unknown outcome", () =>
    Effect.gen(function* () {
      for (const answer of [
        "",
        "HTTP/1.1 20",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n",
        `HTTP/1.1 200 OK\r\ncontent-length: ${token.length + 1}\r\n\r\n${token}`,
        `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${token.length.toString(16)}\r\n${token}\r\n`,
        "this is no HTTP\r\n\r\n",
      ]) {
        const { origin } = yield* line((socket) => socket.end(answer))
        assert.deepStrictEqual(yield* outcomes(accountAt(origin)), unknown, answer)
      }
    }),
  )

  it.live("and is reset has an unknown outcome", () =>
    Effect.gen(function* () {
      const { origin } = yield* line((socket) => socket.resetAndDestroy())
      assert.deepStrictEqual(yield* outcomes(accountAt(origin)), unknown)
    }),
  )
})

describe("a request that cannot have arrived", () => {
  it.live("is unavailable: refused, or no such host", () =>
    Effect.gen(function* () {
      const { origin } = yield* Effect.scoped(line(() => {}))
      assert.deepStrictEqual(yield* outcomes(accountAt(origin)), every("Unavailable"))
      assert.deepStrictEqual(yield* outcomes(accountAt("https://pbx.invalid")), every("Unavailable"))
    }),
  )

  it.live("says so where no server had a part in it, so that another try burdens none", () =>
    Effect.gen(function* () {
      const unreachable = (code: string) =>
        Effect.gen(function* () {
          const endpoint = yield* TokenEndpoint
          const { reason } = yield* Effect.flip(endpoint.inspect(accountAt("https://pbx.example.test"), bearer))
          return reason._tag === "Unavailable" && reason.unreachable === true
        }).pipe(
          overBoth(() => Promise.reject(new TypeError("fetch failed", { cause: { code } }))),
          Effect.map((both) => {
            assert.strictEqual(both[0], both[1])
            return both[0]
          }),
        )
      for (const code of ["ENETUNREACH", "ENOTFOUND", "ECONNREFUSED"]) assert.isTrue(yield* unreachable(code), code)
      for (const code of ["CERT_HAS_EXPIRED", "ECONNRESET"]) assert.isFalse(yield* unreachable(code), code)
    }),
  )

  it.live("is told by the code that the runtime gives, and from nothing else", () =>
    Effect.gen(function* () {
      const failing = (cause: unknown) =>
        outcomes(accountAt("https://pbx.example.test"), () => Promise.reject(new TypeError("fetch failed", { cause })))
      for (const code of [
        "ECONNREFUSED",
        "ENOTFOUND",
        "EAI_AGAIN",
        "ENETUNREACH",
        "EHOSTUNREACH",
        "UND_ERR_CONNECT_TIMEOUT",
        "CERT_HAS_EXPIRED",
        "ERR_TLS_CERT_ALTNAME_INVALID",
        "DEPTH_ZERO_SELF_SIGNED_CERT",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        "UND_ERR_PRX_CONN",
        "UND_ERR_PRX_TLS",
      ]) {
        assert.deepStrictEqual(yield* failing({ code }), every("Unavailable"), code)
        assert.deepStrictEqual(yield* failing({ cause: { code } }), every("Unavailable"), code)
      }
      for (const cause of [undefined, "ENOTFOUND", { code: 5 }, { code: "ECONNRESET" }, { code: "UND_ERR_SOCKET" }]) {
        assert.deepStrictEqual(yield* failing(cause), unknown)
      }
    }),
  )
})

describe("a redirect", () => {
  it.live("is refused, and its target gets nothing", () =>
    Effect.gen(function* () {
      const target = yield* line((socket) => socket.end(http(200, token)))
      for (const status of [301, 302, 303, 307, 308]) {
        const first = yield* line((socket) => socket.end(http(status, token, { location: `${target.origin}/ns-api/` })))
        assert.deepStrictEqual(yield* outcomes(accountAt(first.origin)), every("Misconfigured"))
        assert.strictEqual(first.connections(), 12)
      }
      assert.strictEqual(target.connections(), 0)
      assert.strictEqual(target.received(), "")
    }),
  )

  it.live("with a body without end is let go of", () =>
    Effect.gen(function* () {
      let open = 0
      const { origin, received } = yield* line((socket) => {
        open++
        socket.on("close", () => open--)
        socket.write("HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 1000000\r\n\r\nstill sending")
      })
      assert.deepStrictEqual(yield* outcomes(accountAt(origin)), every("Misconfigured"))
      assert.lengthOf(received().match(/ HTTP\/1\.1\r\n/g) ?? [], 12)
      while (open > 0) yield* Effect.sleep(5)
    }),
  )

  it.live("stays refused when the app's own fetch options follow", () =>
    Effect.gen(function* () {
      const target = yield* line((socket) => socket.end(http(200, token)))
      const first = yield* line((socket) => socket.end(http(307, "", { location: target.origin })))
      const all = yield* outcomes(accountAt(first.origin)).pipe(
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "follow", headers: { "x-app": "kept" } }),
      )
      assert.deepStrictEqual(all, every("Misconfigured"))
      assert.strictEqual(target.connections(), 0)
      assert.include(first.received(), "x-app: kept")
    }),
  )

  it.live("as a browser shows it, an opaque status 0, is refused", () =>
    Effect.gen(function* () {
      const opaque = Object.defineProperty(new Response(null), "status", { value: 0 })
      const all = yield* outcomes(accountAt("https://pbx.example.test"), () => Promise.resolve(opaque))
      assert.deepStrictEqual(all, every("Misconfigured"))
    }),
  )
})

describe("a body", () => {
  it.live("beyond the cap is not read on", () =>
    Effect.gen(function* () {
      let sent = 0
      const { origin } = yield* line((socket) => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 52428800\r\n\r\n")
        const flood = () => {
          while (!socket.destroyed && sent < 52_428_800 * 12) {
            sent += 65_536
            if (!socket.write(Buffer.alloc(65_536, " "))) return void socket.once("drain", flood)
          }
        }
        flood()
      })
      // A 2xx is all that a revocation asks for.
      assert.deepStrictEqual(yield* outcomes(accountAt(origin)), [...every("Unreadable").slice(0, -1), "success"])
      assert.isBelow(sent, 52_428_800)
    }),
  )

  it.live("beyond the cap leaves it to the status: an error page may be larger, and need not end", () =>
    Effect.gen(function* () {
      const page = `<!doctype html><title>Sorry</title>${"<p>".repeat(maxBodyBytes)}`
      const json = JSON.stringify({ error: "invalid_grant", trace: "x".repeat(2 * maxBodyBytes) })
      for (const [status, body, expected] of [
        [502, page, every("Unavailable")],
        [200, page, paged],
        [404, page, [...every("Misconfigured").slice(0, -1), "NotAllowed"]],
        [503, json, every("Unavailable")],
        [200, json, [...every("Unreadable").slice(0, -1), "success"]],
      ] as const) {
        const endless = `HTTP/1.1 ${status} Some\r\ncontent-length: 52428800\r\n\r\n${body}`
        const { origin } = yield* line((socket) => void socket.write(endless))
        assert.deepStrictEqual(yield* outcomes(accountAt(origin)), expected, `${status} ${body.slice(0, 20)}`)
      }
    }),
  )

  it.live("of just the cap is read, and a longer name in it is no refusal", () =>
    Effect.gen(function* () {
      const empty = JSON.stringify({ access_token: "token", displayName: "" })
      const name = "x".repeat(maxBodyBytes - empty.length)
      const body = JSON.stringify({ access_token: "token", displayName: name })
      const { origin } = yield* line((socket) => socket.end(http(200, body)))
      const reply = yield* Effect.flatMap(TokenEndpoint, (endpoint) =>
        endpoint.present(accountAt(origin), grants.Password),
      ).pipe(Effect.provide(fetching))
      assert.deepInclude(reply._tag === "Issued" ? reply.tokens : reply, { identity: {} })
    }),
  )

  it.live("of bad UTF-8, HTML, nothing or half a JSON is no success", () =>
    Effect.gen(function* () {
      const bad = Buffer.concat([Buffer.from('{"access_token":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
      for (const [body, ...tags] of [
        [bad, ...unreadable],
        ["", ...unreadable],
        [token.slice(0, 20), ...unreadable],
        // It may say that the password is wrong; a refresh token and a passcode may be used up.
        ["<html>Sign in to the Wi-Fi</html>", "Unreadable", "OutcomeUnknown", "OutcomeUnknown", "Unavailable"],
      ] as const) {
        const { origin } = yield* line((socket) => socket.end(http(200, body, { "content-type": "application/json" })))
        assert.deepStrictEqual((yield* outcomes(accountAt(origin))).slice(0, 4), tags)
      }
    }),
  )

  it.live("is read whatever its content type, in any cut of its bytes", () =>
    Effect.gen(function* () {
      const name = JSON.stringify({ access_token: "token", displayName: "Žluťoučký kůň ☎" })
      const { origin } = yield* line((socket) => {
        socket.setNoDelay(true)
        const bytes = [...http(200, name, { "content-type": "text/html" })].map((byte) => Buffer.from([byte]))
        const next = () => {
          const byte = bytes.shift()
          if (byte === undefined) socket.end()
          else socket.write(byte, () => setImmediate(next))
        }
        next()
      })
      const endpoint = yield* TokenEndpoint
      const reply = yield* endpoint.present(accountAt(origin), grants.Password)
      assert.strictEqual(reply._tag === "Issued" && reply.tokens.identity.displayName, "Žluťoučký kůň ☎")
    }).pipe(overBoth()),
  )
})
