/**
 * The name by which a session holds an intent in a store, and a pause of its own.
 */

import type { Keeper } from "./RecordKeeping.ts"

let processName: string | undefined

/**
 * A name that no other session has, here or elsewhere. It has two parts, because a random name for each session would weigh more than
 * the session's tokens.
 *
 * @category getters
 */
export const nameOf = ({ number }: Pick<Keeper, "number">): string => {
  processName ??= crypto.randomUUID()
  return `${processName}.${number}`
}
