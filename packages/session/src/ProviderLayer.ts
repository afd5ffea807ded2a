/**
 * From a provider's options to the layer of its service: it checks first, then opens.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import type * as Config from "effect/Config"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import { configured } from "./face/GivenProvider.ts"
import * as HttpRuntime from "./HttpRuntime.ts"
import * as Session from "./Session.ts"
import type { SessionRuntime } from "./SessionRuntime.ts"

/**
 * The layer of a provider's service. It needs the app's `HttpClient`, and uses a `TokenStore` if there is one. Two layers never share
 * what they were given.
 *
 * Fails as `Misconfigured`, naming the field.
 *
 * @category layers
 */
export const layer = <I, C extends Capability>(
  service: Context.Key<I, Session.Of<C>>,
  configured: Result.Result<Configured<C>, AuthError>,
) => Layer.provide(layerRuntime(service, configured), HttpRuntime.layer())

/**
 * The same over an existing runtime, such as one with a circuit breaker (`EndpointBreaker`), or one that services share.
 *
 * Fails as `Misconfigured`, naming the field.
 *
 * @category layers
 */
export const layerRuntime = <I, C extends Capability>(
  service: Context.Key<I, Session.Of<C>>,
  configured: Result.Result<Configured<C>, AuthError>,
): Layer.Layer<I, AuthError, SessionRuntime> => opening(service, Effect.fromResult(configured))

const opening = <I, C extends Capability, E>(
  service: Context.Key<I, Session.Of<C>>,
  configured: Effect.Effect<Configured<C>, E>,
) => Layer.effect(service, Effect.flatMap(configured, Session.make))

/**
 * Options of which any part, down to a single value, may be read from the app's configuration: `client: { id: "my-app", secret:
 * Config.Redacted("PBX_CLIENT_SECRET") }`.
 *
 * This is not `Config.Wrap`: there each value must be a `Config`, and here you may mix both.
 *
 * @category models
 */
export type Readable<A> = Config.Config<A> | (A extends Leaf ? A : { readonly [K in keyof A]: Readable<A[K]> })

type Leaf = string | number | boolean | null | undefined | ReadonlyArray<unknown> | Redacted.Redacted<unknown>

const isPlain = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === "object" && u !== null && Object.getPrototypeOf(u) === Object.prototype

const read = (options: unknown): Effect.Effect<unknown, Config.ConfigError> => {
  // `Config.isConfig` would load the reader of every source into an app that reads none. No other option is an effect.
  if (Effect.isEffect(options)) return options as Config.Config<unknown>
  if (!isPlain(options)) return Effect.succeed(options)
  return Effect.gen(function* () {
    const parts: Array<readonly [string, unknown]> = []
    for (const [name, part] of Object.entries(options)) parts.push([name, yield* read(part)])
    return Object.fromEntries(parts)
  })
}

/**
 * The same, with options that are read from the app's configuration when the layer is built.
 *
 * Fails as `ConfigError` if a value cannot be read, and as `Misconfigured`.
 *
 * @category layers
 */
export const layerConfig = <I, C extends Capability, Options>(
  service: Context.Key<I, Session.Of<C>>,
  configure: (options: Options) => Result.Result<Configured<C>, AuthError>,
  options: Readable<Options>,
) =>
  Layer.provide(
    opening(
      service,
      // `configure` checks what was read.
      Effect.flatMap(read(options), (values) => Effect.fromResult(configured(() => configure(values as Options)))),
    ),
    HttpRuntime.layer(),
  )
