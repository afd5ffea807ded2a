/**
 * An effect that asks a session something each time it runs. It does what `Effect.suspend` does, without a closure and its scope: an
 * app keeps such an effect for each of its sessions.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Effectable from "effect/Effectable"
import type { Attempted, Core } from "./Core.ts"

/**
 * The session is in a private field, so that no print of the effect shows it.
 *
 * @category models
 */
export class Asking<A> extends Effectable.Class<A, AuthError> {
  readonly #core: Core
  readonly #ask: (core: Core) => Attempted<A>

  constructor(core: Core, ask: (core: Core) => Attempted<A>) {
    super()
    this.#core = core
    this.#ask = ask
  }

  asEffect(): Attempted<A> {
    return this.#ask(this.#core)
  }
}
