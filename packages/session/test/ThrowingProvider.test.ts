/** A provider whose value throws while a session opens: at whichever read it is, there is a typed error, and nothing hangs. */
import { assert, describe, it } from "@effect/vitest"
import * as AuthError from "@pbx-auth/providers/AuthError"
import { configure } from "@pbx-auth/providers/Configuration"
import { beforeExpiry, type Defined, defineProvider } from "@pbx-auth/providers/Definition"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import { ownGrammar } from "@pbx-auth/providers/OwnGrammar"
import type { Account, Configured, Provider } from "@pbx-auth/providers/Provider"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import { open as openOwn } from "@pbx-auth/session/PromiseProvider"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import * as ProviderLayer from "@pbx-auth/session/ProviderLayer"
import { ProviderService } from "@pbx-auth/session/ProviderService"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { open } from "../src/promise/Opening.ts"
import { accountOf, acmeVoice } from "./MadeUpVendor.ts"

const fails = (): never => {
  throw new RangeError("a secret may stand here")
}

/** A value that throws from a certain read of its parts on, at whatever depth. */
const lasting = <A extends object>(value: A, left: { reads: number }): A =>
  new Proxy(value, {
    get: (target, name) => {
      if (left.reads-- <= 0) return fails()
      const part: unknown = Reflect.get(target, name, target)
      if (typeof part === "function") return part.bind(target)
      return typeof part === "object" && part !== null && !(part instanceof Set) ? lasting(part, left) : part
    },
  })

const credentials = { username: "maria", password: Redacted.make("made-up") }
const network: typeof fetch = async () =>
  new Response(JSON.stringify({ access_token: "token", refresh_token: "next", expires_in: 3_600 }))

const value: Provider<"act_as"> = {
  ...acmeVoice,
  dialect: {
    id: "acme",
    challenges: false,
    refreshMethods: ["POST"],
    verdicts: [],
    grants: {
      Password: ({ password }) => ({
        method: "POST",
        path: "/token",
        encoding: "form",
        fields: [["password", password]],
      }),
    },
  },
  renewal: beforeExpiry,
  capabilities: new Set(["act_as"] as const),
  formerAccounts: [(account: Account) => account],
  ownGrammar,
  options: { site: { title: "Site", doc: "A site.", identifies: true } },
}

const runtime = Layer.fresh(SessionRuntime.layer).pipe(
  Layer.provide(TokenEndpoint.layer),
  Layer.provide(FetchTransport.layer(network)),
)

const isTyped = (error: unknown): boolean => {
  assert.isTrue(AuthError.isAuthError(error), String(error))
  assert.notInclude(JSON.stringify(error), "a secret may")
  return true
}

/** Opens a session, and asks for a token. */
const openers: Record<string, (configured: Configured<"act_as">) => Effect.Effect<unknown, unknown>> = {
  "Session.make": (configured) =>
    Effect.flatMap(Session.make(configured), (pbx) => pbx.bearer).pipe(Effect.provide(runtime), Effect.scoped),
  // The second caller must not wait for the first one's session.
  "Sessions.session": (configured) =>
    Effect.gen(function* () {
      const sessions = Context.get(yield* Layer.build(Layer.provide(Sessions.layerRuntime(), runtime)), Sessions)
      const pbx = yield* Effect.catch(sessions.session(configured), () => sessions.session(configured))
      return yield* pbx.bearer
    }).pipe(Effect.scoped),
  "open with promises": (configured) =>
    Effect.tryPromise({
      try: async () => {
        const pbx = await open(Result.succeed(configured), { fetch: network })
        try {
          await pbx.bearer()
        } finally {
          await pbx.close()
        }
      },
      catch: (error) => error,
    }),
  "openSessions().session": (configured) =>
    Effect.tryPromise({
      try: async () => {
        const sessions = await openSessions({}, { fetch: network })
        try {
          await (await sessions.session(configured)).bearer()
        } finally {
          await sessions.close()
        }
      },
      catch: (error) => error,
    }),
}

