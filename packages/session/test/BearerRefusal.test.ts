/** An API that refuses a bearer otherwise than by a 401: the provider's value says how, and each way to call an API heeds it. */
import type { ServerResponse } from "node:http"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { witness } from "@pbx-auth/emulator/witnesses/Yeastar"
import { defineProvider } from "@pbx-auth/providers/Definition"
import type { BearerPlace } from "@pbx-auth/providers/Provider"
import { provider as yeastar } from "@pbx-auth/providers/Yeastar"
import { bearerFetch } from "@pbx-auth/session/BearerFetch"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { withBearer } from "@pbx-auth/session/BearerTransform"
import { open } from "@pbx-auth/session/PromiseProvider"
import type { BearerSource } from "@pbx-auth/session/Session"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type Received, serveApi } from "./CalledApi.ts"
import { eventually } from "./Harness.ts"
import { described } from "./MadeUpVendor.ts"
import { stage } from "./VendorStage.ts"

const client = { id: "yeastar-client-id", secret: "yeastar-client-secret" }

const clientOf = (layer: Layer.Layer<HttpClient.HttpClient>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, HttpClient.HttpClient))

const fetching = clientOf(FetchHttpClient.layer)

/** A client whose answers are no `Response` of fetch. */
const otherwise = clientOf(NodeHttpClient.layerNodeHttp)

type Calls = (url: string) => Effect.Effect<unknown, unknown>

const json = ({ json }: HttpClientResponse.HttpClientResponse) => json

/** The ways to call an API as a session of Effect. */
const ways: ReadonlyArray<readonly [string, (pbx: BearerSource) => Effect.Effect<Calls, never, never>]> = (
  [
    ["BearerHttpClient over fetch", fetching, false],
    ["BearerHttpClient over another client", otherwise, false],
    ["withBearer", fetching, true],
  ] as const
).map(([name, made, transforms]) => [
  name,
  (pbx) =>
    Effect.scoped(
      Effect.gen(function* () {
        const http = yield* made
        const calling = transforms
          ? withBearer(pbx)(http)
          : yield* Effect.provideService(BearerHttpClient.make(pbx), HttpClient.HttpClient, http)
        return (url) => Effect.flatMap(calling.get(url) as Effect.Effect<HttpClientResponse.HttpClientResponse>, json)
      }),
    ),
])

/** Calls of an API with the bearer of a Yeastar session, over a client. */
const callingOver = Effect.fnUntraced(function* (http: HttpClient.HttpClient, origin: string) {
  const { address, session } = yield* stage(witness)
  const pbx = yield* session(yeastar.configure({ address, client }))
  return yield* Effect.provideService(BearerHttpClient.make(pbx, { origins: [origin] }), HttpClient.HttpClient, http)
})

describe("a dead token in an HTTP 200", () => {
  for (const [name, way] of ways) {
    it.live(`is renewed once for many calls, and each is sent again: ${name}`, () =>
      Effect.gen(function* () {
        const { address, killAccess, presented, session, told } = yield* stage(witness)
        const pbx = yield* session(yeastar.configure({ address, client }))
        const call = yield* way(pbx)
        const who = call(`${address}/openapi/v1.0/who?page=1`)
        assert.deepInclude(yield* who, { errcode: 0, client: client.id })
        killAccess()
        const all = yield* Effect.forEach(Array.from({ length: 8 }), () => who, { concurrency: "unbounded" })
        for (const one of all) assert.deepInclude(one, { errcode: 0, client: client.id })
        assert.lengthOf(presented(), 2)
        assert.include(told(), "refused: bad token")
        assert.deepInclude(yield* who, { errcode: 0 })
        assert.lengthOf(presented(), 2)
      }).pipe(Effect.scoped),
    )
  }

  it.live("is renewed once for many calls, and each is sent again: bearerFetch", () =>
    Effect.gen(function* () {
      const { address, killAccess, presented } = yield* stage(witness)
      yield* Effect.promise(async () => {
        await using pbx = await open(yeastar, { address, client })
        const call = bearerFetch(pbx)
        const who = async () => (await call(`${address}/openapi/v1.0/who`, { method: "POST", body: "page=1" })).json()
        assert.deepInclude(await who(), { errcode: 0, client: client.id })
        killAccess()
        for (const one of await Promise.all(Array.from({ length: 8 }, who))) assert.deepInclude(one, { errcode: 0 })
        assert.lengthOf(presented(), 2)
      })
    }).pipe(Effect.scoped),
  )
})

/** A vendor's value, and a fetch with the bearer at an API that answers so. */
const calling = async (
  bearer: BearerPlace,
  answer: (response: ServerResponse, call: number, received: Received) => void,
) => {
  let issued = 0
  let calls = 0
  const api = await serveApi((received, response) => {
    if (received.path !== "/token") return answer(response, ++calls, received)
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify({ access_token: `token-${++issued}`, expires_in: 3_600 }))
  })
  const acme = defineProvider({
    ...described,
    id: "acme-refusing",
    signsInWith: "client",
    renewsWith: "sign_in",
    rotation: "none",
    bearer,
    grants: { ClientCredentials: () => ({ method: "POST", path: "/token", encoding: "form", fields: [] }) },
  })
  const pbx = await open(acme, { address: api.origin })
  const end = async () => {
    await pbx.close()
    api.close()
  }
  return {
    call: bearerFetch(pbx),
    calls: () => calls,
    issued: () => issued,
    url: `${api.origin}/calls`,
    [Symbol.asyncDispose]: end,
  }
}

