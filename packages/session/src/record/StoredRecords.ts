/**
 * How a session keeps its record in a store. `Claim` reads and writes it while something is presented.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import { wallNow } from "../time/SessionClock.ts"
import * as Arrears from "./Arrears.ts"
import * as FormerRecord from "./FormerRecord.ts"
import type { Keeper, Records } from "./RecordKeeping.ts"
import * as Recovery from "./Recovery.ts"

/** How a tombstone is written if the store does not answer at once: five more tries, three seconds in all. */
const REMOVAL = [100, 200, 400, 800, 1_600]

const removing = (
  session: Keeper,
  sign: { readonly key: string; readonly at: number },
  pauses: ReadonlyArray<number>,
): Effect.Effect<unknown, StoreFailed> =>
  Effect.catch(Arrears.removing(session, sign), (error) => {
    // Another writer came in between.
    if (error._tag === "StoreConflict") return removing(session, sign, pauses)
    const [pause, ...rest] = pauses
    return pause === undefined ? Effect.fail(error) : Effect.andThen(Effect.sleep(pause), removing(session, sign, rest))
  })

/**
 * Those of a store.
 *
 * @category constants
 */
export const records: Records = {
  find: (session, key, refreshToken) =>
    Effect.andThen(FormerRecord.arrive(session, key, refreshToken), Recovery.find(session, key, refreshToken)),
  kept: Arrears.kept,
  remove: (session, key) =>
    Effect.suspend(() => {
      const at = wallNow(session.runtime.clock)
      return Effect.catchCause(Effect.asVoid(removing(session, { key, at }, REMOVAL)), () =>
        Effect.andThen(
          session.runtime.telemetry.warn("pbx-auth: the tokens of a session that was signed out are still stored"),
          Effect.sync(() => Arrears.oweTombstone(session, key, at)),
        ),
      )
    }),
  end: Arrears.end,
}
