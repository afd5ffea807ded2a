/** What failed between here and a provider, from real sockets where there can be one, and from the codes of runtimes. */
import { createServer } from "node:http"
import { type AddressInfo, createServer as createTcpServer } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import type { AuthError, Unavailable } from "../src/error/AuthError.ts"
import * as ConnectionFailure from "../src/error/ConnectionFailure.ts"
import * as SkySwitch from "../src/vendors/SkySwitch.ts"
import * as FetchTransport from "../src/wire/FetchTransport.ts"

const secret = "canary-secret"

/** What an inspection fails with: a question, of which a lost reply is `Unavailable` as well. */
const reasonAt = async (address: string, deadline = 5_000): Promise<Unavailable> => {
  const asked = Effect.gen(function* () {
    const client = { id: "your-client-id", secret }
    const { account } = yield* Effect.fromResult(SkySwitch.configure({ address, client, deadline }))
    return yield* (yield* TokenEndpoint).inspect(account, Redacted.make(secret))
  }).pipe(Effect.provide(Layer.provide(TokenEndpoint.layer, FetchTransport.layer())), Effect.result)
  const result: Result.Result<unknown, AuthError> = await Effect.runPromise(asked)
  const reason = Result.isFailure(result) ? result.failure.reason : undefined
  assert.strictEqual(reason?._tag, "Unavailable")
  const unavailable = reason as Unavailable
  assert.strictEqual(unavailable.host, new URL(address).host)
  assert.include(unavailable.message, unavailable.host ?? "no host")
  assert.notInclude(JSON.stringify(unavailable) + unavailable.stack, secret)
  return unavailable
}

/** A server that does this with each connection, for as long as `use` takes. */
const withServer = async <A>(
  server: ReturnType<typeof createTcpServer>,
  use: (port: number) => Promise<A>,
): Promise<A> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  try {
    return await use((server.address() as AddressInfo).port)
  } finally {
    server.close()
  }
}

describe("what failed is named, with the host", () => {
  it("the name was not found", async () => {
    // RFC 6761 §6.4: a name of this domain never resolves.
    assert.strictEqual((await reasonAt("https://pbx.invalid")).failed, "name_not_found")
  })

  it("the connection was refused", async () => {
    const port = await withServer(createTcpServer(), (port) => Promise.resolve(port))
    const { failed, unreachable } = await reasonAt(`http://127.0.0.1:${port}`)
    assert.deepStrictEqual({ failed, unreachable }, { failed: "refused", unreachable: true })
  })

  it("TLS was answered by a server that speaks none", async () => {
    const server = createTcpServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))
    assert.strictEqual(
      await withServer(server, async (port) => (await reasonAt(`https://127.0.0.1:${port}`)).failed),
      "tls",
    )
  })

  it("the connection was closed in place of an answer", async () => {
    const server = createTcpServer((socket) => socket.once("data", () => socket.destroy()))
    assert.strictEqual(
      await withServer(server, async (port) => (await reasonAt(`http://127.0.0.1:${port}`)).failed),
      "closed",
    )
  })

  it("no answer came in time", async () => {
    const server = createServer(() => {})
    const failed = await withServer(server, async (port) => {
      const reason = await reasonAt(`http://127.0.0.1:${port}`, 50)
      server.closeAllConnections()
      return reason.failed
    })
    assert.strictEqual(failed, "timed_out")
  })

  it("the server is failing: its status says more than a word", async () => {
    const server = createServer((_, response) => response.writeHead(503).end())
    const { failed, message, status } = await withServer(server, (port) => reasonAt(`http://127.0.0.1:${port}`))
    assert.deepStrictEqual({ failed, status }, { failed: undefined, status: 503 })
    assert.match(message, /^127\.0\.0\.1:\d+ is returning errors/)
  })
})

describe("a code of a runtime is a word", () => {
  const failing = (code: string) => Object.assign(new Error(secret), { code })
  for (const [code, word] of [
    ["ENOTFOUND", "name_not_found"],
    ["EAI_AGAIN", "name_not_found"],
    ["ECONNREFUSED", "refused"],
    ["ConnectionRefused", "refused"],
    ["ENETUNREACH", "unreachable"],
    ["FailedToOpenSocket", "unreachable"],
    ["ETIMEDOUT", "timed_out"],
    ["UND_ERR_CONNECT_TIMEOUT", "timed_out"],
    ["UND_ERR_PRX_TLS", "proxy"],
    ["CERT_HAS_EXPIRED", "tls"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls"],
    ["ECONNRESET", "closed"],
    ["UND_ERR_SOCKET", "closed"],
    ["ENOENT", undefined],
    ["", undefined],
  ] as const) {
    it(`${code || "none"}: ${word ?? "no word"}, also below other errors`, () => {
      for (const error of [
        failing(code),
        new TypeError("fetch failed", { cause: failing(code) }),
        new TypeError("fetch failed", { cause: new AggregateError([failing("ENOENT"), failing(code)]) }),
      ]) {
        assert.strictEqual(ConnectionFailure.of(error), word)
      }
    })
  }

  it("is looked for no further than errors go", () => {
    const circle: { cause?: unknown; errors?: unknown } = {}
    circle.cause = circle
    circle.errors = [circle, circle, circle, circle, circle, circle]
    for (const none of [circle, undefined, null, "ECONNREFUSED", { code: 1 }, { cause: "x" }]) {
      assert.isUndefined(ConnectionFailure.of(none))
    }
  })
})
