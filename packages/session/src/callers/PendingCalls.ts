/**
 * A user who signed out stays signed out: a sign-out ends every call that began before it, whatever the call waits for.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

/**
 * The calls of a session that began since its last sign-out. Mutable; it belongs to its driver.
 *
 * @category models
 */
export class PendingCalls {
  readonly #fibers = new Set<Fiber.Fiber<unknown, AuthError>>()
  #over: Effect.Effect<never, AuthError> | undefined

  get isEmpty(): boolean {
    return this.#fibers.size === 0
  }

  /** Runs a call, its first steps at once. Fails with the error that a sign-out ends these calls with. */
  run<A>(call: Effect.Effect<A, AuthError>): Effect.Effect<A, AuthError> {
    // Not by `Effect.forkChild` and `Fiber.interrupt`: they cost more, and a browser tab would have to load them.
    return Effect.contextWith((context: Context.Context<never>) =>
      Effect.callback((resume) => {
        const fiber = Effect.runForkWith(context)(call)
        this.#fibers.add(fiber)
        // Its first steps may have led to a sign-out.
        if (this.#over !== undefined) fiber.interruptUnsafe()
        fiber.addObserver((exit) => {
          this.#fibers.delete(fiber)
          resume(this.#over !== undefined && Exit.hasInterrupts(exit) ? this.#over : exit)
        })
        return Effect.suspend(() => {
          fiber.interruptUnsafe()
          return Effect.asVoid(Fiber.await(fiber))
        })
      }),
    )
  }

  /** Ends them all, before any of them takes another step. Each waiting caller gets `over`. */
  end(over: Effect.Effect<never, AuthError>): void {
    this.#over = over
    for (const fiber of this.#fibers) fiber.interruptUnsafe()
  }
}
