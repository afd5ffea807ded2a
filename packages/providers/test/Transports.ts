/** The two ways to the wire, so that a test is run over both. */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import { TokenEndpoint } from "../src/endpoint/TokenEndpoint.ts"
import * as FetchTransport from "../src/wire/FetchTransport.ts"
import * as HttpClientTransport from "../src/wire/HttpClientTransport.ts"

type Fetch = typeof globalThis.fetch

/** The token endpoint over Effect's client of this `fetch`, and over only this `fetch`. */
const transports = (fetch?: Fetch): ReadonlyArray<Layer.Layer<TokenEndpoint>> => [
  TokenEndpoint.layer.pipe(
    Layer.provide(HttpClientTransport.layer),
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(fetch === undefined ? Layer.empty : Layer.succeed(FetchHttpClient.Fetch, fetch)),
  ),
  TokenEndpoint.layer.pipe(Layer.provide(FetchTransport.layer(fetch))),
]

/** Does it over one, then over the other. */
export const overBoth =
  (fetch?: Fetch) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.forEach(transports(fetch), (layer) => Effect.provide(effect, layer))
