/**
 * The places of all rings, and what is known of them without a request to the limiter.
 *
 * The last look at a ring tells until when it has no place. So however many callers wait, a place costs one look.
 */

import type { RateLimit } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import type * as RateLimiter from "effect/persistence/RateLimiter"
import { Line } from "../engine/Line.ts"
import { type Pauses, Probing } from "../engine/Pauses.ts"
import * as Holds from "./Holds.ts"
import type { Payer } from "./Payers.ts"
import { keyOf, paceOf, type Ring, takeOne } from "./Ring.ts"
import type { Blocked } from "./TokenQueue.ts"

/** When so many rings are known, those with free places again are dropped. */
const SWEEP = 1_024

/**
 * The quotas of one registry.
 *
 * @category models
 */
export class Quotas {
  readonly #limiter: RateLimiter.RateLimiter
  readonly #pauses: Pauses
  /** One look at the rings at a time, so that two callers do not find the same place free. */
  readonly #one = new Line()
  /** Until when a ring has no place. A moment in the past still says which ring is spent first. */
  readonly #spent = new Map<string, number>()
  #sweepAt = SWEEP

  constructor(limiter: RateLimiter.RateLimiter, pauses: Pauses) {
    this.#limiter = limiter
    this.#pauses = pauses
  }

  /** Takes a place of every limit. If one has none, takes none and says why. */
  take(limits: ReadonlyArray<RateLimit>, who: Payer, ring: Ring): Effect.Effect<Blocked | undefined> {
    return Effect.gen({ self: this }, function* () {
      const now = this.#pauses.clock.now()
      const taken: Array<Effect.Effect<unknown>> = []
      const held = (yield* Probing) ? undefined : Holds.held(this.#pauses, limits, who, ring)
      const known = held ?? this.#known(limits, who, ring, now)
      if (known !== undefined) return known
      const wasSpent = (limit: RateLimit) => (this.#spent.has(keyOf(limit, who, ring)) ? 0 : 1)
      // The one that was spent the last time comes first: then nothing has to be given back.
      for (const limit of [...limits].sort((a, b) => wasSpent(a) - wasSpent(b))) {
        const key = keyOf(limit, who, ring)
        const found = yield* takeOne(this.#limiter, limit, key, ring, taken)
        if (found === undefined) {
          this.#spent.delete(key)
          continue
        }
        if (this.#spent.size >= this.#sweepAt) this.#sweep(now)
        this.#spent.set(key, now + found)
        // What was taken of the others is given back: only a request that goes out counts.
        yield* Effect.forEach(taken, (giveBack) => giveBack, { discard: true })
        return { policy: limit.policy, per: limit.per, pace: paceOf(limit), wait: found }
      }
      return undefined
    }).pipe(
      (look) => this.#one.through(look),
      // A store that fails must not stop the calls: what the provider itself says still counts.
      Effect.catch(() =>
        Effect.as(
          Effect.logWarning("pbx-auth: the store of the rate limiter failed; calls go out uncounted"),
          undefined,
        ),
      ),
      Effect.uninterruptible,
    )
  }

  /** Until when a ring has no place, as far as that is known without a look at it. */
  #known(limits: ReadonlyArray<RateLimit>, who: Payer, ring: Ring, now: number): Blocked | undefined {
    for (const limit of limits) {
      const until = this.#spent.get(keyOf(limit, who, ring)) ?? 0
      if (until > now) return { policy: limit.policy, per: limit.per, pace: paceOf(limit), wait: until - now }
    }
    return undefined
  }

  #sweep(now: number): void {
    for (const [name, until] of this.#spent) if (until <= now) this.#spent.delete(name)
    this.#sweepAt = Math.max(SWEEP, 2 * this.#spent.size)
  }
}
