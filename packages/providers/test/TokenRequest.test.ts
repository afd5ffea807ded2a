/** What a token request looks like, by which client it goes, and when it ends. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Account } from "../src/description/Provider.ts"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import * as Grant from "../src/token/Grant.ts"
import * as SangomaCx from "../src/vendors/SangomaCx.ts"
import * as HttpClientTransport from "../src/wire/HttpClientTransport.ts"
import { http, line } from "./Line.ts"
import { accountAt, grants, token } from "./TokenAccount.ts"
import { overBoth } from "./Transports.ts"

describe("the request", () => {
  it.live("is sent once, with what its provider asks for and nothing of ours", () =>
    Effect.gen(function* () {
      const { connections, origin, received } = yield* line((socket) => socket.end(http(500, "")))
      const endpoint = yield* TokenEndpoint
      yield* Effect.exit(endpoint.present(accountAt(origin), grants.Password)).pipe(Effect.withSpan("app"))
      assert.strictEqual(connections(), 1)
      assert.match(received(), /^POST \/ns-api\/oauth2\/token\/ HTTP\/1\.1\r\n/)
      assert.match(received(), /content-type: application\/x-www-form-urlencoded/i)
      assert.match(
        received(),
        /\r\n\r\nclient_id=your-client-id&client_secret=your-client-secret&username=111%40abc-company&/,
      )
      assert.notMatch(received(), /traceparent|b3:|referer|cookie/i)
    }).pipe(overBoth()),
  )

  it.live("encodes what a form must encode", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* line((socket) => socket.end(http(200, token)))
      const endpoint = yield* TokenEndpoint
      const password = "p&ss=w+rd %☎#"
      yield* endpoint.present(accountAt(origin), Grant.password("a b@c", Redacted.make(password)))
      const form = new URLSearchParams(received().split("\r\n\r\n")[1])
      assert.strictEqual(form.get("password"), password)
      assert.strictEqual(form.get("username"), "a b@c")
    }).pipe(overBoth()),
  )

  it.live("authenticates by Basic, raw or form-encoded", () =>
    Effect.gen(function* () {
      const endpoint = yield* TokenEndpoint
      for (const [basicEncoding, pair] of [
        ["raw", "an id:s+cr t☎"],
        ["form", "an+id:s%2Bcr+t%E2%98%8E"],
      ] as const) {
        const { origin, received } = yield* line((socket) => socket.end(http(200, token)))
        const client = { id: "an id", secret: "s+cr t☎" }
        const { account } = Result.getOrThrow(
          SangomaCx.configure({ address: origin, client, scopes: ["cx.agent-calls"], basicEncoding }),
        )
        yield* endpoint.present(account, Grant.clientCredentials(account.scopes))
        const sent = /authorization: Basic (\S+)/i.exec(received())?.[1] ?? ""
        assert.strictEqual(Buffer.from(sent, "base64").toString(), pair)
      }
    }).pipe(overBoth()),
  )
})

describe("an app's HTTP client", () => {
  const throughApp = (client: HttpClient.HttpClient) =>
    TokenEndpoint.layer.pipe(
      Layer.provide(HttpClientTransport.layer),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
    )

  const tagOf = (account: Account, layer: Layer.Layer<TokenEndpoint>) =>
    Effect.gen(function* () {
      const endpoint = yield* TokenEndpoint
      const { reason } = yield* Effect.flip(endpoint.present(account, grants.Password))
      return reason._tag
    }).pipe(Effect.provide(layer))

  it.live("may filter statuses: the reply is read all the same", () =>
    Effect.gen(function* () {
      const { origin } = yield* line((socket) => socket.end(http(400, JSON.stringify({ error: "invalid_grant" }))))
      const client = yield* HttpClient.HttpClient
      const layer = throughApp(HttpClient.filterStatusOk(client))
      assert.strictEqual(yield* tagOf(accountAt(origin), layer), "BadCredentials")
    }).pipe(Effect.provide(FetchHttpClient.layer)),
  )

  it.live("may throw: what it throws goes no further", () =>
    Effect.gen(function* () {
      const client = HttpClient.make((request) => Effect.die(request))
      assert.strictEqual(yield* tagOf(accountAt("https://pbx.example.test"), throughApp(client)), "Misconfigured")
    }),
  )

  it.live("may refuse to stop: the deadline holds, in an uninterruptible region too", () =>
    Effect.gen(function* () {
      const client = HttpClient.make(() => Effect.uninterruptible(Effect.never))
      const account = accountAt("https://pbx.example.test", { deadline: 50 })
      const ask = tagOf(account, throughApp(client))
      assert.strictEqual(yield* ask, "OutcomeUnknown")
      assert.strictEqual(yield* Effect.uninterruptible(ask), "OutcomeUnknown")
    }),
  )
})

describe("a caller that is interrupted", () => {
  it.live("takes its request with it", () =>
    Effect.gen(function* () {
      let closed = false
      const { connections, origin } = yield* line((socket) => {
        socket.on("close", () => {
          closed = true
        })
      })
      const endpoint = yield* TokenEndpoint
      const asking = yield* Effect.forkChild(endpoint.present(accountAt(origin), grants.Password))
      while (connections() === 0) yield* Effect.sleep(5)
      yield* Effect.sleep(20)
      yield* Fiber.interrupt(asking)
      while (!closed) yield* Effect.sleep(5)
    }).pipe(overBoth()),
  )
})
