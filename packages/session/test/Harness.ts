/**
 * The emulated vendors, a clock that the test controls, and sessions with them.
 *
 * Each `process` has a runtime of its own: two of them on one store are as two processes are.
 */
import * as Emulator from "@pbx-auth/emulator/Emulator"
import type { JournalEntry } from "@pbx-auth/emulator/Journal"
import * as Server from "@pbx-auth/emulator/Server"
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import type { AnyWitness } from "@pbx-auth/emulator/Witness"
import { decodeWorld } from "@pbx-auth/emulator/World"
import type { SessionView } from "@pbx-auth/machine/SessionView"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import * as HttpClientTransport from "@pbx-auth/providers/HttpClientTransport"
import * as Ipex from "@pbx-auth/providers/Ipex"
import * as Landstar from "@pbx-auth/providers/Landstar"
import * as NetSapiens from "@pbx-auth/providers/NetSapiens"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import * as SangomaCx from "@pbx-auth/providers/SangomaCx"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import type { Tokens } from "@pbx-auth/providers/Token"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { Driver } from "../src/engine/Driver.ts"
import { Alarm } from "../src/time/Alarm.ts"

export const client = { id: "your-client-id", secret: "your-client-secret" }
export const sangomaClient = { id: "sangoma-client-id", secret: "sangoma-client-secret" }
export const scopes = ["cx.agent-calls", "cx.queue-calls"]

const person = (username: string, password: string) => ({ username, password: Redacted.make(password) })

/** The accounts that can sign in to the default world. */
export const people = {
  officeManager: person("111@abc-company", "1234"),
  withFactor: person("222@abc-company", "5678"),
  reseller: person("1000@acmecorp", "mypassword"),
  basicUser: person("1001@acmecorp", "basic-password"),
  ipex: person("api-user@example.test", "ipex-password"),
  ipexWithoutRight: person("someone@example.test", "other-password"),
}
export const passcode = Redacted.make("246802")
export const wrongPasscode = Redacted.make("000000")
export const subjectOf = { netsapiens: "1001@acmecorp.12345.service", ipex: "someone@example.test" }

/** Configurations of every provider at one address. */
export const accountsAt = (address: string) => ({
  skyswitch: (more: Partial<SkySwitch.Options> = {}) =>
    Result.getOrThrow(SkySwitch.configure({ address, client, ...more })),
  landstar: (more: Partial<Landstar.Options> = {}) =>
    Result.getOrThrow(Landstar.configure({ address, client, ...more })),
  netsapiens: (more: Partial<NetSapiens.Options> = {}) =>
    Result.getOrThrow(NetSapiens.configure({ address, client, ...more })),
  ipex: (more: Partial<Ipex.Options> = {}) => Result.getOrThrow(Ipex.configure({ address, ...more })),
  sangoma: (more: Partial<SangomaCx.Options> = {}) =>
    Result.getOrThrow(SangomaCx.configure({ address, client: sangomaClient, scopes, ...more })),
})

export interface Options {
  /** Parts of the emulated world. */
  readonly world?: unknown
  /** Vendors beside those that are always there. */
  readonly witnesses?: ReadonlyArray<AnyWitness>
  /** Over a socket, or within the process. Default: within. */
  readonly wire?: "http" | "process"
  /** Stands between a session and the wire. */
  readonly between?: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch
  /** What speaks to the wire. Default: the HTTP client of an Effect app. */
  readonly transport?: "HttpClient" | "fetch"
  /** In place of the emulator. */
  readonly endpoint?: TokenEndpoint["Service"]
  readonly store?: TokenStore.TokenStore["Service"]
}