describe("a provider whose value throws while a session opens", () => {
  for (const [name, opened] of Object.entries(openers)) {
    it.live(`fails as a typed error, at whichever read it is (${name})`, () =>
      Effect.gen(function* () {
        let failures = 0
        let isOpened = false
        for (let reads = 0; reads < 400; reads++) {
          const left = { reads }
          const account = { ...accountOf(value, "https://acme.example"), options: { site: "main" } }
          const provider = lasting(value, left)
          const exit = yield* Effect.exit(opened({ account: { ...account, provider }, credentials }))
          if (Exit.isSuccess(exit)) {
            isOpened = left.reads > 0
            if (isOpened) break
            continue
          }
          failures += 1
          const [reason] = exit.cause.reasons
          assert.strictEqual(reason?._tag, "Fail", `read ${reads}: ${String(exit.cause)}`)
          assert.isTrue(reason?._tag === "Fail" && isTyped(reason.error))
        }
        assert.isAbove(failures, 10)
        assert.isTrue(isOpened)
      }),
    )
  }

  it("fails as a typed error where configure reads it", () => {
    const acme = defineProvider({ ...value, addresses: { standard: "https://acme.example" } })
    const options = { client: { id: "app" }, credentials: { username: "maria", password: "made-up" }, site: "main" }
    let failures = 0
    for (let reads = 0; reads < 400; reads++) {
      const result = configure(lasting(acme, { reads }), options)
      if (Result.isSuccess(result)) break
      failures += 1
      assert.strictEqual(result.failure.reason._tag, "Misconfigured")
      isTyped(result.failure)
    }
    assert.isAbove(failures, 3)
  })

  it("fails as a typed error where a getter of the options throws", () => {
    const acme = defineProvider({ ...value, addresses: { standard: "https://acme.example" } })
    const options = Object.defineProperty({ site: "main" }, "client", { get: fails, enumerable: true })
    const result = acme.configure(options as never)
    assert.isTrue(Result.isFailure(result) && isTyped(result.failure))
    assert.strictEqual(Result.isFailure(result) && result.failure.reason._tag, "Misconfigured")
  })
})

describe("a provider whose configure is written by hand", () => {
  const password = "a secret may stand here"
  const options = { site: "main", password }
  const wrongs: Record<string, () => unknown> = {
    "throws an error": fails,
    "throws what it was given": () => {
      throw options
    },
    "throws nothing": () => {
      throw undefined
    },
    "returns nothing": () => undefined,
    "returns a promise": () => Promise.resolve(Result.succeed({})),
    "returns an empty success": () => Result.succeed(undefined),
    "returns a failure of its own": () => Result.fail(new Error(password)),
  }
  const http = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, network))

  for (const [what, configure] of Object.entries(wrongs)) {
    it.live(`opens nothing, and is refused by its field, if that ${what}`, () =>
      Effect.gen(function* () {
        const provider = { configure } as unknown as Pick<Defined<"act_as", typeof options>, "configure">
        class Acme extends ProviderService<Acme>()("test/ByHand", provider) {}
        const ways: Record<string, Effect.Effect<unknown, unknown, Scope.Scope>> = {
          layer: Layer.build(Layer.provide(Acme.layer(options), http)),
          layerRuntime: Layer.build(Layer.provide(Acme.layerRuntime(options), runtime)),
          layerConfig: Layer.build(Layer.provide(Acme.layerConfig(options), http)),
          "ProviderLayer.layerConfig": Layer.build(
            Layer.provide(ProviderLayer.layerConfig(Acme, provider.configure, options), http),
          ),
          "open with promises": Effect.tryPromise({
            try: () => openOwn(provider, options, { fetch: network }),
            catch: (error) => error,
          }),
        }
        for (const [way, opening] of Object.entries(ways)) {
          const exit = yield* Effect.exit(Effect.scoped(opening))
          assert.strictEqual(exit._tag, "Failure", way)
          const [reason] = exit._tag === "Failure" ? exit.cause.reasons : []
          const error = reason?._tag === "Fail" ? reason.error : assert.fail(`${way}: ${reason?._tag}`)
          isTyped(error)
          assert.include(AuthError.isAuthError(error) && error.reason, { _tag: "Misconfigured", field: "provider" })
          assert.notInclude(String(error), password)
        }
      }),
    )
  }

  it("is refused as well if there is none", async () => {
    const error: unknown = await openOwn(undefined as never, options, { fetch: network }).catch((thrown) => thrown)
    assert.include(AuthError.isAuthError(error) && error.reason, { _tag: "Misconfigured", field: "provider" })
  })
})
