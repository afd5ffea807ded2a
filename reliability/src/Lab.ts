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
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { HttpClient } from "effect/http/HttpClient"
import * as Layer from "effect/Layer"

export type Fetch = typeof globalThis.fetch

export interface Lab {
  /** `short` in the tests, `full` in the report. */
  readonly scale: "short" | "full"
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
})

/** This many in the tests, that many in the report. */
export const scaled = ({ scale }: Lab, short: number, full: number): number => (scale === "full" ? full : short)
