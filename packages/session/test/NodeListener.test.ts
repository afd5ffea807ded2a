/** The web handler on node:http: each event at once, a body as it comes, and nothing left after the client has gone. */
import { request as ask, createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as NodeListener from "@pbx-auth/session/NodeListener"
import * as Effect from "effect/Effect"

const serving = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = createServer(listener).listen(0, "127.0.0.1")
      await new Promise((resolve) => server.once("listening", resolve))
      return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
    }),
    ({ server }) =>
      Effect.promise(() => {
        server.closeAllConnections()
        return new Promise((resolve) => server.close(resolve))
      }),
  )

const on = (handle: (request: Request) => Promise<Response>) => serving(NodeListener.of(handle))

/** What the server makes of a request. */
const echo = async (request: Request) =>
  Response.json({
    method: request.method,
    url: request.url,
    header: request.headers.get("x-some"),
    body: await request.text(),
  })

describe("a request", () => {
  it.live("comes with its method, path, headers and body", () =>
    Effect.gen(function* () {
      const { origin } = yield* on(echo)
      const init = { method: "POST", headers: { "x-some": "thing" }, body: "é".repeat(200_000) }
      const got = yield* Effect.promise(async () => (await fetch(`${origin}/session/event?x=1`, init)).json())
      expect(got).toEqual({
        method: "POST",
        url: "http://localhost/session/event?x=1",
        header: "thing",
        body: init.body,
      })
    }),
  )

  it.live("to a path that looks like a host stays one to this server", () =>
    Effect.gen(function* () {
      const { origin } = yield* on(echo)
      const got = yield* Effect.promise(
        () =>
          new Promise<string>((resolve) =>
            ask(`${origin}`, { path: "//elsewhere.test/session" }, (response) => {
              response.setEncoding("utf8").on("data", resolve)
            }).end(),
          ),
      )
      expect(JSON.parse(got).url).toBe("http://localhost//elsewhere.test/session")
    }),
  )

  it.live("that a web request cannot be is answered with 400", () =>
    Effect.gen(function* () {
      const { origin } = yield* on(echo)
      const status = yield* Effect.promise(
        () =>
          new Promise<number | undefined>((resolve) =>
            ask(origin, { method: "TRACE" }, (response) => resolve(response.resume().statusCode)).end(),
          ),
      )
      expect(status).toBe(400)
    }),
  )

  it.live("whose body a parser took has the parser's; under a mount it has its whole path", () =>
    Effect.gen(function* () {
      const listener = NodeListener.of(echo)
      const { origin } = yield* serving(async (incoming, outgoing) => {
        const parts = []
        for await (const part of incoming) parts.push(part)
        const body = JSON.parse(Buffer.concat(parts).toString())
        listener(Object.assign(incoming, { body, originalUrl: incoming.url, url: "/" }), outgoing)
      })
      const init = { method: "POST", body: '{ "a": [1] }' }
      const got = yield* Effect.promise(async () => (await fetch(`${origin}/session/event`, init)).json())
      expect(got).toMatchObject({ url: "http://localhost/session/event", body: '{"a":[1]}' })
    }),
  )

  it.live("whose body a parser left alone is read, whatever the parser put there", () =>
    Effect.gen(function* () {
      const listener = NodeListener.of(echo)
      const { origin } = yield* serving((incoming, outgoing) =>
        listener(Object.assign(incoming, { body: {} }), outgoing),
      )
      const got = yield* Effect.promise(async () => (await fetch(origin, { method: "POST", body: "whole" })).json())
      expect(got).toMatchObject({ body: "whole" })
    }),
  )

  it.live("whose body is not read to its end gets its answer all the same", () =>
    Effect.gen(function* () {
      const { origin } = yield* on(async (request) => {
        const reader = request.body?.getReader()
        await reader?.read()
        await reader?.cancel()
        return new Response("too large", { status: 413 })
      })
      const response = yield* Effect.promise(() =>
        fetch(origin, { method: "POST", body: new Uint8Array(3_000_000) }).then(async (one) => [
          one.status,
          await one.text(),
        ]),
      )
      expect(response).toEqual([413, "too large"])
    }),
  )
})

describe("an answer", () => {
  it.live("goes out event by event, and its head before the first", () =>
    Effect.gen(function* () {
      let write = (_: string) => {}
      const { origin } = yield* on(async () => {
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => {
            write = (text) => controller.enqueue(new TextEncoder().encode(text))
          },
        })
        const headers = new Headers({ "content-type": "text/event-stream" })
        headers.append("set-cookie", "a=1")
        headers.append("set-cookie", "b=2")
        return new Response(body, { headers })
      })
      const response = yield* Effect.promise(() => fetch(origin))
      expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"])
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      for (const text of ["data: 1\n\n", "data: 2\n\n"]) {
        write(text)
        expect((yield* Effect.promise(async () => reader?.read()))?.value).toBe(text)
      }
      yield* Effect.promise(async () => reader?.cancel())
    }),
  )

  it.live("waits for whoever reads slowly, and ends with them", () =>
    Effect.gen(function* () {
      let made = 0
      let isOver = false
      let aborted = false
      const { origin } = yield* on(async (request) => {
        request.signal.addEventListener("abort", () => {
          aborted = true
        })
        return new Response(
          new ReadableStream<Uint8Array>({
            pull: (controller) => {
              made++
              controller.enqueue(new Uint8Array(65_536))
            },
            cancel: () => {
              isOver = true
            },
          }),
        )
      })
      const gone = new AbortController()
      const response = yield* Effect.promise(() => fetch(origin, { signal: gone.signal }))
      let before = -1
      while (before !== made) {
        before = made
        yield* Effect.sleep(100)
      }
      expect(made, "an endless answer that nobody reads is not made").toBeLessThan(1_000)
      gone.abort()
      yield* Effect.promise(async () => response.body?.cancel().catch(() => {}))
      while (!(isOver && aborted)) yield* Effect.sleep(5)
    }),
  )

  it.live("that fails cuts the connection, and stops no server", () =>
    Effect.gen(function* () {
      const { origin } = yield* on(() => Promise.reject(new Error("the database's password is 5678")))
      for (const _ of [1, 2]) {
        expect(yield* Effect.promise(() => fetch(origin).then(String, () => "cut"))).toBe("cut")
      }
    }),
  )
})
