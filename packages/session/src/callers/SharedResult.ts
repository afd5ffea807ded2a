/**
 * A result that many fibers wait for. It does what a `Deferred` does, with less for each of them: Effect's leaves a finalizer in every
 * waiting fiber, which costs about half of the time to wake them, and a fiber that gives up is searched for among all others.
 *
 * A fiber that gave up stays in the list until the result is there, as an ended fiber without a context. So this is only for results
 * that come soon: a presentation has a deadline.
 */

import * as Effect from "effect/Effect"

/**
 * @category models
 */
export interface SharedResult<A, E = never> {
  readonly wait: Effect.Effect<A, E>
  /** Calls the listener with it, for one that waits without a fiber. */
  readonly listen: (listener: SharedResult<A, E>["end"]) => void
  /** Gives it to all that wait, and to those that come later. To be called once. */
  readonly end: (result: Effect.Effect<A, E>) => void
}

/**
 * @category constructors
 */
export const make = <A, E = never>(): SharedResult<A, E> => {
  const waiting: Array<SharedResult<A, E>["end"]> = []
  let result: Effect.Effect<A, E> | undefined
  const listen: SharedResult<A, E>["listen"] = (listener) => {
    if (result === undefined) waiting.push(listener)
    else listener(result)
  }
  return {
    listen,
    // One effect for all callers. It returns no finalizer.
    wait: Effect.callback(listen),
    end: (told) => {
      result = told
      for (const resume of waiting) resume(told)
    },
  }
}
