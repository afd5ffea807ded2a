/**
 * What a sign-out ends. A user who signed out stays signed out: every call that began before it fails as `SignedOut`.
 */

import * as Effect from "effect/Effect"
import { PendingCalls } from "../callers/PendingCalls.ts"
import { type Attempted, type Core, newNumber, signedOut, workOf } from "./Core.ts"
import { compact } from "./Rest.ts"
import * as Waiting from "./Waiting.ts"

/** A child's sign-out is its parent's. */
const rootOf = (core: Core): Core => (core.acting === undefined ? core : rootOf(core.acting.parent))

/**
 * Fails as `SignedOut` if a sign-out has come since this was read: here, elsewhere, or of a child's parent.
 *
 * @category combinators
 */
export const stands = (core: Core): Attempted<void> => {
  const root = rootOf(core)
  const { number } = root
  return Effect.suspend(() => (root.number === number ? Effect.void : Effect.fail(signedOut(root))))
}

/**
 * Runs a user's or an app's call. A sign-out ends it, whatever it waits for: then it fails as `SignedOut`.
 *
 * @category combinators
 */
export const untilSignOut = <A>(core: Core, call: Attempted<A>): Attempted<A> =>
  Effect.suspend(() => {
    const root = rootOf(core)
    const work = workOf(root)
    work.underWay ??= new PendingCalls()
    const calls = work.underWay
    const end = () => {
      if (calls.isEmpty && work.underWay === calls) work.underWay = undefined
      compact(root)
    }
    return Effect.ensuring(calls.run(call), Effect.sync(end))
  })

/**
 * The user signed out: ends all earlier calls. A caller that gets this error may ask again.
 *
 * @category combinators
 */
export const leave = (core: Core): void => {
  core.number = newNumber()
  const work = workOf(core)
  const { underWay } = work
  work.underWay = undefined
  const waiting = Waiting.take(core)
  // They get the error after this step, and take no other step before.
  const over = Effect.andThen(Effect.yieldNow, Effect.fail(signedOut(core)))
  underWay?.end(over)
  Waiting.end(waiting, over, over)
}
