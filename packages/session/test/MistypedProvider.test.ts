/** A provider whose value has one field of a wrong type: each caller gets a token or a typed error, and nothing hangs. */
import { assert, describe, it } from "@effect/vitest"
import type { LimitPolicy, VendorCode } from "@pbx-auth/providers/AuthError"
import * as AuthError from "@pbx-auth/providers/AuthError"
import { beforeExpiry, defineProvider } from "@pbx-auth/providers/Definition"
import { faultOf } from "@pbx-auth/providers/DescriptionCheck"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import { ownGrammar } from "@pbx-auth/providers/OwnGrammar"
import type { Account, Configured, Provider } from "@pbx-auth/providers/Provider"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Bearer } from "../src/Bearer.ts"
import type { Runtime } from "../src/engine/Runtime.ts"
import { open } from "../src/promise/Opening.ts"
import { accountOf, acmeVoice } from "./MadeUpVendor.ts"

type Capability = "act_as" | "inspect" | "revoke"

const form = (fields: ReadonlyArray<readonly [string, string | Redacted.Redacted<string>]>) =>
  ({ method: "POST", path: "/token", encoding: "form", fields }) as const

const code = "gone" as VendorCode
const limit = { policy: "client_minute" as LimitPolicy, per: "client", quota: 1_000, window: 60_000 } as const

/** A value that says something in every field. */
const value: Provider<Capability> = {
  ...acmeVoice,
  clientId: "acme-app",
  scopes: ["calls"],
  dialect: {
    id: "acme",
    challenges: false,
    refreshMethods: ["POST"],
    verdicts: [code],
    codes: [code],
    sentences: ["Go away"],
    reply: { accessToken: "access_token", bearerTypes: ["acme"], lifetime: [{ field: "expires_in", unit: "s" }] },
    refusals: [{ status: 418, reason: "NotAllowed" }],
    rateLimits: [limit],
    grants: {
      Password: ({ password }) => form([["password", password]]),
      RefreshToken: ({ refreshToken }) => form([["refresh_token", refreshToken]]),
      ActAs: ({ bearer }) => form([["actor_token", bearer]]),
    },
    inspection: (bearer) => form([["token", bearer]]),
    revocation: (bearer) => form([["token", bearer]]),
  },
  renewal: beforeExpiry,
  capabilities: new Set(["act_as", "inspect", "revoke"] as const),
  formerAccounts: [(account: Account) => account],
  ownGrammar,
  options: { site: { title: "Site", doc: "A site.", identifies: true } },
  rateLimits: [limit],
  clientIdsBy: "vendor",
  liveTokens: { cap: 8, keep: (runtime) => runtime },
  bearer: { in: "header", name: "x-token" },
}

/** What a caller in JavaScript may have written instead. */
const wrong: Record<string, unknown> = {
  undefined,
  null: null,
  "a number": 7,
  NaN: Number.NaN,
  "a text": "made-up",
  "an empty object": {},
  "an empty list": [],
  "a function of an object": () => ({}),
}

const isPlain = (u: unknown): u is Record<string, unknown> =>
  typeof u === "object" && u !== null && (Array.isArray(u) || Object.getPrototypeOf(u) === Object.prototype)

/** The way to each part, at whatever depth. */
const paths = (u: unknown): ReadonlyArray<ReadonlyArray<string>> =>
  isPlain(u) ? Object.entries(u).flatMap(([name, part]) => [[name], ...paths(part).map((rest) => [name, ...rest])]) : []

const replaced = (u: unknown, [name = "", ...rest]: ReadonlyArray<string>, by: unknown): unknown => {
  const copy = Array.isArray(u) ? [...u] : { ...(u as object) }
  const part: unknown = Reflect.get(copy, name)
  Reflect.set(copy, name, rest.length === 0 ? by : replaced(part, rest, by))
  return copy
}

const network = (): typeof fetch => {
  let tokens = 0
  return async () => {
    tokens += 1
    return Response.json({ access_token: `token-${tokens}`, refresh_token: `next-${tokens}`, expires_in: 3_600 })
  }
}

/** A session, whichever face it has. */
interface Asked {
  readonly bearer: () => Promise<Bearer>
  readonly reject: (generation: number) => unknown
  readonly signIn: () => Promise<unknown>
  readonly signOut: () => Promise<unknown>
}

/** How a session is opened, used and closed again. */
type Opened = (configured: Configured<Capability>, use: (asked: Asked) => Promise<void>) => Promise<void>

const effects = (pbx: Session.Session): Asked => ({
  bearer: () => Effect.runPromise(pbx.bearer),
  reject: (generation) => Effect.runPromise(pbx.reject(generation)),
  signIn: () => Effect.runPromise(pbx.signIn()),
  signOut: () => Effect.runPromise(pbx.signOut),
})

