/** A bearer in another header, under another scheme, or in the URL's query: it arrives there, and comes back nowhere. */
import { assert, describe, it } from "@effect/vitest"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import type { BearerPlace, Configured, Provider } from "@pbx-auth/providers/Provider"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import { bearerFetch } from "@pbx-auth/session/BearerFetch"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { withBearer } from "@pbx-auth/session/BearerTransform"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { tracing } from "../src/testing/Tracing.ts"
import { serveApi } from "./CalledApi.ts"
import { leaked } from "./Leak.ts"
import { accountOf, acmeVoice } from "./MadeUpVendor.ts"

const secret = "canary-access-token"

const provider = (bearer: BearerPlace | undefined): Provider<never> => ({
  ...acmeVoice,
  dialect: {
    id: "acme",
    challenges: false,
    refreshMethods: ["POST"],
    verdicts: [],
    grants: {
      Password: ({ password, username }) => ({
        method: "POST",
        path: "/token",
        encoding: "form",
        fields: [
          ["username", username],
          ["password", password],
        ],
      }),
    },
  },
  renewal: { policy: "never" },
  renewsWith: "sign_in",
  rotation: "none",
  capabilities: new Set<never>(),
  bearer,
})

const configured = (origin: string, bearer: BearerPlace | undefined): Configured<never> => ({
  account: accountOf(provider(bearer), origin),
  credentials: { username: "maria", password: Redacted.make("made-up") },
})

/** A vendor: a token endpoint, and an API that breaks the connection at `/gone`. */
const vendor = () =>
  serveApi(({ path }, response) => {
    if (path.startsWith("/gone")) return response.destroy()
    response.writeHead(200, { "content-type": "application/json" })
    response.end(path === "/token" ? JSON.stringify({ access_token: secret, expires_in: 3_600 }) : "{}")
  })

type Vendor = Awaited<ReturnType<typeof vendor>>

const places: ReadonlyArray<readonly [BearerPlace | undefined, header: string | undefined, value: string]> = [
  [undefined, "authorization", `Bearer ${secret}`],
  [{ in: "header", scheme: "Token" }, "authorization", `Token ${secret}`],
  [{ in: "header", name: "X-Acme-Token", scheme: "" }, "x-acme-token", secret],
  [{ in: "query", name: "access_token" }, undefined, secret],
]

const arrived = ({ received }: Vendor, header: string | undefined, value: string, body = "") => {
  const call = received.at(-1)
  const query = new URL(`http://127.0.0.1${call?.path}`).searchParams
  assert.deepStrictEqual(query.getAll("page"), ["1"])
  assert.deepStrictEqual(query.getAll("access_token"), header === undefined ? [value] : [])
  assert.strictEqual(call?.headers.authorization, header === "authorization" ? value : undefined)
  if (header !== undefined) assert.strictEqual(call?.headers[header], value)
  assert.strictEqual(call?.body, body)
}

describe("a fetch with a bearer that does not travel as usual", () => {
  for (const [place, header, value] of places) {
    it.live(`${JSON.stringify(place)}`, () =>
      Effect.promise(async () => {
        await using api = await vendor()
        await using sessions = await openSessions()
        const pbx = await sessions.session(configured(api.origin, place))
        const call = bearerFetch(pbx)
        const answer = await call(`${api.origin}/calls?page=1`)
        arrived(api, header, value)
        assert.strictEqual(answer.url, header === undefined ? `${api.origin}/calls?page=1` : answer.url)
        assert.isEmpty(leaked([answer, answer.url, answer.clone().url, answer.clone()], [secret]))

        const posted = new Request(`${api.origin}/calls?page=1`, { method: "POST", body: "text", headers: { a: "b" } })
        assert.strictEqual((await call(posted)).status, 200)
        arrived(api, header, value, "text")
        assert.deepInclude(api.received.at(-1), { method: "POST" })
        assert.strictEqual(api.received.at(-1)?.headers.a, "b")
        if (header === undefined) {
          await call(`${api.origin}/calls?access_token=of-the-app&page=1`)
          arrived(api, header, value)
        }

        const error = await call(`${api.origin}/gone?page=1`).catch((error: unknown) => error)
        assert.instanceOf(error, TypeError)
        assert.isEmpty(leaked(error, [secret]))
      }),
    )
  }

  it.live("repeats no error of a runtime that writes the URL into it", () =>
    Effect.promise(async () => {
      await using api = await vendor()
      await using sessions = await openSessions()
      const pbx = await sessions.session(configured(api.origin, { in: "query", name: "access_token" }))
      const call = bearerFetch(pbx, {
        fetch: (input) => Promise.reject(new TypeError(`error sending request for url (${String(input)})`)),
      })
      const error = await call(`${api.origin}/calls?page=1`).catch((error: unknown) => error)
      assert.instanceOf(error, TypeError)
      assert.isEmpty(leaked(error, [secret]))
      const ended = AbortSignal.abort(new RangeError("the app's own"))
      assert.instanceOf(
        await call(`${api.origin}/calls`, { signal: ended }).catch((error: unknown) => error),
        RangeError,
      )
    }),
  )
})

describe("an HTTP client with a bearer that does not travel as usual", () => {
  for (const [place, header, value] of places) {
    it.live(`${JSON.stringify(place)}`, () =>
      Effect.gen(function* () {
        const api = yield* Effect.acquireRelease(Effect.promise(vendor), (api) => Effect.sync(api.close))
        const { spans, tracer } = tracing()
        const logs: Array<unknown> = []
        const runtime = SessionRuntime.layer.pipe(
          Layer.provide(TokenEndpoint.layer),
          Layer.provide(FetchTransport.layer()),
          Layer.provide(TokenStore.TokenStore.layerMemory),
        )
        const context = yield* Layer.build(Layer.fresh(runtime))
        yield* Effect.gen(function* () {
          const pbx = yield* Session.make(configured(api.origin, place)).pipe(Effect.provideContext(context))
          const below = yield* HttpClient.HttpClient
          for (const client of [yield* BearerHttpClient.make(pbx), withBearer(pbx)(below)]) {
            const answer = yield* client.get(`${api.origin}/calls?page=1`)
            arrived(api, header, value)
            const web = Option.getOrThrow(HttpClientResponse.toWeb(answer))
            assert.isEmpty(leaked([answer.request, answer, web.url], [secret]))
            const exit = yield* Effect.exit(client.get(`${api.origin}/gone?page=1`))
            assert.isTrue(Exit.isFailure(exit))
            assert.isEmpty(leaked(exit, [secret]))
            yield* Effect.logError("the app writes", Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", exit)
          }
        }).pipe(
          Effect.withTracer(tracer),
          Effect.provide(Logger.layer([Logger.make(({ message }) => void logs.push(message))])),
          Effect.provide(FetchHttpClient.layer),
        )
        assert.isNotEmpty(spans)
        assert.isNotEmpty(logs)
        assert.isEmpty(leaked([spans.map(({ attributes, name }) => [name, [...attributes]]), logs], [secret]))
      }).pipe(Effect.scoped),
    )
  }
})
