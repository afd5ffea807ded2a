/**
 * From a provider's options to the layer of its service: checked first, opened then.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Config from "effect/Config"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Result from "effect/Result"
import * as Session from "./Session.ts"
import { SessionRuntime } from "./SessionRuntime.ts"

/** Layers that are built together share one runtime, and with it one timer. */
const runtime = Layer.provide(SessionRuntime.layer, TokenEndpoint.layer)

/**
 * The layer of a provider's service. It asks for the app's `HttpClient`, and takes a `TokenStore` if there is one.
 *
 * Fails as `Misconfigured`, naming the field.
 *
 * @category layers
 */
export const layer = <I, C extends Capability>(
  service: Context.Key<I, Session.Of<C>>,
  configured: Result.Result<Configured<C>, AuthError>,
) => Layer.effect(service, Effect.flatMap(Effect.fromResult(configured), Session.make)).pipe(Layer.provide(runtime))

/**
 * The same, with options that are read from the app's configuration.
 *
 * @category layers
 */
export const layerConfig = <I, C extends Capability, Options>(
  service: Context.Key<I, Session.Of<C>>,
  configure: (options: Options) => Result.Result<Configured<C>, AuthError>,
  options: Config.Wrap<Options>,
) =>
  Layer.unwrap(
    Effect.gen(function* () {
      return layer(service, configure(yield* Config.unwrap(options)))
    }),
  )
