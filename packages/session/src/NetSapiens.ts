/**
 * Any other operator of NetSapiens as an Effect service. The operator's host, prefix and capabilities make the type.
 */

import * as Provider from "@pbx-auth/providers/NetSapiens"
import type { Capability } from "@pbx-auth/providers/Provider"
import * as Context from "effect/Context"
import * as ProviderLayer from "./ProviderLayer.ts"
import type * as Session from "./Session.ts"

/**
 * What a user writes for a session. The operator's value fills what is left out.
 *
 * @category models
 */
export type Options<C extends Capability = Capability> = Provider.Options<C>

/**
 * What all accounts of an operator share: where it is, and what it offers.
 *
 * @category models
 */
export type Operator<C extends Capability> = Pick<Options<C>, "name" | "prefix" | "passcodeRepeatsCredentials"> & {
  /** The operator's host, origin, or origin with `/ns-api`; absent if each customer has another. */
  readonly address?: Options<C>["address"] | undefined
  /** The type of the service has exactly these. */
  readonly capabilities: ReadonlyArray<C>
}

/**
 * What remains to be written for one account.
 *
 * @category models
 */
export type AccountOptions<C extends Capability, O extends Operator<C>> = Omit<
  Options<C>,
  "capabilities" | "name" | "address"
> &
  (undefined extends O["address"] ? Pick<Options<C>, "address"> : Partial<Pick<Options<C>, "address">>)

/**
 * The class of an operator's service.
 *
 * @category models
 */
export interface ServiceClass<Self, Key extends string, C extends Capability, O extends Operator<C>>
  extends Context.ServiceClass<Self, Key, Session.Of<C>> {
  /** Opens a session with these options. Fails as `Misconfigured`, naming the field. */
  readonly layer: (options: AccountOptions<C, O>) => ReturnType<typeof ProviderLayer.layer<Self, C>>
  /** The same over an existing runtime, such as one with a circuit breaker (`EndpointBreaker`). */
  readonly layerRuntime: (options: AccountOptions<C, O>) => ReturnType<typeof ProviderLayer.layerRuntime<Self, C>>
  /** The same, with options from the app's configuration: `client: { id: Config.String("PBX_CLIENT_ID"), … }`. */
  readonly layerConfig: (
    options: ProviderLayer.Readable<AccountOptions<C, O>>,
  ) => ReturnType<typeof ProviderLayer.layerConfig<Self, C, AccountOptions<C, O>>>
}

/**
 * Makes the service of an operator.
 *
 * **Example** (An operator with a second factor)
 *
 * ```ts
 * class ExampleVoice extends NetSapiens.Service<ExampleVoice>()("app/ExampleVoice", {
 *   name: "Example Voice",
 *   address: "portal.example.com",
 *   capabilities: ["passcode", "inspect"],
 * }) {}
 *
 * const Live = ExampleVoice.layer({ client: { id: "app", secret: "…" } })
 * ```
 *
 * @category constructors
 */
export const Service =
  <Self>() =>
  <const Key extends string, const C extends Capability, const O extends Operator<C>>(
    key: Key,
    operator: O & { readonly capabilities: ReadonlyArray<C> },
  ): ServiceClass<Self, Key, C, O> => {
    const configure = (options: AccountOptions<C, O>) =>
      // An operator without an address leaves it to the options, and `configure` checks them.
      Provider.configure({ ...operator, ...options } as unknown as Options<C>)
    return class extends Context.Service<Self, Session.Of<C>>()(key) {
      /** Opens a session with these options. Fails as `Misconfigured`, naming the field. */
      static readonly layer = (options: AccountOptions<C, O>) =>
        ProviderLayer.layer<Self, C>(this as Context.Key<Self, Session.Of<C>>, configure(options))

      /** The same over an existing runtime, such as one with a circuit breaker (`EndpointBreaker`). */
      static readonly layerRuntime = (options: AccountOptions<C, O>) =>
        ProviderLayer.layerRuntime<Self, C>(this as Context.Key<Self, Session.Of<C>>, configure(options))

      /** The same, with options from the app's configuration: `client: { id: Config.String("PBX_CLIENT_ID"), … }`. */
      static readonly layerConfig = (options: ProviderLayer.Readable<AccountOptions<C, O>>) =>
        ProviderLayer.layerConfig<Self, C, AccountOptions<C, O>>(
          this as Context.Key<Self, Session.Of<C>>,
          configure,
          options,
        )
    }
  }