const runtime = () =>
  Layer.fresh(SessionRuntime.layer).pipe(
    Layer.provide(TokenEndpoint.layer),
    Layer.provide(FetchTransport.layer(network())),
  )

const using = (use: (asked: Asked) => Promise<void>) => (pbx: Session.Session) =>
  Effect.tryPromise({ try: () => use(effects(pbx)), catch: (error) => error })

const faces: Record<string, Opened> = {
  "Session.make": (configured, use) =>
    Effect.runPromise(
      Effect.flatMap(Session.make(configured), using(use)).pipe(Effect.provide(runtime()), Effect.scoped),
    ),
  "Sessions.session": (configured, use) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const sessions = Context.get(yield* Layer.build(Layer.provide(Sessions.layerRuntime(), runtime())), Sessions)
        yield* Effect.flatMap(sessions.session(configured), using(use))
      }).pipe(Effect.scoped),
    ),
  "open with promises": async (configured, use) => {
    const pbx = await open(Result.succeed(configured), { fetch: network() })
    try {
      await use(pbx)
    } finally {
      await pbx.close()
    }
  },
  "openSessions().session": async (configured, use) => {
    const sessions = await openSessions({}, { fetch: network() })
    try {
      await use(await sessions.session(configured))
    } finally {
      await sessions.close()
    }
  },
}

const credentials = { username: "maria", password: Redacted.make("made-up") }

/** A token with times that say something. */
const isBearer = ({ expiresAt, token }: Bearer, what: string): void => {
  assert.isFalse(Number.isNaN(expiresAt), what)
  assert.isString(Redacted.value(token), what)
}

/** What a caller got: a token, or a typed error. Counts the errors. */
const typed = async (call: () => Promise<unknown>, what: string): Promise<unknown> => {
  try {
    return await call()
  } catch (error) {
    assert.isTrue(AuthError.isAuthError(error), `${what}: ${String(error)}`)
    return undefined
  }
}

/** Two callers wait for one sign-in, then two for one renewal. Returns how many got a token. */
const walk = async (pbx: Asked, what: string): Promise<number> => {
  let tokens = 0
  for (const generation of [1, 2]) {
    for (const one of await Promise.all([typed(pbx.bearer, what), typed(pbx.bearer, what)])) {
      if (one === undefined) continue
      isBearer(one as Bearer, what)
      tokens += 1
    }
    await pbx.reject(generation)
  }
  await typed(pbx.signIn, what)
  await typed(pbx.signOut, what)
  return tokens
}

/** Each run tries the face of promises with these values, and `npm run test:matrix` the other cases. */
const few = ["undefined", "a text", "an empty object"]

let cases = 0

/** Each at an address of its own: a wrong answer slows further sign-ins of the same account. */
const configuredOf = (provider: typeof value): Configured<Capability> => ({
  account: { ...accountOf(provider, `https://acme-${++cases}.example`), options: { site: "main" } },
  credentials,
})

describe("a provider whose value has a field of a wrong type", () => {
  for (const [face, opened] of Object.entries(faces)) {
    it(`brings tokens if none is (${face})`, async () => {
      await opened(configuredOf(value), async (pbx) => assert.strictEqual(await walk(pbx, face), 4))
    })

    for (const [named, by] of Object.entries(wrong)) {
      const options = face === "open with promises" && few.includes(named) ? {} : { tags: ["matrix"] }
      it(`ends as a token or a typed error, whichever field it is (${face}, ${named})`, options, async () => {
        for (const path of paths(value)) {
          const what = path.join(".")
          const configured = configuredOf(replaced(value, path, by) as typeof value)
          await typed(() => opened(configured, async (pbx) => void (await walk(pbx, what))), what)
        }
      })
    }
  }
})

