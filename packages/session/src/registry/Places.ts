/**
 * A provider's published limits as places, for the quota that counts them.
 */

import type { RateLimit } from "@pbx-auth/providers/Provider"
import type { Partition, Request, Ring } from "../SharedQuota.ts"
import type { Payer } from "./Payers.ts"

/**
 * How much longer than its window a place is kept, in ms: two requests may come closer to each other on their way.
 *
 * @category constants
 */
export const MARGIN = 1_000

/** The share of a quota that is kept for token calls. */
const RESERVE = 0.05

/**
 * How far apart a quota lets requests be, on average, in ms.
 *
 * @category getters
 */
export const paceOf = ({ quota, window }: RateLimit): number => window / Math.max(1, quota)

/** The places of both rings of a limit. */
const placesOf = ({ quota }: RateLimit): { readonly [Of in Ring]: number } => {
  const tokens = quota < 4 ? 0 : Math.max(1, Math.floor(quota * RESERVE))
  return { calls: quota - tokens, tokens }
}

/**
 * The partitions that a payer's request takes places of, those of the client first. `waiting` says whether more wait in each.
 *
 * @category constructors
 */
export const partitionsOf = (
  limits: ReadonlyArray<RateLimit>,
  { subscriber }: Payer,
  waiting: (per: RateLimit["per"]) => boolean,
): ReadonlyArray<Partition> =>
  (["client", "subscriber"] as const).flatMap((per) => {
    const own = limits.filter((limit) => limit.per === per)
    if (own.length === 0) return []
    const counted = own.map((limit) => ({
      policy: limit.policy,
      window: limit.window + MARGIN,
      places: placesOf(limit),
    }))
    return [{ name: per === "client" ? per : `${per} ${subscriber}`, limits: counted, waiting: waiting(per) }]
  })

/**
 * The same request, for one process of several when nothing counts for all of them: each limit has a share of its places, and calls
 * have at least one.
 *
 * @category combinators
 */
export const shareOf = (request: Request, members: number): Request => ({
  ...request,
  partitions: request.partitions.map((partition) => ({
    ...partition,
    limits: partition.limits.map((limit) => ({
      ...limit,
      places: {
        calls: Math.max(1, Math.floor(limit.places.calls / members)),
        tokens: Math.floor(limit.places.tokens / members),
      },
    })),
  })),
})
