/**
 * Landstar Telecom as an Effect service.
 */

import * as Provider from "@pbx-auth/providers/Landstar"
import * as Context from "effect/Context"
import * as ProviderLayer from "./ProviderLayer.ts"
import type * as Session from "./Session.ts"

/**
 * What a user writes.
 *
 * @category models
 */
export type Options = Provider.Options

/**
 * A session with Landstar Telecom: inspection and revocation. Its page describes neither a second factor nor masquerading.
 *
 * @category services
 */
export class Landstar extends Context.Service<Landstar, Session.Of<Provider.Capabilities>>()(
  "@pbx-auth/session/Landstar",
) {
  /** Opens a session with these options. Fails as `Misconfigured`, naming the field. */
  static readonly layer = (options: Options) => ProviderLayer.layer(Landstar, Provider.configure(options))

  /** The same over an existing runtime, such as one with a circuit breaker (`EndpointBreaker`). */
  static readonly layerRuntime = (options: Options) => ProviderLayer.layerRuntime(Landstar, Provider.configure(options))

  /** The same, with options from the app's configuration: `client: { id: Config.String("PBX_CLIENT_ID"), … }`. */
  static readonly layerConfig = (options: ProviderLayer.Readable<Options>) =>
    ProviderLayer.layerConfig(Landstar, Provider.configure, options)
}
