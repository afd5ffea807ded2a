/**
 * SkySwitch as an Effect service.
 */

import * as Provider from "@pbx-auth/providers/SkySwitch"
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
 * A session with SkySwitch: second factor, inspection, masquerading, revocation.
 *
 * @category services
 */
export class SkySwitch extends Context.Service<SkySwitch, Session.Of<Provider.Capabilities>>()(
  "@pbx-auth/session/SkySwitch",
) {
  /** Opens a session with these options. Fails as `Misconfigured`, naming the field. */
  static readonly layer = (options: Options) => ProviderLayer.layer(SkySwitch, Provider.configure(options))

  /** The same over an existing runtime, such as one with a circuit breaker (`EndpointBreaker`). */
  static readonly layerRuntime = (options: Options) =>
    ProviderLayer.layerRuntime(SkySwitch, Provider.configure(options))

  /** The same, with options from the app's configuration: `client: { id: Config.String("PBX_CLIENT_ID"), … }`. */
  static readonly layerConfig = (options: ProviderLayer.Readable<Options>) =>
    ProviderLayer.layerConfig(SkySwitch, Provider.configure, options)
}
