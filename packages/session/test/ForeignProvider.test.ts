/** A provider that this package does not know: its words, its mistakes and its tenants. */
import { assert, describe, it } from "@effect/vitest"
import type * as AuthError from "@pbx-auth/providers/AuthError"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import type { Account, Configured, Dialect, Presentation, Provider } from "@pbx-auth/providers/Provider"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SessionKey from "../src/record/SessionKey.ts"
import { clear, noting } from "./Harness.ts"
import { accountOf, acmeVoice } from "./MadeUpVendor.ts"

const fails = (): never => {
  throw new RangeError("a secret may stand here")
}

const present = (fields: Presentation["fields"]): Presentation => ({
  method: "POST",
  path: "/token",
  encoding: "form",
  fields,
})

/** A made-up vendor with words of its own. */
const dialect: Dialect = {
  id: "acme",
  challenges: false,
  refreshMethods: ["POST"],
  codes: ["ACME-1017"],
  verdicts: ["ACME-1017"],
  grants: {
    Password: ({ password, username }, { identity }) =>
      present([...Object.entries(identity ?? {}), ["login", username], ["password", password]]),
    RefreshToken: ({ refreshToken }) => present([["refresh_token", refreshToken]]),
  },
  revocation: (bearer) => present([["token", bearer]]),
}

const acme: Provider<"revoke"> = {
  ...acmeVoice,
  dialect,
  renewal: { policy: "never" },
  capabilities: new Set(["revoke"] as const),
  rateLimits: [{ policy: "acme_burst", per: "client", quota: 50, window: 1_000 }],
}

const account = accountOf(acme, "https://acme.example")
const credentials = { username: "maria", password: Redacted.make("made-up") }

const reply =
  (status: number, body: object, headers: Record<string, string> = {}) =>
  () =>
    Promise.resolve(new Response(JSON.stringify(body), { status, headers }))

/** A process whose network is this function. */
const processOf = (fetch: typeof globalThis.fetch, store: TokenStore.TokenStore["Service"]) =>
  Layer.build(
    Sessions.layerRuntime().pipe(
      Layer.provideMerge(Layer.fresh(SessionRuntime.layer)),
      Layer.provide(TokenEndpoint.layer),
      Layer.provide(FetchTransport.layer(fetch)),
      Layer.provide(Layer.succeed(TokenStore.TokenStore, store)),
    ),
  )

/** A session of its own, with this network. */
const opened = (configured: Configured<never>, fetch: typeof globalThis.fetch) =>
  Effect.gen(function* () {
    const context = yield* processOf(fetch, yield* TokenStore.makeMemory)
    return yield* Effect.provideContext(
      Session.make(configured as unknown as Configured<"act_as" | "inspect">),
      context,
    )
  })

const reasonOf = <A>(effect: Effect.Effect<A, AuthError.AuthError>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason)

describe("a provider that the package does not know", () => {
  it.live("is refused with its own words, and with none of the wire's", () =>
    Effect.gen(function* () {
      const configured = { account, credentials } as Configured<never>
      const said = yield* reasonOf((yield* opened(configured, reply(401, { error: "acme-1017" }))).bearer)
      assert.deepInclude({ ...said }, { _tag: "BadCredentials", provider: "acme-voice", code: "ACME-1017" })

      const limited = reply(429, { error: "slow" }, { ratelimit: `"acme_burst";r=0;t=24` })
      const paused = yield* reasonOf(
        (yield* opened({ ...configured, account: at("https://b.example") }, limited)).bearer,
      )
      assert.deepInclude({ ...paused }, { _tag: "Throttled", provider: "acme-voice", policy: "acme_burst" })

      const foreign = reply(429, { error: "made-up" }, { ratelimit: `"made-up";r=0;t=24` })
      const other = yield* reasonOf(
        (yield* opened({ ...configured, account: at("https://c.example") }, foreign)).bearer,
      )
      assert.strictEqual(other._tag, "Throttled")
      assert.notInclude(JSON.stringify(other), "made-up")
    }).pipe(Effect.scoped),
  )

  it.live("ends each call with a typed error, though every function of it throws", () =>
    Effect.gen(function* () {
      const throwing = {
        ...acme,
        id: "Not a word\n",
        get rotation(): never {
          return fails()
        },
        capabilities: new Set(["act_as", "inspect", "revoke", "passcode"] as const),
        dialect: {
          ...dialect,
          grants: { Password: fails, ClientCredentials: fails, RefreshToken: fails, Passcode: fails, ActAs: fails },
          acting: { isOwn: fails, named: fails },
          inspection: fails,
          revocation: fails,
        },
      } as unknown as Provider<never>
      const configured = { account: { ...account, provider: throwing }, credentials } as Configured<never>
      const pbx = yield* opened(configured, fails)
      assert.strictEqual((yield* reasonOf(pbx.signIn(credentials)))._tag, "Unreadable")
      assert.strictEqual((yield* reasonOf(pbx.bearer))._tag, "Unreadable")
      assert.strictEqual((yield* reasonOf(pbx.startActing("somebody")))._tag, "Unreadable")
      assert.strictEqual((yield* reasonOf(Effect.scoped(pbx.actAs("somebody"))))._tag, "Unreadable")
      assert.strictEqual((yield* reasonOf(pbx.inspect))._tag, "Unreadable")
      yield* pbx.signOut
      assert.strictEqual((yield* pbx.view).path, "unauthenticated.idle")

      // A refresh token is adopted, and its renewal fails where the session reads the provider's value.
      const adopted = yield* opened(
        { account: configured.account, credentials: undefined, refreshToken: Redacted.make("made-up") },
        fails,
      )
      const reason = yield* reasonOf(adopted.bearer)
      assert.strictEqual(reason._tag, "Unreadable")
      assert.notInclude(JSON.stringify(reason), "secret")
      yield* adopted.signOut
    }).pipe(Effect.scoped),
  )
})