const say = (response: ServerResponse, status: number, body: string, type = "application/json") => {
  response.writeHead(status, { "content-type": type })
  response.end(body)
}

const numbered: BearerPlace = { in: "header", refused: [{ field: "errcode", value: 10_004 }] }
const dead = JSON.stringify({ errcode: 10_004, errmsg: "TOKEN EXPIRED" })

describe("what a provider's rows say", () => {
  const rows: ReadonlyArray<readonly [BearerPlace["refused"], status: number, body: string, isRefusal: boolean]> = [
    [[{ field: "errcode", value: 10_004 }], 200, dead, true],
    [[{ field: "errcode", value: 10_004 }], 200, `\n  ${dead}`, true],
    [[{ field: "errcode", value: 10_004 }], 200, JSON.stringify({ errcode: 10_005 }), false],
    [[{ field: "errcode", value: 10_004 }], 200, `[${dead}]`, false],
    [[{ field: "errcode", value: 10_004 }], 200, `${dead} and more`, false],
    [[{ field: "errcode", value: 10_004 }], 200, "", false],
    [[{ status: 403, field: "error.code", value: /^token_/ }], 403, '{"error":{"code":"token_expired"}}', true],
    [[{ status: 403, field: "error.code", value: /^token_/ }], 400, '{"error":{"code":"token_expired"}}', false],
    [[{ status: [403, 419] }], 419, "no JSON", true],
    [[{ status: 403 }, { field: "code", value: "dead" }], 200, '{"code":"DEAD"}', true],
    [[{}], 200, "{}", false],
    [[], 200, dead, false],
  ]
  for (const [refused, status, body, isRefusal] of rows) {
    it(`${JSON.stringify(refused)} of ${status} ${body.slice(0, 40)}: ${isRefusal ? "refused" : "not"}`, async () => {
      await using made = await calling({ in: "header", refused }, (response, call) =>
        call === 1 ? say(response, status, body) : say(response, 200, '{"errcode":0}'),
      )
      const answer = await made.call(made.url)
      assert.strictEqual(await answer.text(), isRefusal ? '{"errcode":0}' : body)
      assert.deepStrictEqual([made.calls(), made.issued()], isRefusal ? [2, 2] : [1, 1])
    })
  }

  it("returns the second refusal, and asks for no third token", async () => {
    await using made = await calling(numbered, (response) => say(response, 200, dead))
    for (let one = 0; one < 3; one++) assert.strictEqual(await (await made.call(made.url)).text(), dead)
    assert.deepStrictEqual([made.calls(), made.issued()], [4, 2])
  })

  it("sends a stream once, and the next call has the new token", async () => {
    const tokens: Array<string | undefined> = []
    await using made = await calling(numbered, (response, call, { authorization }) => {
      tokens.push(authorization)
      say(response, 200, call === 1 ? dead : "{}")
    })
    const body = new ReadableStream({ start: (to) => to.close() })
    const init: RequestInit & { readonly duplex: "half" } = { method: "POST", body, duplex: "half" }
    assert.strictEqual(await (await made.call(made.url, init)).text(), dead)
    assert.strictEqual(await (await made.call(made.url)).text(), "{}")
    assert.deepStrictEqual(tokens, ["Bearer token-1", "Bearer token-2"])
  })
})

