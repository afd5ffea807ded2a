/**
 * Any other operator of NetSapiens as an Effect service. The operator's host, prefix and capabilities make the type.
 */

import * as Provider from "@pbx-auth/providers/NetSapiens"
import { ProviderService, type ServiceClass } from "./ProviderService.ts"

/**
 * What a user writes for a session. The operator's value fills what is left out.
 *
 * @category models
 */
export type Options<C extends Provider.Capabilities = Provider.Capabilities> = Provider.Options<C>

/**
 * What all accounts of an operator share: where it is, and what it offers.
 *
 * @category models
 */
export type Operator<C extends Provider.Capabilities> = Pick<
  Options<C>,
  "name" | "prefix" | "passcodeRepeatsCredentials"
> & {
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
export type AccountOptions<C extends Provider.Capabilities, O extends Operator<C>> = Omit<
  Options<C>,
  "capabilities" | "name" | "address"
> &
  (undefined extends O["address"] ? Pick<Options<C>, "address"> : Partial<Pick<Options<C>, "address">>)

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
  <const Key extends string, const C extends Provider.Capabilities, const O extends Operator<C>>(
    key: Key,
    operator: O & { readonly capabilities: ReadonlyArray<C> },
  ): ServiceClass<Self, Key, C, AccountOptions<C, O>> =>
    ProviderService<Self>()(key, {
      // An operator without an address leaves it to the options, and `configure` checks them.
      configure: (options: AccountOptions<C, O>) =>
        Provider.configure({ ...operator, ...options } as unknown as Options<C>),
    })
