/** A process, or a restart of one: the library over a shared place, with nothing in its memory. */

import type { Capability, Configured, Rotation } from "@pbx-auth/providers/Provider"
import type { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { TokenStore } from "@pbx-auth/session/TokenStore"
import { Cells } from "@pbx-auth/store/Cells"
import { KeptRecords } from "@pbx-auth/store/KeptRecords"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { changed, type Fetch, type Lab } from "../Lab.ts"
import type { Opened } from "../Stage.ts"
import { client, rotating, skyswitch, unattended } from "../Vendor.ts"
import * as Place from "./Place.ts"

/** Made up. */
const KEY = Redacted.make("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY")

export interface Options {
  readonly place: Place.Place
  /** The vendor's address. */
  readonly origin: string
  readonly rotation: Rotation
  /** With which a session begins that cannot sign in without a person. Without one it has credentials at hand. */
  readonly refreshToken?: string | undefined
  /** How far its clocks are ahead, in ms. */
  readonly ahead?: number
  /** Of a request, in ms. */
  readonly deadline?: number
  readonly key?: Redacted.Redacted<string>
  readonly clock?: Clock.Clock
  /** Other cells between the place and the store. */
  readonly cells?: (cells: Cells["Service"]) => Cells["Service"]
  readonly store?: (store: TokenStore["Service"]) => TokenStore["Service"]
  readonly fetch?: Fetch
}

export interface Booted {
  readonly open: Effect.Effect<Opened, unknown, Scope.Scope>
  readonly kept: KeptRecords["Service"]
  readonly cells: Cells["Service"]
}

/** The machine's clocks, moved forward. Its sleeps are as long as they are. */
const ahead = (clock: Clock.Clock, millis: number): Clock.Clock => {
  const wall = () => clock.currentTimeMillisUnsafe() + millis
  const nanos = BigInt(Math.round(millis)) * 1_000_000n
  const wallNanos = () => clock.currentTimeNanosUnsafe() + nanos
  const monotonic = () => clock.monotonicTimeNanosUnsafe() + nanos
  return {
    currentTimeMillisUnsafe: wall,
    currentTimeMillis: Effect.sync(wall),
    currentTimeNanosUnsafe: wallNanos,
    currentTimeNanos: Effect.sync(wallNanos),
    monotonicTimeNanosUnsafe: monotonic,
    monotonicTimeNanos: Effect.sync(monotonic),
    sleep: (duration) => clock.sleep(duration),
  }
}

/** Fails if the place cannot be opened. */
export const boot = (lab: Lab, options: Options): Effect.Effect<Booted, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = options.clock ?? ahead(yield* Clock.Clock, options.ahead ?? 0)
    const cells = changed(Cells, Place.cells(options.place), options.cells ?? identity)
    const ring = Layer.orDie(KeyRing.layer(options.key ?? KEY))
    const sealed = Layer.provideMerge(lab.store, Layer.merge(cells, ring))
    const stored = changed(TokenStore, sealed, options.store ?? identity)
    const endpoint: Layer.Layer<TokenEndpoint> = Layer.provide(lab.endpoint, lab.http(options.fetch ?? fetch))
    const context = yield* Layer.build(
      Layer.fresh(Layer.provideMerge(Layer.provide(lab.runtime, endpoint), stored)),
    ).pipe(Effect.provideService(Clock.Clock, clock), Effect.provide(Logger.layer([])))
    const configured = configure(options)
    return {
      open: Effect.suspend(() => lab.open(configured)).pipe(
        Effect.provideService(SessionRuntime, Context.get(context, SessionRuntime)),
        Effect.provideService(Clock.Clock, clock),
        Effect.provide(Logger.layer([])),
      ),
      kept: Context.get(context, KeptRecords),
      cells: Context.get(context, Cells),
    }
  })

const configure = ({ deadline, origin, refreshToken, rotation }: Options): Configured<Capability> => {
  const more = deadline === undefined ? {} : { deadline }
  const configured =
    refreshToken === undefined
      ? unattended(skyswitch, origin, more)
      : skyswitch.configure(origin, { ...more, refreshToken: Redacted.make(refreshToken) })
  return rotating(configured, rotation)
}

/** A refresh token that a person's sign-in got elsewhere. */
export const refreshTokenAt = (origin: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const { password, username } = skyswitch.person ?? {}
    const body = new URLSearchParams({
      grant_type: "password",
      client_id: client.id,
      client_secret: client.secret,
      username: username ?? "",
      password: password === undefined ? "" : Redacted.value(password),
    })
    const response = await fetch(`${origin}/ns-api/oauth2/token/`, { method: "POST", body })
    return ((await response.json()) as { readonly refresh_token: string }).refresh_token
  })
