/**
 * Opens sessions for apps without Effect, of any provider.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import * as SessionFace from "../face/SessionFace.ts"
import * as Validation from "../options/Validation.ts"
import type * as SessionActor from "../SessionActor.ts"
import type { Watcher } from "../Watcher.ts"
import { type PromiseClock, servicesOf } from "./ClockOption.ts"
import * as Loan from "./Loan.ts"
import * as PromiseFace from "./PromiseFace.ts"
import * as PromiseRuntime from "./PromiseRuntime.ts"
import type { PromiseSessionOf } from "./PromiseSession.ts"

/**
 * How a session reaches its provider.
 *
 * @category models
 */
export interface OpenOptions {
  /** The `fetch` to use. Default: the global one. It is called with redirects refused. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /**
   * The clock that the session follows in everything, such as that of a test (`promiseClock`), or of the emulator's `openEmulator`. Default: the
   * machine's. Sessions with the same clock share the pauses that a provider asks for.
   */
  readonly clock?: PromiseClock | undefined
  /** Gets XState's own inspection events of the session and of its children. */
  readonly inspect?: SessionActor.Inspect | undefined
  /**
   * Where tokens are kept, so that the next run finds them: see `openTokenStore` in `PromiseTokenStore`. Default: in memory, for as
   * long as the session or the registry is open. Sessions may share a store. It stays open when they are closed.
   */
  readonly store?: PromiseRuntime.Keeping | undefined
  /** Sees each step of the session and of its children: pass the `watch` of `makeOperations`, in `PromiseOperations`. */
  readonly watch?: Watcher | undefined
}

/**
 * Opens the session of a configured account.
 *
 * @category constructors
 */
export const open = async <C extends Capability>(
  configured: Result.Result<Configured<C>, AuthError>,
  how: OpenOptions = {},
): Promise<PromiseSessionOf<C>> => {
  const checked = await PromiseFace.run(Effect.fromResult(configured))
  await PromiseFace.run(Validation.check("how", how, Validation.runtimeRules))
  return openOn(PromiseRuntime.overFetch(how, how.store ?? PromiseRuntime.nothing), checked, how)
}

/**
 * The same on a runtime that is made for this session.
 *
 * @category constructors
 */
export const openOn = async <C extends Capability>(
  runtime: Effect.Effect<PromiseRuntime.Runtime>,
  configured: Configured<C>,
  { clock, inspect }: Pick<OpenOptions, "clock" | "inspect"> = {},
): Promise<PromiseSessionOf<C>> => {
  const run = PromiseFace.runWith(servicesOf(clock))
  const facing = { ...SessionFace.alone(Loan.keep), inspect }
  return run(
    Effect.flatMap(runtime, (made) =>
      SessionFace.open(made, configured, (driver) =>
        PromiseFace.make(SessionFace.make(driver, facing), { close: () => run(driver.close) }),
      ),
    ),
  )
}
