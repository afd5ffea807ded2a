/** The server for one redirect: what it takes, what it refuses, and that nothing is left of it. */
import { once } from "node:events"
import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as LoopbackReceiver from "../src/browser/LoopbackReceiver.ts"

const asked = (url: string, init?: RequestInit) =>
  Effect.promise(async () => {
    const response = await fetch(url, { redirect: "manual", ...init })
    return { status: response.status, text: await response.text(), headers: response.headers }
  })

describe("the receiver on this machine", () => {
  it.live("takes one redirect with the right state, and refuses all else without repeating it", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { receive, redirectUri } = yield* Scope.provide(LoopbackReceiver.open, scope)
      assert.match(redirectUri, /^http:\/\/127\.0\.0\.1:\d+\/callback$/)
      assert.strictEqual((yield* asked(`${redirectUri}?state=right`)).status, 400)
      const waiting = yield* Effect.forkChild(
        receive((query) => query.get("state") === "right", Redacted.make("right")),
        { startImmediately: true },
      )
      for (const [url, init, status] of [
        [`${redirectUri}?state=wrong&code=canary`, {}, 400],
        [`${redirectUri}?code=canary`, {}, 400],
        [`${redirectUri}/canary`, {}, 404],
        [redirectUri.replace("/callback", "/favicon.ico"), {}, 404],
        [`${redirectUri}?state=right`, { method: "POST", body: "canary" }, 404],
        [`${redirectUri.replace("127.0.0.1", "localhost")}?state=right`, {}, 404],
      ] as const) {
        const got = yield* asked(url, init)
        assert.strictEqual(got.status, status, url)
        assert.notInclude(got.text, "canary")
      }
      const taken = yield* asked(`${redirectUri}?state=right&code=canary`)
      assert.strictEqual(taken.status, 200)
      assert.notInclude(taken.text, "canary")
      assert.strictEqual(taken.headers.get("referrer-policy"), "no-referrer")
      assert.strictEqual((yield* Fiber.join(waiting)).get("code"), "canary")
      assert.strictEqual((yield* asked(`${redirectUri}?state=right&code=canary`)).status, 400)
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.tryPromise(() => fetch(redirectUri)))))
    }),
  )

  it.live("closes a connection on which nothing was asked, as a browser opens some", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { receive, redirectUri } = yield* Scope.provide(LoopbackReceiver.open, scope)
      const waiting = yield* Effect.forkChild(
        receive(() => true, Redacted.make("right")),
        { startImmediately: true },
      )
      const socket = connect(Number(new URL(redirectUri).port), "127.0.0.1")
      yield* Effect.promise(() => once(socket, "connect"))
      const closed = once(socket.resume(), "close")
      assert.strictEqual((yield* asked(`${redirectUri}?state=right&code=canary`)).status, 200)
      yield* Fiber.join(waiting)
      yield* Scope.close(scope, Exit.void)
      yield* Effect.promise(() => closed)
    }),
  )
})
