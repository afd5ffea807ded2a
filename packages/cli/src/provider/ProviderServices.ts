/** Sessions of any provider. They take longer to load than the questions, so this is loaded after the answers. */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Configuration from "@pbx-auth/providers/Configuration"
import type { Capability, Provider } from "@pbx-auth/providers/Provider"
import * as ProviderLayer from "@pbx-auth/session/ProviderLayer"
import type * as Session from "@pbx-auth/session/Session"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"

class Chosen extends Context.Service<Chosen, Session.Of<Capability>>()("@pbx-auth/cli/Chosen") {}

/**
 * Opens a session for as long as the scope is open. The options are checked by this program, also those of a provider from a file.
 *
 * @category constructors
 */
export const open = (
  provider: Provider,
  options: object,
): Effect.Effect<Session.Of<Capability>, AuthError, HttpClient.HttpClient | Scope.Scope> =>
  Effect.map(Layer.build(ProviderLayer.layer(Chosen, Configuration.configure(provider, options))), Context.get(Chosen))