describe("a number that no account could be configured with", () => {
  const numeric = { ...value, defaultLifetime: 3_600_000, rotation: { grace: 5_000 } }
  const numbers: Record<string, ReadonlyArray<unknown>> = {
    defaultLifetime: [0, -1, Number.NaN, "1h", Number.NEGATIVE_INFINITY],
    "renewal.window.jitter": [-1, Number.NaN, "5m"],
    "renewal.margin.fraction": [2, Number.NaN, "5m", Number.POSITIVE_INFINITY],
    "renewal.margin.atMost": [-1, Number.NaN, "5m"],
    "rotation.grace": [-1, Number.NaN, "5m", Number.POSITIVE_INFINITY],
    "liveTokens.cap": [0, -1, Number.NaN, "8", Number.POSITIVE_INFINITY],
    "rateLimits.0.quota": [-1, 1.5, Number.NaN, "90", Number.POSITIVE_INFINITY],
    "rateLimits.0.window": [0, -1, Number.NaN, "1m", Number.POSITIVE_INFINITY],
    "dialect.refusals.0.status": [Number.NaN, "418", Number.POSITIVE_INFINITY],
  }
  for (const [face, opened] of Object.entries(faces)) {
    it(`fails as it does by configure, and names its place, though the account was made by hand (${face})`, async () => {
      assert.isUndefined(faultOf(numeric))
      for (const [place, wrongs] of Object.entries(numbers)) {
        for (const by of wrongs) {
          const what = `${place}: ${by}`
          const provider = replaced(numeric, place.split("."), by) as typeof value
          await opened(configuredOf(provider), async (pbx) => {
            const error = await pbx.bearer().catch((thrown: unknown) => thrown)
            assert.isTrue(AuthError.isAuthError(error), what)
            const { reason } = error as AuthError.AuthError
            const fix = reason._tag === "Misconfigured" && reason.field === "provider" && reason.fix
            assert.strictEqual(fix, faultOf(provider), what)
            assert.include(fix, place.replace(/\.(\d)/, "[$1]"), what)
          })
        }
      }
    })
  }
})

const fails = (): never => {
  throw new RangeError("a secret may stand here")
}

describe("a step of a session that throws", () => {
  type Part = Parameters<NonNullable<NonNullable<typeof value.liveTokens>["keep"]>>[0] & Runtime
  const broken: Record<string, (runtime: Part) => Partial<Part>> = {
    "while the outcome lands": ({ records }) => ({ records: { ...records, kept: fails } }),
    "after the outcome has landed": () => ({ alarm: { set: fails, clear: () => {} } as never }),
    "before the request": ({ telemetry }) => ({ telemetry: { ...telemetry, presentation: fails } }),
  }
  for (const [face, opened] of Object.entries(faces)) {
    for (const [when, parts] of Object.entries(broken)) {
      it(`leaves no caller waiting, and is logged, ${when} (${face})`, async () => {
        const logged = new Set<string>()
        const warn = (message: string) => Effect.sync(() => void logged.add(message))
        const keep = (runtime: Part) => {
          const heard = { ...runtime, telemetry: { ...runtime.telemetry, warn } }
          return { ...heard, ...parts(heard) }
        }
        const provider = { ...value, liveTokens: { cap: 8, keep: keep as never } }
        await opened(configuredOf(provider), async (pbx) => void (await walk(pbx, when)))
        // What was thrown may hold anything.
        assert.deepStrictEqual([...logged], ["pbx-auth: a step of a session threw"])
      })
    }
  }
})

describe("a renewal that cannot be reckoned with", () => {
  const { page, name, id, clientAuthentication, clientSecret, dialect, signsInWith, renewsWith } = value
  const common = { page, name, id, clientAuthentication, clientSecret, dialect, signsInWith, renewsWith }
  const described = {
    ...common,
    defaultLifetime: 3_600_000,
    ownGrammar,
    addresses: { standard: "https://acme.example" },
  }
  const window = { fraction: 0.2, atMost: 300_000, jitter: 0.25 }
  const margin = { fraction: 0.1, atMost: 30_000 }
  const before = { policy: "before_expiry", margin, window } as const
  for (const renewal of [
    ...[null, "never", {}, { policy: "early" }, { policy: "before_expiry" }],
    ...[
      { window: {}, margin: {} },
      { window: { ...window, fraction: 2 } },
      { window: { ...window, atMost: "5m" } },
      { window: { ...window, jitter: Number.NaN } },
      { margin: undefined },
      { margin: { ...margin, atMost: -1 } },
    ].map((part) => ({ ...before, ...part })),
  ]) {
    it(`is refused by configure: ${JSON.stringify(renewal)}`, () => {
      const acme = defineProvider({ ...described, renewal: renewal as never })
      const made = acme.configure({ client: { id: "app" } })
      assert.isTrue(Result.isFailure(made))
      const reason = Result.isFailure(made) ? made.failure.reason : undefined
      assert.strictEqual(reason?._tag === "Misconfigured" && reason.field, "provider")
      assert.include(reason?._tag === "Misconfigured" && reason.fix, "renewal")
    })
  }

  it("is accepted in each of the three forms", () => {
    for (const renewal of [before, { policy: "after_expiry" }, { policy: "never" }] as const) {
      const acme = defineProvider({ ...described, renewal })
      assert.isTrue(Result.isSuccess(acme.configure({ client: { id: "app" } })))
    }
  })
})