/** Sets everything up, for as long as the test's scope is open. */
export const harness = Effect.fnUntraced(function* (options: Options = {}) {
  const clock = yield* SteerableClock.make()
  const timed = Effect.provideService(Clock.Clock, clock)
  const { witnesses = [] } = options
  const world = yield* decodeWorld(options.world ?? {}, undefined, witnesses)
  const emulator = yield* timed(Emulator.make({ world, witnesses }))
  const origin = options.wire === "http" ? (yield* Server.serve({ port: 0, emulator })).origin : "http://127.0.0.1:1"
  const plain = options.wire === "http" ? globalThis.fetch : emulator.fetch
  const fetch = options.between === undefined ? plain : options.between(plain)
  const http = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch))
  const transport =
    options.transport === "fetch" ? FetchTransport.layer(fetch) : Layer.provide(HttpClientTransport.layer, http)
  const store = options.store ?? (yield* TokenStore.makeMemory)
  const endpoint =
    options.endpoint === undefined
      ? Layer.provide(TokenEndpoint.layer, transport)
      : Layer.succeed(TokenEndpoint, options.endpoint)
  /** Fibers that no caller owns, while they run. */
  const fibers = new Set<Fiber.Fiber<unknown>>()
  /** A process with this store, or with one of its own that nobody gave it. */
  const processWith = (store?: TokenStore.TokenStore["Service"]) =>
    timed(
      Effect.map(
        Layer.build(
          Layer.fresh(SessionRuntime.layer).pipe(Layer.provide(endpoint), (runtime) =>
            store === undefined ? runtime : Layer.provide(runtime, Layer.succeed(TokenStore.TokenStore, store)),
          ),
        ),
        (context) => {
          const runtime = Context.get(context, SessionRuntime)
          const fork = <A>(effect: Effect.Effect<A>): Fiber.Fiber<A> => {
            const fiber = runtime.fork(effect)
            fibers.add(fiber)
            fiber.addObserver(() => void fibers.delete(fiber))
            return fiber
          }
          return SessionRuntime.of({ ...runtime, fork, alarm: new Alarm({ clock: runtime.clock, fork }) })
        },
      ),
    )
  const process = processWith(store)
  const shared = yield* process

  /** A session, as an app has it. */
  const open = <C extends Capability>(configured: Configured<C>, runtime = shared) =>
    timed(Effect.provideService(Session.make(configured), SessionRuntime, runtime))

  /** A session's engine. */
  const drive = (configured: Configured, runtime = shared): Effect.Effect<Driver, AuthError, Scope.Scope> =>
    Effect.acquireRelease(Driver.make(runtime, configured), (driver) => driver.close)

  const journal = emulator.journal
  const grants = Effect.map(journal, (entries) => entries.flatMap(({ grant }) => grant ?? []))

  return {
    accounts: accountsAt(origin),
    clock,
    drive,
    emulator,
    fibers,
    http,
    journal,
    open,
    origin,
    process,
    /** A process with a store of its own. */
    processWith,
    runtime: shared,
    store,
    timed,
    /** What was asked for tokens, in order. */
    grants,
    /** Waits until so many tokens were asked for. */
    asked: (times: number) =>
      eventually(
        `${times} requests`,
        Effect.map(grants, (all) => all.length === times),
      ),
    outcomes: Effect.map(journal, (entries) => entries.map(({ outcome }) => outcome)),
    /** How often something was asked. */
    count: (is: (entry: JournalEntry) => boolean) => Effect.map(journal, (entries) => entries.filter(is).length),
  }
})

/** Whatever has a view and tells of its changes. */
export type Watched = Driver | Session.BearerSource

const driverOf = (watched: Watched) => (watched instanceof Driver ? watched : undefined)

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Waits for a state of affairs, turn by turn of the event loop, and gives up after many. */
export const eventually = <A>(what: string, look: Effect.Effect<A | undefined | false>): Effect.Effect<A> =>
  Effect.gen(function* () {
    for (let turns = 0; turns < 5_000; turns++) {
      const found = yield* look
      if (found !== undefined && found !== false) return found as A
      yield* turn
      if (turns > 200) yield* Effect.promise(() => new Promise<void>((resolve) => setTimeout(resolve, 1)))
    }
    return yield* Effect.die(new Error(`It never came to: ${what}`))
  })

/** Waits until a session has come to a state. */
export const reaches = (
  watched: Watched,
  path: string | ((view: SessionView) => boolean),
): Effect.Effect<SessionView> => {
  const is = typeof path === "string" ? (view: SessionView) => view.path === path : path
  const driver = driverOf(watched)
  const view = driver === undefined ? (watched as Session.BearerSource).view : Effect.sync(() => driver.view)
  return eventually(
    String(path),
    Effect.map(view, (seen) => (is(seen) ? seen : undefined)),
  )
}

/** Lets everything that is ready run, several turns of the event loop. */
export const settle = Effect.forEach(Array.from({ length: 20 }), () => turn, { discard: true })

/** Tokens as a provider would give them. */
export const tokens = (name: string, more: Partial<Tokens> = {}): Tokens => ({
  accessToken: Redacted.make(`access-${name}`),
  refreshToken: Redacted.make(`refresh-${name}`),
  tokenType: "Bearer",
  lifetime: 3_600_000,
  refreshLifetime: undefined,
  scope: null,
  identity: {},
  details: {},
  ...more,
})

/** The reason of a failure. */
export const reasonOf = <A>(effect: Effect.Effect<A, AuthError>) =>
  Effect.map(Effect.flip(effect), (error) => error.reason._tag)

export const clear = Redacted.value as (redacted: Redacted.Redacted<string>) => string

/** An alarm that never rings: a session learns the time only when a caller asks. */
export const withoutAlarm = (runtime: SessionRuntime["Service"]): SessionRuntime["Service"] =>
  SessionRuntime.of({
    ...runtime,
    alarm: new Alarm({ clock: runtime.clock, fork: () => runtime.fork(Effect.void) }),
  })

/** A store that keeps a note of everything that was ever written into it. */
export const noting = (store: TokenStore.TokenStore["Service"]) => {
  const written: Array<TokenStore.TokenRecord | undefined> = []
  const keys = new Set<string>()
  return {
    keys,
    written,
    store: TokenStore.TokenStore.of({
      ...store,
      replace: (key, expected, next) =>
        Effect.tap(store.replace(key, expected, next), () =>
          Effect.sync(() => {
            keys.add(key)
            written.push(next)
          }),
        ),
    }),
  }
}
