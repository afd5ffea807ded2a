/**
 * A provider as an Effect service: one line for any provider of `defineProvider`.
 */

import type { Defined } from "@pbx-auth/providers/Definition"
import type { Capability } from "@pbx-auth/providers/Provider"
import * as Context from "effect/Context"
import { configured } from "./face/GivenProvider.ts"
import * as ProviderLayer from "./ProviderLayer.ts"
import type * as Session from "./Session.ts"

/**
 * The class of a provider's service. `C` are the provider's capabilities, and `O` is what a user writes.
 *
 * @category models
 */
export interface ServiceClass<Self, Key extends string, C extends Capability, O>
  extends Context.ServiceClass<Self, Key, Session.Of<C>> {
  /** Opens a session with these options. Fails as `Misconfigured`, naming the field. */
  readonly layer: (options: O) => ReturnType<typeof ProviderLayer.layer<Self, C>>
  /** The same over an existing runtime, such as one with a circuit breaker (`EndpointBreaker`). */
  readonly layerRuntime: (options: O) => ReturnType<typeof ProviderLayer.layerRuntime<Self, C>>
  /** The same, with options from the app's configuration: `client: { id: Config.String("PBX_CLIENT_ID"), … }`. */
  readonly layerConfig: (options: ProviderLayer.Readable<O>) => ReturnType<typeof ProviderLayer.layerConfig<Self, C, O>>
}

/**
 * Makes the service of a provider. The key names it among all services of an app.
 *
 * **Example** (A provider of your own)
 *
 * ```ts
 * class Acme extends ProviderService<Acme>()("app/Acme", acme) {}
 *
 * const Live = Acme.layer({ tenant: "north", client: { id: "app" } })
 * ```
 *
 * @category constructors
 */
export const ProviderService =
  <Self>() =>
  <const Key extends string, C extends Capability, O>(
    key: Key,
    provider: Pick<Defined<C, O>, "configure">,
  ): ServiceClass<Self, Key, C, O> => {
    const configure = (options: O) => configured(() => provider.configure(options))
    return class extends Context.Service<Self, Session.Of<C>>()(key) {
      static readonly layer = (options: O) =>
        ProviderLayer.layer<Self, C>(this as Context.Key<Self, Session.Of<C>>, configure(options))

      static readonly layerRuntime = (options: O) =>
        ProviderLayer.layerRuntime<Self, C>(this as Context.Key<Self, Session.Of<C>>, configure(options))

      static readonly layerConfig = (options: ProviderLayer.Readable<O>) =>
        ProviderLayer.layerConfig<Self, C, O>(this as Context.Key<Self, Session.Of<C>>, configure, options)
    }
  }
