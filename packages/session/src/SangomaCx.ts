/**
 * Sangoma CX as an Effect service.
 */

import * as Provider from "@pbx-auth/providers/SangomaCx"
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
 * A session with Sangoma CX: the client is the account, and a token is replaced only once it has expired.
 *
 * @category services
 */
export class SangomaCx extends Context.Service<SangomaCx, Session.Of<Provider.Capabilities>>()(
  "@pbx-auth/session/SangomaCx",
) {
  /** Opens a session with these options. Fails as `Misconfigured`, naming the field. */
  static readonly layer = (options: Options) => ProviderLayer.layer(SangomaCx, Provider.configure(options))

  /** The same over an existing runtime, such as one with a circuit breaker (`EndpointBreaker`). */
  static readonly layerRuntime = (options: Options) =>
    ProviderLayer.layerRuntime(SangomaCx, Provider.configure(options))

  /** The same, with options from the app's configuration: `client: { id: Config.String("PBX_CLIENT_ID"), … }`. */
  static readonly layerConfig = (options: ProviderLayer.Readable<Options>) =>
    ProviderLayer.layerConfig(SangomaCx, Provider.configure, options)
}
