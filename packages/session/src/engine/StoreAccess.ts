/**
 * How a session calls its store: each access is a span, and an adapter that throws counts as failed.
 */

import { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { Telemetry } from "@pbx-auth/providers/Telemetry"
import * as Effect from "effect/Effect"
import type { StoreConflict, TokenStore, Versioned } from "../TokenStore.ts"

/**
 * A store, and where spans of its accesses go.
 *
 * @category models
 */
export interface Access {
  readonly store: TokenStore["Service"]
  readonly telemetry: Telemetry
}

const accessing = <A, E>(
  { telemetry }: Access,
  name: "read" | "replace",
  access: () => Effect.Effect<A, E>,
): Effect.Effect<A, E | StoreFailed> =>
  telemetry.span(
    `TokenStore.${name}`,
    {},
    // The thrown value may hold anything, so it is not shown. No token is lost because of it.
    Effect.catchDefect(Effect.suspend(access), () => Effect.fail(new StoreFailed({ remedy: "retry" }))),
  )

/**
 * Reads a record.
 *
 * @category combinators
 */
export const read = (by: Access, key: string): Effect.Effect<Versioned | undefined, StoreFailed> =>
  accessing(by, "read", () => by.store.read(key))

/**
 * Writes a record over the version that was seen, or removes it.
 *
 * @category combinators
 */
export const replace = (
  by: Access,
  ...what: Parameters<TokenStore["Service"]["replace"]>
): Effect.Effect<string, StoreConflict | StoreFailed> => accessing(by, "replace", () => by.store.replace(...what))

/** How a record is removed if the store does not answer at once: five more tries, three seconds in all. */
const REMOVAL = [100, 200, 400, 800, 1_600]

const removing = (by: Access, key: string, pauses: ReadonlyArray<number>): Effect.Effect<void, StoreFailed> =>
  read(by, key).pipe(
    Effect.flatMap((seen) => (seen === undefined ? Effect.void : replace(by, key, seen.version, undefined))),
    Effect.asVoid,
    Effect.catch((error) => {
      // Another writer came in between.
      if (error._tag === "StoreConflict") return removing(by, key, pauses)
      const [pause, ...rest] = pauses
      return pause === undefined ? Effect.fail(error) : Effect.andThen(Effect.sleep(pause), removing(by, key, rest))
    }),
  )

/**
 * How a session finds and removes its record. In between, `Claim` reads and writes it.
 *
 * @category models
 */
export interface Records {
  readonly read: typeof read
  /** Asks again where the store fails, and warns when it is given up. */
  readonly remove: (by: Access, key: string) => Effect.Effect<void, StoreFailed>
}

/**
 * Those of a store.
 *
 * @category constants
 */
export const records: Records = {
  read,
  remove: (by, key) =>
    Effect.tapCause(removing(by, key, REMOVAL), () =>
      by.telemetry.warn("pbx-auth: the tokens of a session that was signed out are still stored"),
    ),
}
