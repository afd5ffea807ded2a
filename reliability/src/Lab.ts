/**
 * The parts from which the library under test is built. Every part can be replaced, so that a test can put a broken one in and check
 * that the rows find it.
 */
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
import * as HttpClientTransport from "@pbx-auth/providers/HttpClientTransport"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import type { TokenStore } from "@pbx-auth/session/TokenStore"
import type { Cells } from "@pbx-auth/store/Cells"
import type { KeptRecords } from "@pbx-auth/store/KeptRecords"
import type { KeyRing } from "@pbx-auth/store/KeyRing"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { HttpClient } from "effect/http/HttpClient"
import * as Layer from "effect/Layer"

export type Fetch = typeof globalThis.fetch

export type Scale = "smoke" | "short" | "full"

export interface Lab {
  /** `smoke` in `npm test`, `short` in `npm run test:matrix`, `full` in the report. */
  readonly scale: Scale
  /** A part of the sentence that a row is to find. The row ends when it has found it; without it, it goes on to its end. */
  readonly enough?: string
  /** The app's HTTP client, over a given `fetch`. */
  readonly http: (fetch: Fetch) => Layer.Layer<HttpClient>
  readonly endpoint: Layer.Layer<TokenEndpoint, never, HttpClient>
  readonly runtime: Layer.Layer<SessionRuntime, never, TokenEndpoint>
  /** Opens a session. */
  readonly open: typeof Session.make
  /** A registry of sessions. */
  readonly sessions: typeof Sessions.layerRuntime
  readonly machine: typeof sessionMachine
  /** What keeps tokens in cells. */
  readonly store: Layer.Layer<TokenStore | KeptRecords, never, Cells | KeyRing>
  /** The module that exports this lab as `lab`: processes of their own load it. */
  readonly module: URL
}

/** The library as it is. */
export const make = (scale: Lab["scale"]): Lab => ({
  scale,
  http: (fetch) => Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch)),
  endpoint: Layer.provide(TokenEndpoint.layer, HttpClientTransport.layer),
  runtime: SessionRuntime.layer,
  open: Session.make,
  sessions: Sessions.layerRuntime,
  machine: sessionMachine,
  store: SealedTokenStore.layer,
  module: new URL("./shared/Sound.ts", import.meta.url),
})

/** How many of something there are at each scale. */
export const scaled = (
  { scale }: Lab,
  { full, short, smoke = short }: Partial<Record<"smoke", number>> & Record<"short" | "full", number>,
): number => ({ smoke, short, full })[scale]

/** The cases of a matrix: all of them, or so many for a smoke test, evenly spread. */
export const sampled = <A>({ scale }: Lab, cases: ReadonlyArray<A>, smoke: number): ReadonlyArray<A> => {
  const stride = Math.ceil(cases.length / smoke)
  return scale === "smoke" ? cases.filter((_, index) => index % stride === 0) : cases
}

/** A layer with one of its services changed. */
export const changed = <I, S, ROut, E, R>(
  tag: Context.Key<I, S>,
  layer: Layer.Layer<I | ROut, E, R>,
  change: (service: S) => S,
): Layer.Layer<I | ROut, E, R> =>
  Layer.provideMerge(Layer.effect(tag, Effect.map(tag, change)), layer) as Layer.Layer<I | ROut, E, R>
