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
 * Writes a record, or a tombstone, over the version that was seen.
 *
 * @category combinators
 */
export const replace = (
  by: Access,
  ...what: Parameters<TokenStore["Service"]["replace"]>
): Effect.Effect<string, StoreConflict | StoreFailed> => accessing(by, "replace", () => by.store.replace(...what))
