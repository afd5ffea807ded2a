/** Where a bearer goes, and where it does not. */
import { assert, describe, it } from "@effect/vitest"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import type { BearerSource } from "@pbx-auth/session/Session"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Redacted from "effect/Redacted"
import { stage } from "./CalledApi.ts"
import { clear, people } from "./Harness.ts"

describe("the bearer that is presented", () => {
  const origin = "https://api.example.com"
  const token = "a-made-up-bearer"

  /** A session of which only this much is looked at. */
  const session = (at = origin) =>
    ({
      origin: at,
      bearer: Effect.succeed({ token: Redacted.make(token), generation: 1 }),
      reject: () => Effect.void,
    }) as unknown as BearerSource

  /** Where a text can be reached in an object, prototypes included. */
  const found = (root: unknown): ReadonlyArray<string> => {
    const seen = new Set<unknown>()
    const places: Array<string> = []
    const look = (at: unknown, path: string): void => {
      if (typeof at === "string" && at.includes(token)) places.push(path)
      if ((typeof at !== "object" && typeof at !== "function") || at === null || seen.has(at)) return
      seen.add(at)
      for (const key of Reflect.ownKeys(at)) {
        look(Object.getOwnPropertyDescriptor(at, key)?.value, `${path}.${String(key)}`)
      }
      const prototype: unknown = Object.getPrototypeOf(at)
      if (prototype !== Object.prototype && prototype !== Function.prototype) look(prototype, `${path}^`)
    }
    look(root, "response")
    return places
  }

  type Response = HttpClientResponse.HttpClientResponse

  const inherited = (response: Response): Response => {
    function Timed() {}
    Timed.prototype = Object.create(response, { constructor: { value: Timed } })
    return Reflect.construct(Timed, [])
  }

  const copied = (response: Response): Response => {
    const copy = {}
    for (let from: object = response; from !== Object.prototype; from = Object.getPrototypeOf(from)) {
      for (const key of Reflect.ownKeys(from)) {
        const property = Object.getOwnPropertyDescriptor(from, key)
        if (property && !Object.hasOwn(copy, key)) Object.defineProperty(copy, key, { ...property, configurable: true })
      }
    }
    return copy as Response
  }

  class Holding {
    readonly [HttpClientResponse.TypeId] = HttpClientResponse.TypeId
    readonly status = 200
    readonly headers = {}
    readonly original: Response
    constructor(original: Response) {
      this.original = original
    }
  }

  const wrappers: ReadonlyArray<readonly [string, (response: Response) => Response]> = [
    ["as it is", (response) => response],
    ["by Object.create", (response) => Object.create(response)],
    ["by a prototype that has a constructor", inherited],
    ["by a copy of all that it has and inherits", copied],
    ["by a class that holds it", (response) => new Holding(response) as unknown as Response],
  ]

  for (const [how, wrap] of wrappers) {
    it.effect(`is in no answer that an app's client wraps: ${how}`, () =>
      Effect.gen(function* () {
        let presented: string | undefined
        const client = HttpClient.make((request) =>
          Effect.sync(() => {
            presented = request.headers.authorization
            return wrap(HttpClientResponse.fromWeb(request, new Response("{}")))
          }),
        )
        const api = yield* Effect.provideService(BearerHttpClient.make(session()), HttpClient.HttpClient, client)
        const response = yield* api.get(`${origin}/x`)
        assert.strictEqual(presented, `Bearer ${token}`)
        assert.deepStrictEqual(found(response), [])
      }),
    )
  }

  it.effect("goes to its own origin alone, however a URL is spelt", () =>
    Effect.gen(function* () {
      const parts = ["https:", "http:", "/", "//", "\\", "api.example.com", "API.example.com", "evil.example", "."]
      parts.push("@", ":", ":443", ":8443", "?", "#", "\t", "\n", " ", "%2f", "%40", "。", "ａpi", "127.0.0.1", "[::1]")
      parts.push("localhost", ":8080", "user:pw@", "\u0000", "\u00ad")
      let seed = 7
      const below = (most: number) => {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
        return Math.floor((seed / 2_147_483_648) * most)
      }
      for (const own of [origin, `${origin}:8443`, "http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost"]) {
        const sent = new Map<string, number>()
        const client = HttpClient.make((request, url) =>
          Effect.sync(() => {
            sent.set(url.origin, (sent.get(url.origin) ?? 0) + 1)
            return HttpClientResponse.fromWeb(request, new Response("{}"))
          }),
        )
        const api = yield* Effect.provideService(BearerHttpClient.make(session(own)), HttpClient.HttpClient, client)
        for (let round = 0; round < 2_000; round++) {
          let url = below(2) === 0 ? "" : own
          for (let more = below(6); more >= 0; more--) url += parts[below(parts.length)] ?? ""
          yield* Effect.exit(api.get(url))
        }
        assert.deepStrictEqual([...sent.keys()], [own])
        assert.isAbove(sent.get(own) ?? 0, 100)
      }
    }),
  )
})

describe("a child's bearer", () => {
  it.live("calls as the subject", () =>
    Effect.gen(function* () {
      const { accounts, emulator, fetching, open, origin, outcomes } = yield* stage()
      const pbx = yield* open(accounts.skyswitch({ credentials: people.reseller }))
      const child = yield* pbx.actAs("1001@acmecorp.12345.service")
      const client = yield* Effect.provideService(BearerHttpClient.make(child), HttpClient.HttpClient, fetching)
      yield* client.get(`${origin}/ns-api/`)
      assert.strictEqual((yield* outcomes).at(-1), "api call as 1001@acmecorp.12345.service")
      const before = clear(yield* child.accessToken)
      yield* emulator.killAccessTokens
      yield* client.get(`${origin}/ns-api/`)
      assert.notStrictEqual(clear(yield* child.accessToken), before)
      assert.strictEqual((yield* outcomes).at(-1), "api call as 1001@acmecorp.12345.service")
    }),
  )
})