/** A value whose every part throws once it is armed, at whatever depth it is read. */
const mined = <A extends object>(value: A, mine: { isArmed: boolean }): A =>
  new Proxy(value, {
    get: (target, name) => {
      if (mine.isArmed) return fails()
      const part: unknown = Reflect.get(target, name, target)
      if (typeof part === "function") return part.bind(target)
      return typeof part === "object" && part !== null && !(part instanceof Set) ? mined(part, mine) : part
    },
    has: (target, name) => (mine.isArmed ? fails() : Reflect.has(target, name)),
    ownKeys: (target) => (mine.isArmed ? fails() : Reflect.ownKeys(target)),
  })

describe("a provider whose every part throws when it is read", () => {
  const network: typeof fetch = async () =>
    reply(200, { access_token: "token", refresh_token: "next", expires_in: 1 })()
  const everything = {
    ...acme,
    capabilities: new Set(["act_as", "inspect", "revoke", "passcode"] as const),
    dialect: { ...dialect, acting: { isOwn: () => false, named: () => undefined } },
  } as unknown as Provider<never>

  for (const credential of [{ credentials }, { credentials: undefined, refreshToken: Redacted.make("made-up") }]) {
    it.live(`ends each call in a session with ${Object.keys(credential).at(-1)}, before and after it has a token`, () =>
      Effect.gen(function* () {
        for (const isLate of [false, true]) {
          const mine = { isArmed: false }
          const provider = mined(everything, mine)
          const pbx = yield* opened(
            { account: { ...account, provider: provider as Provider<never> }, ...credential } as Configured<never>,
            network,
          )
          if (isLate) yield* Effect.ignore(pbx.bearer)
          mine.isArmed = true
          const calls: ReadonlyArray<Effect.Effect<unknown, AuthError.AuthError>> = [
            pbx.bearer,
            pbx.signIn(credentials),
            pbx.bearer,
            Effect.andThen(pbx.reject(1), pbx.bearer),
            pbx.startActing("somebody"),
            Effect.scoped(pbx.actAs("somebody")),
            pbx.inspect,
          ]
          for (const call of calls) {
            const exit = yield* Effect.exit(call)
            if (Exit.isSuccess(exit)) continue
            assert.isTrue(Cause.hasFails(exit.cause), Cause.pretty(exit.cause))
            assert.isFalse(Cause.hasDies(exit.cause), Cause.pretty(exit.cause))
            assert.notInclude(Cause.pretty(exit.cause), "secret")
          }
          yield* pbx.signOut
        }
      }).pipe(Effect.scoped),
    )
  }
})

const at = (origin: string): Account<never> =>
  ({ ...account, address: { origin, prefix: "" } }) as unknown as Account<never>

describe("two tenants that differ in nothing else", () => {
  const of = (tenant: string) => ({
    account: { ...account, address: { origin: "https://tenants.example", prefix: "" }, identity: { tenant } },
    credentials,
  })

  it.live("have a token, a record and a pause each", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      let isLimited = false
      const network: typeof fetch = async (_, init) => {
        const tenant = new URLSearchParams(String(init?.body)).get("tenant") ?? "none"
        asked.push(tenant)
        return isLimited
          ? reply(429, { error: "slow" }, { "retry-after": "60" })()
          : reply(200, { access_token: `token-of-${tenant}`, expires_in: 3_600 })()
      }
      const noted = noting(yield* TokenStore.makeMemory)
      const sessions = Context.get(yield* processOf(network, noted.store), Sessions)
      const [one, other] = [yield* sessions.session(of("one")), yield* sessions.session(of("other"))]
      assert.strictEqual(clear((yield* one.bearer).token), "token-of-one")
      assert.strictEqual(clear((yield* other.bearer).token), "token-of-other")
      assert.strictEqual(yield* sessions.session(of("one")), one)
      assert.strictEqual(noted.keys.size, 2)
      yield* Effect.all([one.signOut, other.signOut])

      isLimited = true
      assert.strictEqual((yield* reasonOf(one.signIn(credentials)))._tag, "Throttled")
      isLimited = false
      asked.length = 0
      yield* other.signIn(credentials)
      assert.strictEqual((yield* reasonOf(one.bearer))._tag, "Throttled")
      assert.deepStrictEqual(asked, ["other"])
    }).pipe(Effect.scoped),
  )

  it.effect("do not change the name of a record that is stored already", () =>
    Effect.gen(function* () {
      const store = {
        ...(yield* TokenStore.makeMemory),
        fingerprint: (name: Redacted.Redacted<string>) => Effect.succeed(clear(name)),
      }
      const plain = yield* SessionKey.make(store, account, credentials)
      assert.strictEqual(
        plain,
        'acme-voice-["acme-voice","https://acme.example","acme-app",null,"maria","made-up",null,[]]',
      )
      assert.strictEqual(yield* SessionKey.make(store, { ...account, identity: {} }, credentials), plain)
      const named = (identity: Record<string, string>) => SessionKey.make(store, { ...account, identity }, credentials)
      assert.strictEqual(yield* named({ a: "1", b: "2" }), yield* named({ b: "2", a: "1" }))
      assert.notStrictEqual(yield* named({ a: "1" }), plain)
    }),
  )
})
