/** A vendor refuses a sign-in by a row that speaks of renewals. It presented no refresh token, so the record keeps the one that it has. */
import { assert, describe, it } from "@effect/vitest"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { defineProvider } from "@pbx-auth/providers/Definition"
import { openTokenStore } from "@pbx-auth/session/PromiseTokenStore"
import * as Session from "@pbx-auth/session/Session"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as HttpRuntime from "../src/HttpRuntime.ts"
import { open } from "../src/promise/Opening.ts"
import { serveApi } from "./CalledApi.ts"
import { clear, noting } from "./Harness.ts"
import { described } from "./MadeUpVendor.ts"

const form = (fields: ReadonlyArray<readonly [string, string | Redacted.Redacted<string>]>) =>
  ({ method: "POST", path: "/token", encoding: "form", fields }) as const

const acme = defineProvider({
  ...described,
  id: "acme-refused",
  rotation: "none",
  // Its author has not said of which grants.
  refusals: [{ field: "error", value: "session_ended", reason: "RenewalRefused" }],
  grants: {
    Password: ({ password, username }) =>
      form([
        ["username", username],
        ["password", password],
      ]),
    RefreshToken: ({ refreshToken }) => form([["refresh_token", refreshToken]]),
  },
})

/** It takes the first sign-in and every renewal, and refuses every later sign-in. */
const vendor = async () => {
  const presented: Array<string> = []
  const api = await serveApi(({ body }, response) => {
    const fields = new URLSearchParams(body)
    presented.push(fields.get("refresh_token") ?? "a password")
    const isRefused = presented.length > 1 && fields.has("password")
    response.writeHead(isRefused ? 400 : 200, { "content-type": "application/json" })
    const token = { access_token: `token-${presented.length}`, refresh_token: "refresh-1", expires_in: 3_600 }
    response.end(JSON.stringify(isRefused ? { error: "session_ended" } : token))
  })
  return { ...api, presented }
}

const person = { username: "maria", password: "made-up" }

const tagOf = (error: unknown) => (isAuthError(error) ? error.reason._tag : String(error))

/** A session signs in and closes; a person's is refused; the next session is told that the token is dead, and goes on. */
const faces = {
  Effect: (address: string, store: TokenStore.TokenStore["Service"]) => {
    const opened = <A, E>(credentials: object, use: (pbx: Session.Session) => Effect.Effect<A, E>) =>
      Effect.fromResult(acme.configure({ address, ...credentials })).pipe(
        Effect.flatMap((right) => Session.make(right)),
        Effect.flatMap((pbx) => use(pbx)),
        Effect.scoped,
        Effect.provide(HttpRuntime.layer()),
      )
    return Effect.gen(function* () {
      yield* opened({ credentials: person }, ({ accessToken }) => accessToken)
      const given = { username: person.username, password: Redacted.make(person.password) }
      const refused = yield* Effect.flip(opened({}, ({ signIn }) => signIn(given)))
      const last = yield* opened({ credentials: person }, ({ accessToken, bearer, reject }) =>
        Effect.flatMap(bearer, ({ generation }) => Effect.andThen(reject(generation), accessToken)),
      )
      return [tagOf(refused), clear(last)]
    }).pipe(
      Effect.provide(Layer.merge(Layer.succeed(TokenStore.TokenStore, store), FetchHttpClient.layer)),
      Effect.runPromise,
    )
  },
  promises: async (address: string, given: TokenStore.TokenStore["Service"]) => {
    const store = await openTokenStore(Layer.succeed(TokenStore.TokenStore, given))
    const opened = async <A>(
      credentials: object,
      use: (pbx: Awaited<ReturnType<typeof open<never>>>) => Promise<A>,
    ): Promise<A> => {
      await using pbx = await open(acme.configure({ address, ...credentials }), { store })
      return await use(pbx)
    }
    await opened({ credentials: person }, (pbx) => pbx.accessToken())
    const refused = await opened({}, (pbx) => pbx.signIn(person)).catch((error: unknown) => error)
    const last = await opened({ credentials: person }, async (pbx) => {
      await pbx.reject((await pbx.bearer()).generation)
      return await pbx.accessToken()
    })
    return [tagOf(refused), last]
  },
}

describe("a refused sign-in over a record", () => {
  for (const [face, run] of Object.entries(faces)) {
    it(`leaves the refresh token in it, and the next session renews with that: ${face}`, async () => {
      await using all = await vendor()
      const { keys, store } = noting(await Effect.runPromise(TokenStore.makeMemory))
      assert.deepStrictEqual(await run(all.origin, store), ["RenewalRefused", "token-3"])
      assert.deepStrictEqual(all.presented, ["a password", "a password", "refresh-1"])
      assert.strictEqual(keys.size, 1)
    })
  }
})
