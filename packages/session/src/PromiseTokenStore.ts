/**
 * A `TokenStore` for apps without Effect: the next run finds the tokens, and many processes share them.
 *
 * ```ts
 * import { openSkySwitch } from "@pbx-auth/session/Promises"
 * import { openTokenStore } from "@pbx-auth/session/PromiseTokenStore"
 * import * as NodeTokenStore from "@pbx-auth/store-node/NodeTokenStore"
 *
 * const store = await openTokenStore(NodeTokenStore.layerFile())
 * const pbx = await openSkySwitch({ client, credentials }, { store })
 * ```
 *
 * It is a module of its own, so an app that keeps nothing does not load it.
 */

import { type AuthError, fromReason, type StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Validation from "./options/Validation.ts"
import { type PromiseClock, servicesOf } from "./promise/ClockOption.ts"
import * as PromiseFace from "./promise/PromiseFace.ts"
import type { Keeping } from "./promise/PromiseRuntime.ts"
import { presentClaimed } from "./record/Claim.ts"
import * as StoredRecords from "./record/StoredRecords.ts"
import { TokenStore } from "./TokenStore.ts"

/**
 * An open store, for the option `store` of `openSkySwitch`, of its like, and of `openSessions`.
 *
 * @category models
 */
export interface PromiseTokenStore extends Keeping, AsyncDisposable {
  /** Closes its files or connections. Close the sessions first: one that is open then can store nothing. */
  readonly close: () => Promise<void>
}

/**
 * Which clock the store runs on.
 *
 * @category models
 */
export interface Options {
  /** The clock of your sessions, if they have one of their own: see `OpenOptions`. Processes that share a store need the same time. */
  readonly clock?: PromiseClock | undefined
}

/**
 * Opens a store. `layer` says which: `NodeTokenStore.layerFile()` in `@pbx-auth/store-node` is one, and so is any layer of a
 * `TokenStore` that needs nothing else.
 *
 * Rejects with an `AuthError`: `Misconfigured` for a wrong key, and `StoreFailed` if the place cannot be used.
 *
 * @category constructors
 */
export const openTokenStore = async (
  layer: Layer.Layer<TokenStore, AuthError | StoreFailed>,
  options?: Options,
): Promise<PromiseTokenStore> => {
  await PromiseFace.run(Validation.check("options", options, { clock: Validation.runtimeRules.clock }))
  const services = servicesOf(options?.clock)
  const run = PromiseFace.runWith(services)
  const managed = ManagedRuntime.make(Layer.provide(layer, Layer.succeedContext(services)))
  const opened = Effect.flatMap(managed.contextEffect, (context) => Effect.provideContext(TokenStore, context))
  const store = await run(
    Effect.mapError(opened, (error) => (error._tag === "StoreFailed" ? fromReason(error) : error)),
  )
  const close = () => run(managed.disposeEffect)
  return {
    store: Effect.succeed(store),
    claim: presentClaimed,
    records: { ...StoredRecords.records, isGiven: true },
    close,
    [Symbol.asyncDispose]: close,
  }
}
