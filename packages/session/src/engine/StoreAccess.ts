/**
 * How a session asks its store: each access is a span, and an adapter that throws has failed like any other.
 */

import { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import type { StoreConflict, TokenStore, Versioned } from "../TokenStore.ts"

const accessing = <A, E>(
  name: "read" | "replace",
  access: () => Effect.Effect<A, E>,
): Effect.Effect<A, E | StoreFailed> =>
  Effect.suspend(access).pipe(
    // What it threw may hold anything, and is not shown. No token is lost for it.
    Effect.catchDefect(() => Effect.fail(new StoreFailed({ remedy: "retry" }))),
    Effect.withSpan(`TokenStore.${name}`, {}, { captureStackTrace: false }),
  )

/**
 * Reads a record.
 *
 * @category combinators
 */
export const read = (store: TokenStore["Service"], key: string): Effect.Effect<Versioned | undefined, StoreFailed> =>
  accessing("read", () => store.read(key))

/**
 * Writes a record over the version that was seen, or removes it.
 *
 * @category combinators
 */
export const replace = (
  store: TokenStore["Service"],
  ...what: Parameters<TokenStore["Service"]["replace"]>
): Effect.Effect<string, StoreConflict | StoreFailed> => accessing("replace", () => store.replace(...what))
