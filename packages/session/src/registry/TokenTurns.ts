/**
 * How token calls take their turn: from places of their own, or else from those of all, and only for a short time.
 *
 * They do not wait in the queue, because a presentation holds a claim meanwhile. Without a place they fail as `Throttled`, each with
 * a moment of its own (see `TokenQueue`), and the chart comes back then.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { RateLimit } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import type { SessionClock } from "../time/SessionClock.ts"
import { Sweep } from "../time/Sweep.ts"
import { type Payer, partitionOf } from "./Payers.ts"
import type { Quotas } from "./Quotas.ts"
import { type Blocked, TokenQueue } from "./TokenQueue.ts"

/** How long a token call waits, in ms: its claim is valid for its deadline and five seconds. */
const TOKEN_PATIENCE = 2_000

/** From the places of token calls, or else from those of all. */
const EITHER = ["tokens", "calls"] as const

/** When so many queues are kept, those without an expected call are dropped. */
const SWEEP = 1_024

/**
 * The token calls of one registry that wait.
 *
 * @category models
 */
export class TokenTurns {
  readonly #quotas: Quotas
  readonly #clock: SessionClock
  /** By partition. */
  readonly #queues = new Map<string, TokenQueue>()
  readonly #sweep = new Sweep(SWEEP)

  constructor(quotas: Quotas, clock: SessionClock) {
    this.#quotas = quotas
    this.#clock = clock
  }

  /** How long a call gives way, in ms, so that token calls that are expected now go first. */
  yields(who: Payer): number {
    const now = this.#clock.now()
    const of = (per: RateLimit["per"]) => this.#queues.get(partitionOf(per, who))?.yields(now) ?? 0
    return Math.max(of("client"), of("subscriber"))
  }

  /**
   * Takes a turn. If there is none, the call is expected again under `name`. `late` makes the error, from the limit and the promised
   * moment.
   */
  take(
    limits: ReadonlyArray<RateLimit>,
    who: Payer,
    name: string,
    late: (policy: Blocked["policy"], at: number) => AuthError,
  ): Effect.Effect<void, AuthError> {
    const partitions = { client: partitionOf("client", who), subscriber: partitionOf("subscriber", who) }
    const queues = () => Object.values(partitions).flatMap((partition) => this.#queues.get(partition) ?? [])
    const leave = Effect.sync(() => {
      for (const queue of queues()) queue.leave(name)
    })
    const attempt = (left: number): Effect.Effect<void, AuthError> =>
      Effect.gen({ self: this }, function* () {
        let now = this.#clock.now()
        let queue = queues().find((one) => !one.isTurnOf(name, now))
        if (queue === undefined) {
          const blocked = yield* this.#quotas.take(limits, who, EITHER)
          if (blocked === undefined) return yield* leave
          now = this.#clock.now()
          queue = this.#queueOf(partitions[blocked.per], now)
          queue.postpone(name, blocked, now)
        }
        const at = queue.promiseOf(name, now)
        const wait = Math.max(1, at - now)
        if (wait > left) return yield* late(queue.policy, at)
        yield* Effect.sleep(wait)
        yield* attempt(left - wait)
      })
    return Effect.onInterrupt(attempt(TOKEN_PATIENCE), () => leave)
  }

  #queueOf(partition: string, now: number): TokenQueue {
    const known = this.#queues.get(partition)
    if (known !== undefined) return known
    this.#sweep.before(this.#queues, (one) => one.isOver(now))
    const queue = new TokenQueue()
    this.#queues.set(partition, queue)
    return queue
  }
}
