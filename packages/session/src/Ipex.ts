/**
 * IPEX as an Effect service.
 */

import * as Provider from "@pbx-auth/providers/Ipex"
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
 * A session with IPEX: impersonation. Its page describes neither a second factor nor inspection.
 *
 * @category services
 */
export class Ipex extends Context.Service<Ipex, Session.Of<Provider.Capabilities>>()("@pbx-auth/session/Ipex") {
  /** Opens a session with these options. Fails as `Misconfigured`, naming the field. */
  static readonly layer = (options: Options) => ProviderLayer.layer(Ipex, Provider.configure(options))

  /** The same over an existing runtime, such as one with a circuit breaker (`EndpointBreaker`). */
  static readonly layerRuntime = (options: Options) => ProviderLayer.layerRuntime(Ipex, Provider.configure(options))

  /** The same, with options from the app's configuration: `client: { id: Config.String("PBX_CLIENT_ID"), … }`. */
  static readonly layerConfig = (options: ProviderLayer.Readable<Options>) =>
    ProviderLayer.layerConfig(Ipex, Provider.configure, options)
}
