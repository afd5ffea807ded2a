/** API calls with a session's bearer, without Effect, over real HTTP. */
import type { ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { AuthError } from "@pbx-auth/providers/AuthError"
import { bearerFetch, type Options } from "@pbx-auth/session/BearerFetch"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import * as Effect from "effect/Effect"
import { type Answer, comesTo, say, saying, serveApi, staged, thrownBy } from "./BearerFetching.ts"
import { client, people } from "./Harness.ts"

/** Answers 401 without an end, and whether every such answer was let go. */
const endless = () => {
  let open = 0
  const answer: Answer = (_, response) => {
    open++
    response.on("close", () => open--)
    response.writeHead(401)
    response.write("an answer without an end")
  }
  return { answer, isFree: () => open === 0 }
}

const misconfigured = (error: unknown) => {
  assert.instanceOf(error, AuthError)
  assert.isTrue(error.reason._tag === "Misconfigured")
  return error.reason._tag === "Misconfigured" ? error.reason.field : undefined
}

describe("a fetch with a bearer", () => {
  it.live("goes to the session's own origin unless told otherwise, with what the app gave", () =>
    staged(saying(200), async ({ address, api, call, pbx, renewals }) => {
      const own = await bearerFetch(pbx)(`${address}/ns-api/?object=subscriber&action=read`)
      assert.strictEqual(own.status, 200)
      const response = await call(new URL(`${api.origin}/x?y=1`), {
        method: "PUT",
        headers: { "x-own": "kept", authorization: "Basic not-this-one" },
        body: "text",
      })
      assert.strictEqual(await response.text(), "200")
      const [received] = api.received
      assert.deepInclude(received, { method: "PUT", path: "/x?y=1", body: "text" })
      assert.strictEqual(received?.authorization, `Bearer ${await pbx.accessToken()}`)
      assert.strictEqual(received?.headers["x-own"], "kept")
      const request = new Request(`${api.origin}/z`, { headers: { "x-own": "of the request" } })
      assert.strictEqual((await call(request)).status, 200)
      assert.strictEqual(api.received[1]?.headers["x-own"], "of the request")
      assert.strictEqual(api.received[1]?.authorization, received?.authorization)
      assert.strictEqual(await renewals(), 0)
    }),
  )

  it.live("401, then 200: one renewal, and the same body once more", () =>
    staged(saying(401, 200, 401, 200), async ({ api, call, renewals }) => {
      for (const body of ["text", new URLSearchParams({ a: "b" }), new TextEncoder().encode("bytes")]) {
        api.received.length = 0
        const response = await call(`${api.origin}/x`, { method: "POST", body })
        assert.strictEqual(response.status, 200)
        const [first, second] = api.received
        assert.lengthOf(api.received, 2)
        assert.strictEqual(second?.body, first?.body)
        assert.isNotEmpty(second?.body)
        assert.notStrictEqual(second?.authorization, first?.authorization)
      }
      // Each second token was confirmed, so the next one that was rejected was replaced at once again.
      assert.strictEqual(await renewals(), 3)
    }),
  )

  it.live("many 401s at once cause one renewal", () =>
    Effect.suspend(() => {
      let refused = ""
      return staged(
        (_, response) => {
          const given = response.req.headers.authorization ?? ""
          refused ||= given
          say(response, given === refused ? 401 : 200)
        },
        async ({ api, call, renewals }) => {
          const responses = await Promise.all(Array.from({ length: 30 }, () => call(`${api.origin}/x`)))
          assert.isTrue(responses.every(({ status }) => status === 200))
          assert.strictEqual(await renewals(), 1)
        },
      )
    }),
  )

  it.live("401 twice is given back, and the token that has just replaced another stays", () =>
    staged(saying(401), async ({ api, call, pbx, renewals }) => {
      assert.strictEqual((await call(`${api.origin}/x`)).status, 401)
      assert.lengthOf(api.received, 2)
      assert.strictEqual(await renewals(), 1)
      assert.strictEqual((await call(`${api.origin}/x`)).status, 401)
      assert.lengthOf(api.received, 3)
      assert.strictEqual(await renewals(), 1)
      assert.strictEqual(pbx.view().refusal?.code, "NotAllowed")
    }),
  )

  it.live("a stream is sent once, and its 401 renews the token for the next; a 403 is given back as it is", () =>
    staged(saying(401, 200, 403), async ({ api, call, renewals }) => {
      for (const status of [401, 200]) {
        const stream = new Blob(["streamed"]).stream()
        // `duplex` is in no type of a tab's yet.
        const streamed = { method: "POST", body: stream, duplex: "half" }
        assert.strictEqual((await call(`${api.origin}/x`, streamed)).status, status)
      }
      assert.strictEqual((await call(`${api.origin}/x`)).status, 403)
      assert.deepStrictEqual(
        api.received.map(({ body }) => body),
        ["streamed", "streamed", ""],
      )
      assert.notStrictEqual(api.received[1]?.authorization, api.received[0]?.authorization)
      assert.strictEqual(api.received[2]?.authorization, api.received[1]?.authorization)
      assert.strictEqual(await renewals(), 1)
    }),
  )

  it.live("an API that rejects every stream causes one renewal", () =>
    staged(saying(401), async ({ api, call, renewals }) => {
      for (let calls = 0; calls < 4; calls++) {
        const streamed = { method: "POST", body: new Blob(["streamed"]).stream(), duplex: "half" }
        assert.strictEqual((await call(`${api.origin}/x`, streamed)).status, 401)
      }
      assert.lengthOf(api.received, 4)
      assert.strictEqual(await renewals(), 1)
    }),
  )

  it.live("the body of a Request is sent again after a 401, whatever it was made of, and is used up as by fetch", () =>
    staged(saying(401, 200), async ({ api, call, renewals }) => {
      const form = new FormData()
      form.set("a", "b")
      const bodies = ["text", form, new Blob(["streamed"]).stream()]
      for (const body of bodies) {
        api.received.length = 0
        const headers = { "x-own": "kept" }
        const request = new Request(`${api.origin}/x`, { method: "POST", body, headers, ...{ duplex: "half" } })
        assert.strictEqual((await call(request)).status, 200)
        const [first, second] = api.received
        assert.isNotEmpty(second?.body)
        assert.strictEqual(second?.body, first?.body)
        assert.strictEqual(second?.headers["content-type"], first?.headers["content-type"])
        assert.strictEqual(second?.headers["x-own"], "kept")
        assert.isTrue(request.bodyUsed)
        assert.instanceOf(await thrownBy(call(request)), TypeError)
        assert.lengthOf(api.received, 2)
        // A body of the call's own takes the place of the request's, which stays as it was.
        const own = new Request(`${api.origin}/x`, { method: "POST", body: "not this" })
        assert.strictEqual((await call(own, { body: "this" })).status, 200)
        assert.strictEqual(api.received[2]?.body, "this")
        assert.isFalse(own.bodyUsed)
      }
      assert.strictEqual(await renewals(), bodies.length)
    }),
  )

  it.live("a 401 whose renewal fails lets its connection go", () =>
    Effect.suspend(() => {
      const { answer, isFree } = endless()
      return staged(answer, async ({ api, call, outage, pbx }) => {
        await pbx.accessToken()
        await outage()
        const errors = await Promise.all(Array.from({ length: 10 }, () => thrownBy(call(`${api.origin}/x`))))
        assert.isTrue(errors.every((error) => error instanceof AuthError && error.reason._tag === "Unavailable"))
        assert.lengthOf(api.received, 10)
        await comesTo("every connection is free", isFree)
      })
    }),
  )

  it.live("a 401 whose wait for a renewal is aborted lets its connection go", () =>
    Effect.suspend(() => {
      const { answer, isFree } = endless()
      return staged(answer, async ({ api, calling, outage, pbx }) => {
        await pbx.accessToken()
        await outage()
        let hasAnswer = false
        // It does not see the signal, so only the call can end the connection.
        const unsignalled: typeof fetch = async (input, init) => {
          const response = await fetch(input as Request, { ...init, signal: null })
          hasAnswer = true
          return response
        }
        const abort = new AbortController()
        const call = calling({ patience: "1 hour", fetch: unsignalled })
        const aborted = thrownBy(call(`${api.origin}/x`, { signal: abort.signal }))
        await comesTo("the answer", () => hasAnswer)
        abort.abort("enough")
        assert.strictEqual(await aborted, "enough")
        await comesTo("its connection is free", isFree)
      })
    }),
  )

  it.live("another origin is refused, however it is spelt, and nothing is sent", () =>
    staged(saying(200), async ({ api, call, calling }) => {
      const port = new URL(api.origin).port
      const elsewhere = [
        `http://localhost:${port}/`,
        `https://127.0.0.1:${port}/`,
        `${api.origin}.evil.example/`,
        `${api.origin}@evil.example/`,
        "http://evil.example/",
        "/relative",
      ]
      for (const url of elsewhere) {
        const error = await thrownBy(call(url))
        assert.strictEqual(misconfigured(error), "origins")
        assert.include(String(error), `The bearer goes to ${api.origin} alone`)
      }
      const notOrigins = await thrownBy(calling({ origins: ["http://api.example.com"] })(`${api.origin}/`))
      assert.include(String(notOrigins), "Expected origins like https://api.example.com")
      assert.lengthOf(api.received, 0)
    }),
  )

  it.live("a redirect is not followed: it rejects, or is given back to who asks for it", () =>
    Effect.gen(function* () {
      const elsewhere = yield* Effect.promise(() => serveApi(saying(200)))
      yield* staged(
        (_, response) => say(response, 307, { location: `${elsewhere.origin}/y?secret=1` }),
        async ({ api, call }) => {
          await using _ = elsewhere
          for (const init of [{}, { redirect: "follow" }, { redirect: "error" }] as const) {
            const error = await thrownBy(call(`${api.origin}/x`, { ...init, method: "POST", body: "text" }))
            assert.strictEqual(misconfigured(error), "redirect")
            assert.include(String(error), elsewhere.origin)
            assert.notInclude(String(error), "secret")
          }
          assert.strictEqual((await call(`${api.origin}/x`, { redirect: "manual" })).status, 307)
          assert.lengthOf(api.received, 4)
          assert.lengthOf(elsewhere.received, 0)
        },
      )
    }),
  )

  it.live("a redirect within the origin says that the path is wrong, and repeats none", () =>
    staged(
      (call, response) => say(response, 302, { location: call === 1 ? "/y/secret?secret=1" : "y" }),
      async ({ api, call }) => {
        for (let calls = 0; calls < 2; calls++) {
          const error = await thrownBy(call(`${api.origin}/x`))
          assert.strictEqual(misconfigured(error), "redirect")
          assert.include(String(error), "another path of the same origin")
          assert.notInclude(String(error), "secret")
        }
      },
    ),
  )

  it.live("null counts as left out, except that a signal of null lifts the request's own, as with fetch", () =>
    staged(saying(200), async ({ api, call }) => {
      type Init = Parameters<typeof fetch>[1]
      assert.strictEqual((await call(`${api.origin}/x`, null as unknown as Init)).status, 200)
      const request = new Request(`${api.origin}/x`, {
        method: "POST",
        body: "text",
        signal: AbortSignal.abort("before"),
      })
      assert.strictEqual(await thrownBy(call(request, { body: null })), "before")
      assert.strictEqual((await call(request, { signal: null, body: null })).status, 200)
      assert.strictEqual(api.received[1]?.body, "text")
      assert.lengthOf(api.received, 2)
    }),
  )

  it.live("a signal ends the call, and the waiting for a renewal, with its reason", () =>
    Effect.suspend(() => {
      const hung: Array<ServerResponse> = []
      return staged(
        (_, response) => void hung.push(response),
        async ({ api, call }) => {
          const before = AbortSignal.abort("before")
          assert.strictEqual(await thrownBy(call(`${api.origin}/x`, { signal: before })), "before")
          assert.lengthOf(api.received, 0)
          const abort = new AbortController()
          const calling = thrownBy(call(new Request(`${api.origin}/x`, { signal: abort.signal })))
          await comesTo("the call", () => hung.length === 1)
          const reason = new Error("enough")
          abort.abort(reason)
          assert.strictEqual(await calling, reason)
          await comesTo("its end", () => hung[0]?.destroyed === true)
          // A sign-in that hangs is not the call's to end, and the call does not wait for it.
          await using hanging = await openSkySwitch(
            { client, credentials: people.officeManager },
            { fetch: (_, init) => new Promise((_, no) => init?.signal?.addEventListener("abort", () => no(reason))) },
          )
          const waiting = new AbortController()
          const waited = thrownBy(bearerFetch(hanging, { origins: [api.origin] })(api.origin, waiting))
          waiting.abort("no longer")
          assert.strictEqual(await waited, "no longer")
          assert.strictEqual(hanging.view().path, "unauthenticated.signing_in")
        },
      )
    }),
  )

  it.live("what goes wrong with the call is what fetch throws; what goes wrong with the session is an AuthError", () =>
    staged(
      (_, response) => void response.destroy(),
      async ({ api, call, calling, pbx }) => {
        assert.instanceOf(await thrownBy(call(`${api.origin}/x`)), TypeError)
        const own = new RangeError("of the app's own")
        assert.strictEqual(await thrownBy(calling({ fetch: () => Promise.reject(own) })(`${api.origin}/x`)), own)
        await pbx.close()
        const error = await thrownBy(call(`${api.origin}/x`))
        assert.isTrue(error instanceof AuthError && error.reason._tag === "SignedOut")
        assert.lengthOf(api.received, 1)
      },
    ),
  )

  it.live("refuses what is no session, and options that are none, naming the field", () =>
    staged(saying(200), async ({ pbx }) => {
      const refusing = (make: () => unknown) => {
        try {
          make()
        } catch (error) {
          return misconfigured(error)
        }
        return assert.fail("it was taken")
      }
      assert.strictEqual(
        refusing(() => bearerFetch({ ...pbx })),
        "session",
      )
      const wrong = [{ origins: "https://a.example" }, { origins: [1] }, { fetch: 1 }, { origin: [] }]
      const fields = wrong.map((options) => refusing(() => bearerFetch(pbx, options as Options)))
      assert.deepStrictEqual(fields, ["origins", "origins", "fetch", "origin"])
    }),
  )
})
