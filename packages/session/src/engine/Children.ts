/**
 * A session's children: sessions that act for a subject with its bearer. They share its throttle, and no answer may repeat a secret
 * of the family.
 */

import type * as Redacted from "effect/Redacted"
import { Throttle } from "../pace/Throttle.ts"
import { nameOf } from "../record/SessionName.ts"
import { type Core, workOf } from "./Core.ts"
import { allOf } from "./Secrets.ts"

/**
 * Whether the session may ask its provider now. A session and its children share one throttle.
 *
 * @category getters
 */
export const throttleOf = (core: Core): Throttle => {
  if (core.acting !== undefined) return throttleOf(core.acting.parent)
  const work = workOf(core)
  work.throttle ??= new Throttle(core.runtime.pauses, core.account, nameOf(core))
  return work.throttle
}

/**
 * All secrets that an answer must not repeat: this session's, its parent's and its children's.
 *
 * @category getters
 */
export const knownTo = (core: Core): ReadonlyArray<Redacted.Redacted<string>> => {
  const parents = core.acting === undefined ? [] : [core.acting.parent]
  return [core, ...parents, ...childrenOf(core)].flatMap(allOf)
}

/**
 * The children that are open now.
 *
 * @category getters
 */
export const childrenOf = (core: Core): ReadonlyArray<Core> => [...(core.work?.children ?? [])]

/**
 * Adds a child that opens.
 *
 * @category combinators
 */
export const adopt = (core: Core, child: Core): void => {
  const work = workOf(core)
  work.children ??= new Set()
  work.children.add(child)
}

/**
 * Removes a child that is closed or closes.
 *
 * @category combinators
 */
export const part = (core: Core, child: Core): void => {
  const { work } = core
  work?.children?.delete(child)
  if (work?.children?.size === 0) work.children = undefined
}

/**
 * No one is signed in any more. A child never outlives its parent's sign-in: its token still works, but no account answers for it.
 *
 * @category combinators
 */
export const orphan = (core: Core): void => {
  for (const child of childrenOf(core)) {
    // A child that still waits for its first token learns from the presentation why there is none.
    if (child.context.acting !== null) core.runtime.fork(child.holder.close)
  }
}
