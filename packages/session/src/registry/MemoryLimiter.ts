/**
 * The default limiter of a registry: it counts in this process only.
 */

import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RateLimiter from "effect/persistence/RateLimiter"

/** When so many counters are kept, those that have ended are dropped. */
const SWEEP = 1_024

/**
 * A store of the limiter in this process that forgets what has ended. Effect's own keeps every key for good, and a budget has one for
 * each request of the last hour.
 */
const layerStore: Layer.Layer<RateLimiter.RateLimiterStore> = Layer.effect(
  RateLimiter.RateLimiterStore,
  Effect.map(RateLimiter.RateLimiterStore, (store) => {
    const counters = new Map<string, { count: number; expiresAt: number }>()
    let sweepAt = SWEEP
    const sweep = (now: number) => {
      for (const [key, { expiresAt }] of counters) if (expiresAt <= now) counters.delete(key)
      sweepAt = Math.max(SWEEP, 2 * counters.size)
    }
    return RateLimiter.RateLimiterStore.of({
      ...store,
      fixedWindow: ({ key, limit, refillRate, tokens }) =>
        Effect.map(Clock.monotonicTimeNanos, (nanos) => {
          // A window is a span: a wall clock that is set back must not make it longer.
          const now = Number(nanos / 1_000_000n)
          if (counters.size >= sweepAt) sweep(now)
          const known = counters.get(key)
          const { count, expiresAt } =
            known === undefined || known.expiresAt <= now ? { count: 0, expiresAt: now } : known
          const next = count + tokens
          if (limit !== undefined && next > limit) return [next, expiresAt - now] as const
          const ends = expiresAt + tokens * Duration.toMillis(refillRate)
          if (next > 0 && ends > now) counters.set(key, { count: next, expiresAt: ends })
          else counters.delete(key)
          return [next, ends - now] as const
        }),
    })
  }),
).pipe(Layer.provide(RateLimiter.layerStoreMemory))

/**
 * The limiter, over that store.
 *
 * @category layers
 */
export const layer: Layer.Layer<RateLimiter.RateLimiter> = Layer.provide(RateLimiter.layer, layerStore)
