/** Calls to an API with a session's bearer. */
import type { ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Stream from "effect/Stream"
import { api, type Received, stage } from "./CalledApi.ts"
import { eventually } from "./Harness.ts"
import { outage } from "./Outages.ts"

const say =
  (status: number, headers: Readonly<Record<string, string>> = {}) =>
  (_: Received, response: ServerResponse) => {
    response.writeHead(status, headers)
    response.end("{}")
  }

const renewals = (entry: { readonly grant?: string }) => entry.grant === "refresh_token"

describe("a client with a bearer", () => {
  it.live("presents the session's bearer to the session's own origin", () =>
    Effect.gen(function* () {
      const { client, journal, origin } = yield* stage()
      const response = yield* client.get(`${origin}/ns-api/?object=subscriber&action=read`)
      assert.strictEqual(response.status, 200)
      assert.strictEqual((yield* journal).at(-1)?.outcome, "api call as 111@abc-company.12345.service")
    }),
  )

  it.live("answers a 401 by one renewal and one repeat, with the same body", () =>
    Effect.gen(function* () {
      const { client, count, emulator, outcomes, origin, pbx } = yield* stage()
      yield* pbx.accessToken
      yield* emulator.killAccessTokens
      const response = yield* client.post(`${origin}/ns-api/`, {
        body: HttpBody.urlParams({ object: "subscriber" }),
      })
      assert.strictEqual(response.status, 200)
      assert.strictEqual(yield* count(renewals), 1)
      assert.deepStrictEqual((yield* outcomes).slice(1), [
        "refused: bad token",
        "renewed",
        "api call as 111@abc-company.12345.service",
      ])
    }),
  )

  it.live("many 401s at once, and late ones with an old token, cause one renewal", () =>
    Effect.gen(function* () {
      const { client, count, emulator, origin, pbx } = yield* stage()
      const first = yield* pbx.bearer
      yield* emulator.killAccessTokens
      const call = client.get(`${origin}/ns-api/`)
      const responses = yield* Effect.forEach(Array.from({ length: 50 }), () => call, { concurrency: "unbounded" })
      assert.isTrue(responses.every(({ status }) => status === 200))
      assert.strictEqual(yield* count(renewals), 1)
      yield* pbx.reject(first.generation)
      yield* pbx.reject(first.generation - 1)
      yield* pbx.reject(99)
      assert.strictEqual((yield* pbx.view).path, "refreshed")
      yield* call
      assert.strictEqual(yield* count(renewals), 1)
    }),
  )

  it.live("a second 401 is given back, and nothing is tried a third time", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* api(say(401))
      const { client, count } = yield* stage([origin])
      const response = yield* client.get(`${origin}/x`)
      assert.strictEqual(response.status, 401)
      assert.lengthOf(received, 2)
      assert.notStrictEqual(received[0]?.authorization, received[1]?.authorization)
      assert.strictEqual(yield* count(renewals), 1)
    }),
  )

  it.live("a 403 is given back as it is", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* api(say(403))
      const { client, journal } = yield* stage([origin])
      assert.strictEqual((yield* client.get(`${origin}/x`)).status, 403)
      assert.lengthOf(received, 1)
      assert.lengthOf(yield* journal, 1)
    }),
  )

  it.live("a body that was streamed is not sent twice", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* api(say(401))
      const { client, count } = yield* stage([origin])
      const bodies = {
        stream: HttpBody.stream(Stream.make(new TextEncoder().encode("a stream")), "text/plain"),
        raw: HttpBody.raw("raw"),
        text: HttpBody.text("a text"),
      }
      const sent: Record<string, number> = {}
      for (const [name, body] of Object.entries(bodies)) {
        received.length = 0
        const response = yield* client.execute(HttpClientRequest.setBody(HttpClientRequest.post(`${origin}/x`), body))
        assert.strictEqual(response.status, 401)
        sent[name] = received.length
        assert.strictEqual(received.at(-1)?.body, name === "stream" ? "a stream" : name === "raw" ? "raw" : "a text")
      }
      // The first 401 renewed the token, which stays: so the last text has no other to be sent with.
      assert.deepStrictEqual(sent, { stream: 1, raw: 1, text: 1 })
      assert.strictEqual(yield* count(renewals), 1)
    }),
  )

  it.live("a 401 to a stream renews the token for the next request", () =>
    Effect.gen(function* () {
      const { client, count, emulator, origin, outcomes, pbx } = yield* stage()
      yield* pbx.accessToken
      yield* emulator.killAccessTokens
      const send = client.post(`${origin}/ns-api/`, { body: HttpBody.stream(Stream.make(new Uint8Array([1]))) })
      assert.strictEqual((yield* send).status, 401)
      assert.strictEqual((yield* send).status, 200)
      assert.strictEqual(yield* count(renewals), 1)
      assert.include((yield* outcomes).at(-1) ?? "", "api call")
    }),
  )

  it.live("fails as the session does when there is no bearer, and sends nothing", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* api(say(200))
      const { client, pbx } = yield* stage([origin])
      yield* pbx.signOut
      const error = yield* Effect.flip(client.get(`${origin}/x`))
      assert.strictEqual(error._tag === "AuthError" && error.reason._tag, "SignedOut")
      assert.lengthOf(received, 0)
    }),
  )

  it.live("an answer that is not read lets its connection go", () =>
    Effect.gen(function* () {
      let closed = 0
      let asked = 0
      const { origin } = yield* api((_, response) => {
        asked++
        response.on("close", () => closed++)
        response.writeHead(asked === 1 ? 401 : 200)
        if (asked === 1) response.write("an answer without an end")
        else response.end("{}")
      })
      const { client } = yield* stage([origin])
      assert.strictEqual((yield* client.get(`${origin}/x`)).status, 200)
      yield* eventually(
        "both connections are free",
        Effect.sync(() => closed === 2),
      )
    }),
  )

  it.live("a 401 whose renewal fails lets its connection go", () =>
    Effect.gen(function* () {
      let open = 0
      const { origin, received } = yield* api((_, response) => {
        open++
        response.on("close", () => open--)
        response.writeHead(401)
        response.write("an answer without an end")
      })
      const staged = yield* stage([origin])
      yield* staged.pbx.accessToken
      yield* outage(staged)
      const call = Effect.flip(staged.client.get(`${origin}/x`))
      const errors = yield* Effect.forEach(Array.from({ length: 10 }), () => call, { concurrency: "unbounded" })
      assert.isTrue(errors.every((error) => error._tag === "AuthError" && error.reason._tag === "Unavailable"))
      assert.lengthOf(received, 10)
      yield* eventually(
        "every connection is free",
        Effect.sync(() => open === 0),
      )
    }),
  )
})

