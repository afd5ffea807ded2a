/**
 * How requests take their places, and what is known of the places without asking for them.
 *
 * The last answer tells until when a ring has no place. So however many callers wait, a place costs one request to the quota.
 */

import type { RateLimit } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import { Line } from "../callers/Line.ts"
import { type Pauses, Probing } from "../pace/Pauses.ts"
import type { Answer, Request, Ring } from "../SharedQuota.ts"
import { Sweep } from "../time/Sweep.ts"
import * as Holds from "./Holds.ts"
import type { PartitionLines } from "./PartitionLines.ts"
import { type Payer, partitionOf } from "./Payers.ts"
import { paceOf, partitionsOf } from "./Places.ts"
import type { Blocked } from "./TokenQueue.ts"

/** When so many rings are known, those with free places again are dropped. */
const SWEEP = 1_024

/**
 * What counts the requests. It never fails.
 *
 * @category models
 */
export interface Counting {
  readonly take: (request: Request) => Effect.Effect<Answer>
}

/** The name of a ring of a limit. */
const nameOf = ({ per, policy }: RateLimit, who: Payer, ring: Ring): string =>
  `${policy} ${partitionOf(per, who)} ${ring}`

/** The one that ends first. */
const soonest = (a: Blocked | undefined, b: Blocked): Blocked => (a === undefined || b.wait < a.wait ? b : a)

/**
 * The quotas of one registry.
 *
 * @category models
 */
export class Quotas {
  readonly #member = crypto.randomUUID()
  readonly #counting: Counting
  readonly #lines: PartitionLines
  readonly #pauses: Pauses
  /** One request at a time, so that the next caller knows its answer. */
  readonly #one = new Line()
  /** Until when a ring has no place. */
  readonly #spent = new Map<string, number>()
  readonly #sweep = new Sweep(SWEEP)

  constructor(counting: Counting, lines: PartitionLines, pauses: Pauses) {
    this.#counting = counting
    this.#lines = lines
    this.#pauses = pauses
  }

  /** Takes a place of every limit, in the first of the rings that has them. If none has, takes none and says why. */
  take(limits: ReadonlyArray<RateLimit>, who: Payer, rings: ReadonlyArray<Ring>): Effect.Effect<Blocked | undefined> {
    return Effect.gen({ self: this }, function* () {
      const now = this.#pauses.clock.now()
      const isProbing = yield* Probing
      const open: Array<Ring> = []
      let known: Blocked | undefined
      for (const ring of rings) {
        const held = isProbing ? undefined : Holds.held(this.#pauses, limits, who, ring)
        const blocked = held ?? this.#known(limits, who, ring, now)
        if (blocked === undefined) open.push(ring)
        else known = soonest(known, blocked)
      }
      if (open.length === 0) return known
      const partitions = partitionsOf(limits, who, (per) => this.#lines.hasMore(partitionOf(per, who)))
      const request = { member: this.#member, client: who.client, rings: open, partitions }
      const { spent, taken } = yield* this.#counting.take(request)
      if (taken !== undefined) return undefined
      for (const { limit, partition, ring, wait } of spent) {
        const policy = partitions[partition]?.limits[limit]?.policy
        const found = limits.find((one) => one.policy === policy)
        if (found === undefined) continue
        this.#sweep.before(this.#spent, (until) => until <= now)
        this.#spent.set(nameOf(found, who, ring), now + wait)
        known = soonest(known, { policy: found.policy, per: found.per, pace: paceOf(found), wait })
      }
      return known
    }).pipe((asking) => this.#one.through(asking))
  }

  /** Until when a ring has no place, as far as that is known. */
  #known(limits: ReadonlyArray<RateLimit>, who: Payer, ring: Ring, now: number): Blocked | undefined {
    for (const limit of limits) {
      const until = this.#spent.get(nameOf(limit, who, ring)) ?? 0
      if (until > now) return { policy: limit.policy, per: limit.per, pace: paceOf(limit), wait: until - now }
    }
    return undefined
  }
}
