/**
 * What the sessions of an app without Effect run on, made from what their `how` says.
 */

import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Layer from "effect/Layer"
import { SessionRuntime } from "../SessionRuntime.ts"
import { CurrentWatcher, type Watcher } from "../Watcher.ts"

/**
 * As much of a `how` as a runtime is made from.
 *
 * @category models
 */
export interface Options {
  readonly fetch?: typeof globalThis.fetch | undefined
  readonly watch?: Watcher | undefined
}

/**
 * A runtime of its own, over the app's `fetch`, seen by its `watch`.
 *
 * @category layers
 */
export const layer = ({ fetch, watch }: Options = {}): Layer.Layer<SessionRuntime> =>
  SessionRuntime.layer.pipe(
    Layer.provide(Layer.succeed(CurrentWatcher, watch)),
    Layer.provide(TokenEndpoint.layer),
    Layer.provide(FetchTransport.layer(fetch)),
  )