describe("an answer that is no refusal", () => {
  for (const [what, body] of [
    ["a long JSON", JSON.stringify({ errcode: 0, calls: Array.from({ length: 20_000 }, (_, one) => one) })],
    ["JSON whose refusal comes too late", JSON.stringify({ calls: "x".repeat(20_000), errcode: 10_004 })],
    ["another format", "RIFF".padEnd(100_000, "\u0000")],
  ] as const) {
    it(`comes whole: ${what}`, async () => {
      await using made = await calling(numbered, (response) => {
        response.writeHead(200, { "content-type": "application/octet-stream" })
        // In pieces, of which nobody knows the sum.
        for (let at = 0; at < body.length; at += 10_000) response.write(body.slice(at, at + 10_000))
        response.end()
      })
      assert.strictEqual(await (await made.call(made.url)).text(), body)
      assert.strictEqual(made.calls(), 1)
    })
  }

  for (const [what, type, begin] of [
    ["a stream of events", "text/event-stream", "{"],
    ["a stream of lines", "application/x-ndjson", '{"errcode":10004}\n'],
    ["a recording", "audio/wav", "RIFF"],
  ] as const) {
    it(`is not waited for: ${what}`, async () => {
      await using made = await calling(numbered, (response) => {
        response.writeHead(200, { "content-type": type })
        response.write(begin)
      })
      const answer = await made.call(made.url)
      const reader = answer.body?.getReader()
      assert.strictEqual(new TextDecoder().decode((await reader?.read())?.value), begin)
      await reader?.cancel()
    })
  }

  it.live("lets its connection go if the call ends while it is read", () =>
    Effect.gen(function* () {
      let open = 0
      const begun = yield* Effect.promise(() =>
        calling(numbered, (response) => {
          open++
          response.on("close", () => open--)
          response.writeHead(200, { "content-type": "application/json" })
          response.write('{"errcode":')
        }),
      )
      const ended = new AbortController()
      const call = begun.call(begun.url, { signal: ended.signal }).catch((error: unknown) => error)
      yield* eventually(
        "the call",
        Effect.sync(() => open === 1),
      )
      ended.abort(new RangeError("the app's own"))
      assert.instanceOf(yield* Effect.promise(() => call), RangeError)
      yield* eventually(
        "the connection is free",
        Effect.sync(() => open === 0),
      )
      yield* Effect.promise(() => begun[Symbol.asyncDispose]())
    }),
  )

  it.live("lets its connection go if an Effect is interrupted while it is read", () =>
    Effect.gen(function* () {
      let open = 0
      const api = yield* Effect.acquireRelease(
        Effect.promise(() =>
          serveApi((_, response) => {
            open++
            response.on("close", () => open--)
            response.writeHead(200, { "content-type": "application/json" })
            response.write('{"errcode":')
          }),
        ),
        ({ close }) => Effect.sync(close),
      )
      let answered = false
      const http = HttpClient.tap(yield* fetching, () =>
        Effect.sync(() => {
          answered = true
        }),
      )
      const calling = yield* callingOver(http, api.origin)
      const call = yield* Effect.forkChild(calling.get(`${api.origin}/calls`))
      // Its body has begun, and does not end.
      yield* eventually(
        "the answer",
        Effect.sync(() => answered),
      )
      yield* Fiber.interrupt(call)
      yield* eventually(
        "the connection is free",
        Effect.sync(() => open === 0),
      )
    }).pipe(Effect.scoped),
  )

  for (const [name, made] of [
    ["fetch", fetching],
    ["another client", otherwise],
  ] as const) {
    it.live(`is not waited for if it is long and nobody says how long, and comes whole by its stream: ${name}`, () =>
      Effect.gen(function* () {
        const begin = `{"calls":"${"x".repeat(20_000)}`
        let ended = () => {}
        const end = new Promise<void>((resolve) => {
          ended = resolve
        })
        const api = yield* Effect.acquireRelease(
          Effect.promise(() =>
            serveApi(async (_, response) => {
              response.writeHead(200, { "content-type": "application/json", "x-name": "calls" })
              response.write(begin)
              await end
              response.end('"}')
            }),
          ),
          ({ close }) => Effect.sync(close),
        )
        const calling = yield* callingOver(yield* made, api.origin)
        const call = yield* Effect.forkChild(calling.get(`${api.origin}/calls`))
        yield* eventually(
          "the answer, before its end",
          Effect.sync(() => call.pollUnsafe()),
        )
        const answer = yield* Fiber.join(call)
        ended()
        assert.strictEqual(answer.headers["x-name"], "calls")
        assert.strictEqual(yield* Stream.mkString(Stream.decodeText(answer.stream)), `${begin}"}`)
      }).pipe(Effect.scoped),
    )

    it.live(`is heard though nobody says how long it is, and read as a text: ${name}`, () =>
      Effect.gen(function* () {
        let calls = 0
        const api = yield* Effect.acquireRelease(
          Effect.promise(() =>
            serveApi((_, response) => {
              const said = ++calls === 1 ? dead : '{"errcode":0}'
              response.writeHead(200, { "content-type": "application/json" })
              response.write(said.slice(0, 5))
              response.end(said.slice(5))
            }),
          ),
          ({ close }) => Effect.sync(close),
        )
        const calling = yield* callingOver(yield* made, api.origin)
        const answer = yield* calling.get(`${api.origin}/calls`)
        assert.deepStrictEqual(yield* answer.json, { errcode: 0 })
        assert.strictEqual(yield* answer.text, '{"errcode":0}')
        assert.strictEqual(calls, 2)
      }).pipe(Effect.scoped),
    )
  }

  it.live("is the same `Response` of fetch for an Effect, with its stream", () =>
    Effect.gen(function* () {
      const { address, session } = yield* stage(witness)
      const pbx = yield* session(yeastar.configure({ address, client }))
      const http = yield* fetching
      const calling = yield* Effect.provideService(BearerHttpClient.make(pbx), HttpClient.HttpClient, http)
      const answer = yield* calling.get(`${address}/openapi/v1.0/who`)
      const web = Option.getOrThrow(HttpClientResponse.toWeb(answer))
      assert.deepInclude(yield* Effect.promise(() => web.json()), { errcode: 0 })
    }).pipe(Effect.scoped),
  )
})
