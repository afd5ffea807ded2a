/**
 * The scene of a row: the emulated vendors, the network to them, and the machine on which the library under test runs.
 */
import * as Emulator from "@pbx-auth/emulator/Emulator"
import type { Rule } from "@pbx-auth/emulator/Fault"
import type { GrantName, JournalEntry } from "@pbx-auth/emulator/Journal"
import * as Server from "@pbx-auth/emulator/Server"
import { decodeWorld } from "@pbx-auth/emulator/World"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Grant } from "@pbx-auth/providers/Grant"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import type * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { HttpClient } from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { Alarm } from "../../packages/session/src/time/Alarm.ts"
import type { Fetch, Lab } from "./Lab.ts"
import { unattended, type Vendor } from "./Vendor.ts"
import * as VirtualTime from "./VirtualTime.ts"

export interface Options {
  /** Parts of the emulated world. */
  readonly world?: unknown
  /** Requests go over a socket of this machine, or from function to function. */
  readonly wire: "socket" | "process"
  /** The true time at the start, epoch ms. */
  readonly start?: number
  /** The longest sleep of the machine's one timer, ms; without it the library's own. */
  readonly nap?: number
  /** Tracer and loggers of the machine; without them it keeps no record. */
  readonly observe?: Layer.Layer<never>
  /** Sees every reply of the emulator before the library does. */
  readonly onReply?: (text: string) => void
}

export type Opened = Session.Of<Capability>

export interface Stage {
  readonly lab: Lab
  readonly emulator: Emulator.Emulator
  readonly origin: string
  /** The app's HTTP client, by the same network. */
  readonly http: Layer.Layer<HttpClient>
  /** Restarts the process, with the same store: sessions that are opened from now on know nothing of those before. */
  readonly reboot: Effect.Effect<void, never, Scope.Scope>
  readonly runtime: () => SessionRuntime["Service"]
  readonly store: TokenStore.TokenStore["Service"]
  /** What is stored now. */
  readonly records: () => ReadonlyArray<TokenStore.TokenRecord>
  /** A session with its vendor, until the row ends. */
  readonly open: (configured: Configured<Capability>) => Effect.Effect<Opened, never, Scope.Scope>
  /** One that may sign in by itself, signed in. */
  readonly signedIn: (vendor: Vendor, more?: object) => Effect.Effect<Opened, never, Scope.Scope>
  /** One that cannot, signed in by a person. */
  readonly signedInBy: (vendor: Vendor, more?: object) => Effect.Effect<Opened, never, Scope.Scope>
  readonly arm: (rules: Rule | ReadonlyArray<Rule>) => Effect.Effect<void>
  /** Disarms every fault. */
  readonly heal: Effect.Effect<void>
  /** The requests since the last `clear`, of one grant or of any. */
  readonly asked: (grant?: GrantName) => Effect.Effect<ReadonlyArray<JournalEntry>>
  readonly clear: Effect.Effect<void>
  /** No packet leaves the machine. `error` is what `fetch` then says; without it what Node's says without a network. */
  readonly cut: (error?: () => unknown) => void
  readonly mend: () => void
  /** Whether the vendor accepts this bearer. The request bypasses the library, and the network's faults. */
  readonly isGood: (vendor: Vendor, token: Redacted.Redacted<string>) => Effect.Effect<boolean>
  /** How many fibers of the library run. */
  readonly fibers: () => number
  /** Whether a refresh token was ever presented twice at the same time. */
  readonly wasDoubled: () => boolean
  /** Lets time pass although so many requests hang. */
  readonly expectHanging: (requests: number) => void
}

/** A stage whose time the row controls. */
export interface TimedStage extends Stage {
  readonly time: VirtualTime.VirtualTime
}

/** Some day in 2026. */
export const someDay = 1_783_000_000_000

/** A session warns about what a row does to it on purpose. */
const quiet: Layer.Layer<never> = Logger.layer([])

/** What Node's fetch says when there is no network. */
const unreachable = () => new TypeError("fetch failed", { cause: { code: "ENETUNREACH" } })

/** How many turns a request from function to function may take; one over a socket is waited for. */
const PATIENCE = { process: 400, socket: 2_000_000 } as const

interface Traffic {
  /** Requests that have no answer yet. */
  wire: number
  /** Calls of the token endpoint that have not ended. */
  presentations: number
  /** Work that ends by itself, however many turns it takes. */
  work: number
  /** How many requests are known to hang, so that the row does not wait for them. */
  hanging: number
}

const still = (): Traffic => ({ wire: 0, presentations: 0, work: 0, hanging: 0 })

const counting =
  (traffic: Traffic, what: "presentations" | "work") =>
  <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      traffic[what]++
      return Effect.ensuring(
        effect,
        Effect.sync(() => traffic[what]--),
      )
    })

