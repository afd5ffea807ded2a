/**
 * How a session finds its record when it opens, and leaves a tombstone when it is signed out. In between, `Claim` reads and writes it.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Found } from "./Adoption.ts"
import * as Recovery from "./Recovery.ts"
import * as StoreAccess from "./StoreAccess.ts"

/**
 * @category models
 */
export interface Records {
  readonly find: (
    opening: Recovery.Opening,
    key: string,
    refreshToken: Redacted.Redacted<string> | undefined,
  ) => Effect.Effect<Found | undefined, StoreFailed>
  /** Asks again where the store fails, and warns when it is given up. */
  readonly remove: (by: StoreAccess.Access, key: string) => Effect.Effect<void, StoreFailed>
}

/** How a tombstone is written if the store does not answer at once: five more tries, three seconds in all. */
const REMOVAL = [100, 200, 400, 800, 1_600]

/** Also where nothing is: another session may hold the tokens, and would write them again. */
const removing = (
  by: StoreAccess.Access,
  key: string,
  pauses: ReadonlyArray<number>,
): Effect.Effect<void, StoreFailed> =>
  StoreAccess.read(by, key).pipe(
    Effect.flatMap((seen) =>
      seen !== undefined && seen.record === undefined
        ? Effect.void
        : StoreAccess.replace(by, key, seen?.version, undefined),
    ),
    Effect.asVoid,
    Effect.catch((error) => {
      // Another writer came in between.
      if (error._tag === "StoreConflict") return removing(by, key, pauses)
      const [pause, ...rest] = pauses
      return pause === undefined ? Effect.fail(error) : Effect.andThen(Effect.sleep(pause), removing(by, key, rest))
    }),
  )

/**
 * Those of a store.
 *
 * @category constants
 */
export const records: Records = {
  find: Recovery.find,
  remove: (by, key) =>
    Effect.tapCause(removing(by, key, REMOVAL), () =>
      by.telemetry.warn("pbx-auth: the tokens of a session that was signed out are still stored"),
    ),
}
