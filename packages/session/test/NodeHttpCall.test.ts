/** Calls over Node's HTTP client, whose answers are no `Response` of fetch: what their errors name, and when a connection is free. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { witness } from "@pbx-auth/emulator/witnesses/Yeastar"
import { provider as yeastar } from "@pbx-auth/providers/Yeastar"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import { HttpClientError } from "effect/http/HttpClientError"
import * as Stream from "effect/Stream"
import * as CalledApi from "./CalledApi.ts"
import { eventually } from "./Harness.ts"
import { stage } from "./VendorStage.ts"

const client = { id: "yeastar-client-id", secret: "yeastar-client-secret" }

/** Clients with the bearer of a session: one whose provider says how a body refuses it, and one where a 401 alone does. */
const clients = [
  [
    "a provider that refuses in a body",
    Effect.fnUntraced(function* (origin: string) {
      const { address, session } = yield* stage(witness)
      const pbx = yield* session(yeastar.configure({ address, client }))
      return yield* BearerHttpClient.make(pbx, { origins: [origin] })
    }),
  ],
  [
    "a provider that refuses by a 401",
    Effect.fnUntraced(function* (origin: string) {
      const { pbx } = yield* CalledApi.stage()
      return yield* BearerHttpClient.make(pbx, { origins: [origin] })
    }),
  ],
] as const

/** Node's client, and the answers that it gave. */
const holding = Effect.map(HttpClient.HttpClient, (client) => {
  const held: Array<unknown> = []
  return { held, http: HttpClient.tap(client, (answer) => Effect.sync(() => held.push(answer))) }
})

for (const [name, clientOf] of clients) {
  describe(name, () => {
    it.live("names the answer in an error of its body", () =>
      Effect.gen(function* () {
        const api = yield* CalledApi.api((_, response) => {
          response.writeHead(503, { "content-type": "application/json", "x-name": "calls" })
          response.end('{"errcode":')
        })
        const calls = yield* clientOf(api.origin)
        const answer = yield* calls.post(`${api.origin}/calls`)
        const error = yield* Effect.flip(answer.json)
        assert.instanceOf(error, HttpClientError)
        assert.strictEqual(error.reason._tag, "DecodeError")
        assert.include(error.message, `(503 POST ${api.origin}/calls)`)
        assert.strictEqual(error.response?.status, 503)
        assert.strictEqual(error.response?.headers["x-name"], "calls")
      }).pipe(Effect.provide(NodeHttpClient.layerNodeHttp), Effect.scoped),
    )

    for (const [by, layer] of [
      ["Node's http", NodeHttpClient.layerNodeHttp],
      ["undici", NodeHttpClient.layerUndici],
    ] as const) {
      it.live(`shows the bearer neither in an answer nor in an error of its body, over ${by}`, () =>
        Effect.gen(function* () {
          const sent: Array<string> = []
          const api = yield* CalledApi.api(({ authorization, path }, response) => {
            const { searchParams } = new URL(path, api.origin)
            sent.push(authorization?.split(" ")[1] ?? searchParams.get("access_token") ?? "")
            response.writeHead(503, { "content-type": "application/json" })
            response.end('{"errcode":')
          })
          const calls = yield* clientOf(api.origin)
          const answer = yield* calls.get(`${api.origin}/calls`)
          for (const error of [yield* Effect.flip(answer.json), yield* Effect.flip(answer.formData)]) {
            const { request, response } = error
            assert.isDefined(response)
            const shown = [answer, answer.request, request, response, response?.request].map((held) => {
              const { headers, url, urlParams } = held as Partial<typeof request>
              return JSON.stringify([url, urlParams?.params, { ...headers }])
            })
            const [bearer = ""] = sent
            assert.isAbove(bearer.length, 10)
            assert.notInclude([...shown, error.message, JSON.stringify(error)].join(), bearer)
          }
        }).pipe(Effect.provide(layer), Effect.scoped),
      )
    }

    it.live("returns an answer whose status has no body", () =>
      Effect.gen(function* () {
        const api = yield* CalledApi.api((_, response) => {
          response.writeHead(204, { "content-type": "application/json" })
          response.end()
        })
        const calls = yield* clientOf(api.origin)
        const answer = yield* calls.get(`${api.origin}/calls`)
        assert.strictEqual(answer.status, 204)
        assert.strictEqual(yield* answer.text, "")
      }).pipe(Effect.provide(NodeHttpClient.layerNodeHttp), Effect.scoped),
    )

    it.live("returns the 401 to a stream as Node's client gave it: no row asks its body", () =>
      Effect.gen(function* () {
        const api = yield* CalledApi.api((_, response) => {
          response.writeHead(401, { "content-type": "application/json" })
          response.end("{}")
        })
        const { held, http } = yield* holding
        const calls = yield* Effect.provideService(clientOf(api.origin), HttpClient.HttpClient, http)
        const body = HttpBody.stream(Stream.succeed(new TextEncoder().encode("{}")))
        const answer = yield* calls.post(`${api.origin}/calls`, { body })
        assert.strictEqual<unknown>(answer, held[0])
        assert.deepStrictEqual(yield* answer.json, {})
      }).pipe(Effect.provide(NodeHttpClient.layerNodeHttp), Effect.scoped),
    )

    it.live("lets the connection of a discarded 401 go", () =>
      Effect.gen(function* () {
        let isOpen = false
        const api = yield* CalledApi.api((_, response) => {
          response.writeHead(api.received.length === 1 ? 401 : 200, { "content-type": "application/json" })
          if (api.received.length > 1) return response.end('{"errcode":0}')
          isOpen = true
          response.on("close", () => {
            isOpen = false
          })
          // Its body does not end.
          response.write('{"errcode":')
        })
        // An answer that nobody holds would be let go by the garbage collector, sooner or later.
        const { held, http } = yield* holding
        const calls = yield* Effect.provideService(clientOf(api.origin), HttpClient.HttpClient, http)
        const answer = yield* calls.get(`${api.origin}/calls`)
        assert.deepStrictEqual(yield* answer.json, { errcode: 0 })
        assert.lengthOf(api.received, 2)
        yield* eventually(
          "the connection is free",
          Effect.sync(() => !isOpen),
        )
        assert.lengthOf(held, 2)
      }).pipe(Effect.provide(NodeHttpClient.layerNodeHttp), Effect.scoped),
    )
  })
}
