/**
 * A runtime of sessions over the app's `HttpClient`.
 */

import * as HttpClientTransport from "@pbx-auth/providers/HttpClientTransport"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Layer from "effect/Layer"
import { SessionRuntime } from "./SessionRuntime.ts"

/**
 * A runtime over the given client and store. It is not shared: each call makes another one (see `SessionRuntime.layer`).
 *
 * @category layers
 * @internal
 */
export const layer = () =>
  SessionRuntime.layer.pipe(Layer.provide(TokenEndpoint.layer), Layer.provide(HttpClientTransport.layer))
