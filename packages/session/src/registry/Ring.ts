/**
 * A quota as a ring of places: each may be taken once per window, one after the other. A place is a key of Effect's `RateLimiter`.
 */

import type { RateLimit } from "@pbx-auth/providers/Provider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as RateLimiter from "effect/persistence/RateLimiter"
import type { Payer } from "./Payers.ts"

/**
 * The places of API calls, or those that are kept for token calls.
 *
 * @category models
 */
export type Ring = "calls" | "tokens"

/**
 * How much longer than its window a place is kept, in ms: two requests may come closer to each other on their way.
 *
 * @category constants
 */
export const MARGIN = 1_000

/** The share of a quota that is kept for token calls. */
const RESERVE = 0.05

/** How often to look for another place if another process was quicker. */
const RACES = 16

/** More than any caller takes. */
const COUNTED = 1_000_000_000

/**
 * How far apart a quota lets requests be, on average, in ms.
 *
 * @category getters
 */
export const paceOf = ({ quota, window }: RateLimit): number => window / Math.max(1, quota)

/**
 * The key of a ring at the limiter.
 *
 * @category getters
 */
export const keyOf = ({ per, policy }: RateLimit, { client, subscriber }: Payer, ring: Ring): string =>
  `pbx-auth:${policy}:${per === "client" ? client : `${client}:${subscriber}`}:${ring}`

/** The quota of one ring of a limit. */
const quotaOf = ({ quota }: RateLimit, ring: Ring): number => {
  const reserved = quota < 4 ? 0 : Math.max(1, Math.floor(quota * RESERVE))
  return ring === "tokens" ? reserved : quota - reserved
}

/**
 * Takes the next place of a ring, or says how long until it is free, in ms. `taken` gets the function that gives the place back.
 *
 * @category combinators
 */
export const takeOne = (
  limiter: RateLimiter.RateLimiter,
  limit: RateLimit,
  key: string,
  ring: Ring,
  taken: Array<Effect.Effect<unknown>>,
): Effect.Effect<number | undefined, RateLimiter.RateLimiterError> => {
  const quota = quotaOf(limit, ring)
  const window = limit.window + MARGIN
  /** How many places were ever taken. The count starts again after two windows without one, when all are free. */
  const count = (tokens: number) =>
    Effect.map(
      limiter.consume({
        key,
        tokens,
        limit: COUNTED,
        window: Duration.millis(2 * window * COUNTED),
        onExceeded: "delay",
      }),
      ({ remaining }) => COUNTED - remaining,
    )
  const place = (index: number, tokens: number) =>
    limiter.consume({ key: `${key}:${index % quota}`, tokens, limit: 1, window, onExceeded: "fail" })
  const giveBack = (index: number) => Effect.ignore(Effect.andThen(place(index, -1), count(-1)))
  const attempt = (index: number, races: number): Effect.Effect<number | undefined, RateLimiter.RateLimiterError> =>
    Effect.matchEffect(place(index, 1), {
      onSuccess: () => {
        taken.push(giveBack(index))
        return Effect.as(count(1), undefined)
      },
      onFailure: (error) => {
        const { reason } = error
        if (reason._tag !== "RateLimitExceeded") return Effect.fail(error)
        const wait = Math.max(1, Math.ceil(Duration.toMillis(reason.retryAfter)))
        // Another process may have been quicker; then this looks at the next place.
        return Effect.flatMap(count(0), (next) =>
          next !== index && races > 0 ? attempt(next, races - 1) : Effect.succeed(wait),
        )
      },
    })
  if (quota === 0) return Effect.succeed(window)
  return Effect.flatMap(count(0), (next) => attempt(next, RACES))
}
