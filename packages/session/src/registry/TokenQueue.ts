/**
 * Token calls that wait while a quota is spent. All moments are of the budget's clock, in ms.
 */

import type { LimitPolicy } from "@pbx-auth/providers/AuthError"
import type { RateLimit } from "@pbx-auth/providers/Provider"
import * as Retry from "@pbx-auth/providers/Retry"

/**
 * Why there is no place.
 *
 * @category models
 */
export interface Blocked {
  readonly policy: LimitPolicy
  readonly per: RateLimit["per"]
  /** How far apart the quota lets requests be, on average, in ms. */
  readonly pace: number
  /** ms */
  readonly wait: number
}

/** How long a token call is still expected after its moment, in ms: the chart comes within a second. */
const GRACE = 3_000

/** What a token call was told. */
interface Promised {
  /** When to come. */
  readonly at: number
  /** Until when it is expected. */
  readonly until: number
  /** How often it was told so. */
  readonly times: number
}

/**
 * Token calls that found no place, the earliest first. Each is promised a moment of its own, as far from the next one's as the
 * provider's quota lets requests follow each other. So they do not all come back at once for one place.
 *
 * @category models
 */
export class TokenQueue {
  readonly #promised = new Map<string, Promised>()
  /** The latest moment that was promised. */
  #last = 0
  #policy: LimitPolicy = "client_minute"
  #pace = 0

  /** The limit that they wait for. */
  get policy(): LimitPolicy {
    return this.#policy
  }

  /** Whether no call is expected any more. */
  isOver(now: number): boolean {
    return this.#head(now) === undefined
  }

  /** Whether the promised moment has come. Without a promise: whether no call is before it. */
  isTurnOf(name: string, now: number): boolean {
    const promised = this.#promised.get(name)
    return promised === undefined ? this.isOver(now) : promised.at <= now
  }

  /** There is no place, so this promises another moment. A call that has a promise already keeps its place in the queue. */
  postpone(name: string, { pace, policy, wait }: Blocked, now: number): void {
    this.#policy = policy
    this.#pace = pace
    let before = 0
    for (const [other, { until }] of this.#promised) {
      if (other === name) break
      if (until >= now) before += 1
    }
    this.#promise(name, now + wait + before * pace, now)
  }

  /** The promised moment. A call without one is the last. */
  promiseOf(name: string, now: number): number {
    return this.#promised.get(name)?.at ?? this.#promise(name, Math.max(now, this.#last) + this.#pace, now)
  }

  leave(name: string): void {
    this.#promised.delete(name)
    if (this.#promised.size === 0) this.#last = 0
  }

  /** How long others give way, in ms, so that a call that is expected now finds a place: two of three places are for token calls. */
  yields(now: number): number {
    const head = this.#head(now)
    return head !== undefined && head <= now + this.#pace ? 2 * this.#pace : 0
  }

  /** The moment of the earliest call, without those that did not come. */
  #head(now: number): number | undefined {
    for (const [name, { at, until }] of this.#promised) {
      if (until >= now) return at
      this.leave(name)
    }
    return undefined
  }

  #promise(name: string, earliest: number, now: number): number {
    const at = Math.ceil(earliest)
    const times = (this.#promised.get(name)?.times ?? 0) + 1
    // The more often it fails, the later the chart tries again, whatever it was told.
    const backoff = Math.min(Retry.maxBackoff, 1_000 * 2 ** (times - 1)) * 1.2
    this.#promised.set(name, { at, until: Math.max(at, now + backoff) + GRACE, times })
    this.#last = Math.max(this.#last, at)
    return at
  }
}