const build = Effect.fnUntraced(function* (
  lab: Lab,
  options: Options,
  clocks: { readonly clock: Clock.Clock; readonly machine: Clock.Clock },
  traffic: Traffic,
) {
  const onTrueTime = Effect.provideService(Clock.Clock, clocks.clock)
  const emulator = yield* onTrueTime(Emulator.make({ world: yield* Effect.orDie(decodeWorld(options.world ?? {})) }))
  const origin =
    options.wire === "socket" ? (yield* Effect.orDie(Server.serve({ port: 0, emulator }))).origin : "http://127.0.0.1:1"
  const direct: Fetch = options.wire === "socket" ? globalThis.fetch : emulator.fetch
  let cutBy: (() => unknown) | undefined

  const fetch: Fetch = async (input, init) => {
    if (cutBy !== undefined) throw cutBy()
    traffic.wire++
    try {
      const response = await direct(input, init)
      if (options.onReply !== undefined) options.onReply(await response.clone().text())
      return response
    } finally {
      traffic.wire--
    }
  }

  const memory = yield* TokenStore.makeMemory
  const kept = new Map<string, TokenStore.TokenRecord>()
  const store = TokenStore.TokenStore.of({
    read: memory.read,
    replace: (key, expected, next) =>
      Effect.tap(memory.replace(key, expected, next), () =>
        Effect.sync(() =>
          next?.tokens === undefined && next?.intent === undefined ? kept.delete(key) : kept.set(key, next),
        ),
      ),
    fingerprint: (secret) => counting(traffic, "work")(memory.fingerprint(secret)),
  })

  let isDoubled = false
  const inUse = new Set<string>()
  const alone =
    (grant: Grant) =>
    <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
      if (grant._tag !== "RefreshToken") return effect
      const token = Redacted.value(grant.refreshToken)
      return Effect.suspend(() => {
        isDoubled ||= inUse.has(token)
        inUse.add(token)
        return Effect.ensuring(
          effect,
          Effect.sync(() => inUse.delete(token)),
        )
      })
    }

  let fibers = 0
  const counted = Layer.effect(
    TokenEndpoint,
    Effect.map(TokenEndpoint, (endpoint) => {
      const presenting = counting(traffic, "presentations")
      return TokenEndpoint.of({
        present: (account, grant) => presenting(alone(grant)(endpoint.present(account, grant))),
        inspect: (account, bearer) => presenting(endpoint.inspect(account, bearer)),
        revoke: (account, bearer) => presenting(endpoint.revoke(account, bearer)),
      })
    }),
  ).pipe(Layer.provide(lab.endpoint))

  const boot = Effect.gen(function* () {
    const context = yield* Layer.build(
      Layer.fresh(lab.runtime).pipe(
        Layer.provide(Layer.fresh(counted)),
        Layer.provide(Layer.fresh(lab.http(fetch))),
        Layer.provide(Layer.succeed(TokenStore.TokenStore, store)),
      ),
    )
    const made = Context.get(context, SessionRuntime)
    const { nap } = options
    return nap === undefined ? made : { ...made, alarm: new Alarm({ clock: made.clock, fork: made.fork, nap }) }
  }).pipe(
    Effect.provideService(Clock.Clock, clocks.machine),
    Effect.provideService(Metric.FiberRuntimeMetrics, {
      recordFiberStart: () => fibers++,
      recordFiberEnd: () => fibers--,
    }),
  )
  const observed = boot.pipe(Effect.provide(options.observe ?? quiet))
  let runtime = yield* observed

  const open: Stage["open"] = (configured) =>
    Effect.suspend(() => Effect.orDie(Effect.provideService(lab.open(configured), SessionRuntime, runtime)))

  const stage: Stage = {
    lab,
    emulator,
    origin,
    http: lab.http(fetch),
    runtime: () => runtime,
    reboot: Effect.map(observed, (booted) => {
      runtime = booted
    }),
    store,
    records: () => [...kept.values()],
    open,
    signedIn: (vendor, more) =>
      Effect.tap(open(unattended(vendor, origin, more)), (session) => Effect.orDie(session.accessToken)),
    signedInBy: (vendor, more) =>
      Effect.tap(open(vendor.configure(origin, more)), (session) => Effect.orDie(session.signIn(vendor.person))),
    arm: (rules) => Effect.asVoid(emulator.faults.arm(rules)),
    heal: emulator.faults.clear,
    asked: (grant) =>
      Effect.map(emulator.journal, (entries) =>
        entries.filter((entry) => entry.grant !== undefined && (grant === undefined || entry.grant === grant)),
      ),
    clear: emulator.clearJournal,
    cut: (error = unreachable) => {
      cutBy = error
    },
    mend: () => {
      cutBy = undefined
    },
    isGood: (vendor, token) =>
      Effect.promise(async () => {
        const headers = { authorization: `Bearer ${Redacted.value(token)}` }
        return (await emulator.fetch(`http://127.0.0.1:1${vendor.api}`, { headers })).status === 200
      }),
    fibers: () => fibers,
    wasDoubled: () => isDoubled,
    expectHanging: (requests) => {
      traffic.hanging = requests
    },
  }
  return stage
})

/** Runs a row's part on a stage of its own, with controlled time. */
export const timed = <A>(
  lab: Lab,
  options: Options,
  body: (stage: TimedStage) => Effect.Effect<A, AuthError, Scope.Scope>,
): Effect.Effect<A> =>
  Effect.gen(function* () {
    const traffic = still()
    const time = VirtualTime.make({
      isWorking: () => traffic.work > 0,
      isAsking: () => Math.max(traffic.wire, traffic.presentations) > traffic.hanging,
      patience: PATIENCE[options.wire],
      start: options.start ?? someDay,
    })
    const stage = yield* build(lab, options, time, traffic)
    const sessions = yield* Scope.make()
    const exit = yield* body({ ...stage, time }).pipe(
      Effect.provide(options.observe ?? quiet),
      Effect.provideService(Scope.Scope, sessions),
      Effect.provideService(Clock.Clock, time.machine),
      Effect.exit,
    )
    // A session that closes lets its renewal end, which may take time.
    yield* time.through(Scope.close(sessions, exit))
    return yield* exit
  }).pipe(Effect.scoped, Effect.orDie)

/** Runs a row's part on a stage of its own, in real time. */
export const live = <A>(
  lab: Lab,
  options: Options,
  body: (stage: Stage) => Effect.Effect<A, AuthError, Scope.Scope>,
): Effect.Effect<A> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const stage = yield* build(lab, options, { clock, machine: clock }, still())
    return yield* Effect.provide(body(stage), options.observe ?? quiet)
  }).pipe(Effect.scoped, Effect.orDie)
