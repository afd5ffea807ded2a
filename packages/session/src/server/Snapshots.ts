/** A session's snapshots as they travel, each with a name. */

import type { RemoteSnapshot } from "@pbx-auth/machine/RemoteSession"
import type { Snapshot } from "../engine/Driver.ts"
import type { Known } from "./Visitor.ts"

/**
 * Names snapshots. Two runs of a server, or two servers, never give two of them the same name. Nor do two callers with different
 * rights get the same name.
 *
 * @category constructors
 */
export const make = (): ((of: Known) => RemoteSnapshot) => {
  const ids = new WeakMap<Snapshot, string>()
  const run = crypto.randomUUID()
  let count = 0
  return ({ driver, may }) => {
    const { snapshot } = driver
    const name = ids.get(snapshot) ?? `${run}.${++count}`
    ids.set(snapshot, name)
    const { value, context } = snapshot
    const status = snapshot.status === "done" ? "done" : "active"
    const id = may === undefined ? name : `${name}.${may.join("+")}`
    return { id, now: driver.now, status, value, context, ...(may && { may }) }
  }
}
