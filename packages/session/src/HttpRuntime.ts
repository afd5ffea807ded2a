/**
 * A runtime of sessions over the app's `HttpClient`.
 */

import * as HttpClientTransport from "@pbx-auth/providers/HttpClientTransport"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Layer from "effect/Layer"
import { SessionRuntime } from "./SessionRuntime.ts"

/**
 * A runtime over the client and the store that it is given, which nobody else shares. Another one at each call (see
 * `SessionRuntime.layer`).
 *
 * @category layers
 * @internal
 */
export const layer = () =>
  SessionRuntime.layer.pipe(Layer.provide(TokenEndpoint.layer), Layer.provide(HttpClientTransport.layer))
