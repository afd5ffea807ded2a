/**
 * Failures of a store that will not pass by themselves. Four of them say what can be wrong with a cell that could be read, because each
 * needs another remedy. Their texts are constant, so they show nothing of a record.
 */

import { StoreFailed } from "@pbx-auth/providers/AuthError"

/** @category constructors */
export const configure = (problem: StoreFailed["problem"], fix: string): StoreFailed =>
  new StoreFailed({ remedy: "configure", problem, fix })

/** @category constructors */
export const unknownKey = (): StoreFailed =>
  configure(
    "unknown_key",
    "A stored record was sealed with a key that this process does not have. Add that key to the key ring, behind the newest; if it is lost, remove the record and sign in again.",
  )

/** @category constructors */
export const altered = (): StoreFailed =>
  configure(
    "altered",
    "A stored record does not match its seal: it was damaged, changed by somebody, or moved from another name. Find out how; then restore it or remove it and sign in again.",
  )

/** @category constructors */
export const unreadable = (): StoreFailed =>
  configure(
    "unreadable",
    "What is stored is no record of this library: it was cut off, or something else writes to the same place. Remove it and sign in again.",
  )

/** @category constructors */
export const newer = (): StoreFailed =>
  configure(
    "newer",
    "A stored record was written by a later version of this library. Update this process, or give it a place of its own.",
  )