describe("another origin", () => {
  it.live("is refused, and gets no byte", () =>
    Effect.gen(function* () {
      const foreign = yield* api(say(200))
      const { client, journal, origin } = yield* stage()
      const port = foreign.origin.split(":").at(-1)
      for (const url of [
        `${foreign.origin}/x`,
        `${origin}@127.0.0.1:${port}/x`,
        `http://localhost:${port}/x`,
        `https://127.0.0.1:${port}/x`,
        "/relative",
        "file:///etc/hosts",
        "data:text/plain,x",
        "",
      ]) {
        const error = yield* Effect.flip(client.get(url))
        assert.strictEqual(error._tag === "AuthError" && error.reason._tag, "Misconfigured", url)
      }
      assert.lengthOf(foreign.received, 0)
      assert.lengthOf(yield* journal, 0)
    }),
  )

  it.live("a name that is no origin, or that would carry the bearer in clear over a network, is refused", () =>
    Effect.gen(function* () {
      for (const name of ["http://pbx.example.test", "pbx.example.test", "", "ftp://127.0.0.1", "data:x"]) {
        const { client, origin } = yield* stage([name])
        const error = yield* Effect.flip(client.get(`${origin}/ns-api/`))
        assert.strictEqual(error._tag === "AuthError" && error.reason._tag, "Misconfigured", name)
      }
    }),
  )

  it.live("does not get the bearer by a redirect, whoever follows it; the same origin does", () =>
    Effect.gen(function* () {
      const foreign = yield* api(say(200))
      const home = yield* api((received, response) => {
        const location = received.path.startsWith("/away") ? `${foreign.origin}/there` : "/here"
        if (received.path === "/here") return say(200)(received, response)
        say(Number(received.path.slice(-3)), { location })(received, response)
      })
      const { clientOver, client, fetching } = yield* stage([home.origin])
      const following = yield* clientOver(HttpClient.followRedirects(fetching))
      const manual = Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" as const })
      for (const status of [301, 302, 303, 307, 308]) {
        for (const get of [
          (path: string) => client.get(`${home.origin}${path}`),
          (path: string) => manual(following.get(`${home.origin}${path}`)),
        ]) {
          foreign.received.length = 0
          assert.strictEqual((yield* get(`/away${status}`)).status, 200)
          assert.lengthOf(foreign.received, 1)
          assert.isUndefined(foreign.received[0]?.authorization)
          assert.notInclude(JSON.stringify(foreign.received), home.received.at(-1)?.authorization ?? "Bearer")
          home.received.length = 0
          yield* get(`/home${status}`)
          assert.match(home.received.at(-1)?.authorization ?? "", /^Bearer /)
          assert.strictEqual(home.received.at(-1)?.path, "/here")
        }
      }
      // One that is put around the client asks it for every step, and is refused.
      const around = HttpClient.followRedirects(client)
      foreign.received.length = 0
      const error = yield* Effect.flip(manual(around.get(`${home.origin}/away302`)))
      assert.strictEqual(error._tag, "AuthError")
      assert.lengthOf(foreign.received, 0)
    }),
  )

  it.live("no trace header goes to the provider", () =>
    Effect.gen(function* () {
      const home = yield* api(say(200))
      const { client } = yield* stage([home.origin])
      yield* Effect.withSpan(client.get(`${home.origin}/x`), "app")
      assert.isUndefined(home.received[0]?.headers.traceparent)
      assert.isUndefined(home.received[0]?.headers.b3)
    }),
  )
})
