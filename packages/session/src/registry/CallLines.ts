/**
 * The queues in which API calls wait for their turn: first come, first served, one per subscriber and one per client id. A call that
 * stops waiting leaves nothing behind.
 */

import type { AuthError, LimitPolicy } from "@pbx-auth/providers/AuthError"
import type { RateLimit } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import type { Pauses } from "../pace/Pauses.ts"
import { toldAt } from "../time/SessionClock.ts"
import * as Holds from "./Holds.ts"
import type { PartitionLines } from "./PartitionLines.ts"
import { type Payer, partitionOf } from "./Payers.ts"
import { MARGIN } from "./Places.ts"
import type { Quotas } from "./Quotas.ts"
import type { Blocked } from "./TokenQueue.ts"
import type { TokenTurns } from "./TokenTurns.ts"

/**
 * A call that waits for a turn. `retryAt` (epoch ms) and `policy` are known for the first in line, and `undefined` for those behind.
 *
 * @category models
 */
export interface Waiting {
  readonly subscriber: string
  readonly policy: LimitPolicy | undefined
  readonly retryAt: number | undefined
}

/** A waiting call. Mutable; its moments are of the monotonic clock. */
interface Place {
  readonly subscriber: string
  policy: LimitPolicy | undefined
  until: number | undefined
}

/**
 * The queues of one registry.
 *
 * @category models
 */
export class CallLines {
  readonly #quotas: Quotas
  readonly #lines: PartitionLines
  readonly #tokens: TokenTurns
  readonly #pauses: Pauses
  readonly #places = new Set<Place>()

  constructor(quotas: Quotas, lines: PartitionLines, tokens: TokenTurns, pauses: Pauses) {
    this.#quotas = quotas
    this.#lines = lines
    this.#tokens = tokens
    this.#pauses = pauses
  }

  /** The calls that wait now, in no particular order. */
  get waiting(): ReadonlyArray<Waiting> {
    return [...this.#places].map(({ policy, subscriber, until }) => ({
      subscriber,
      policy,
      retryAt: until && toldAt(this.#pauses.clock, until),
    }))
  }

  #now(): number {
    return this.#pauses.clock.now()
  }

  /**
   * Waits for a turn, and takes it. `patience` is in ms; without it, as long as necessary. `late` makes the error for a call that
   * waits longer, or would have to. `onPause` hears what the first in line waits for.
   */
  turn(
    limits: ReadonlyArray<RateLimit>,
    who: Payer,
    patience: number | undefined,
    late: (policy: LimitPolicy, at: number) => AuthError,
    onPause?: (error: AuthError) => void,
  ): Effect.Effect<void, AuthError> {
    const place: Place = { subscriber: who.subscriber, policy: undefined, until: undefined }
    const waits = ({ policy, wait }: Blocked) =>
      Effect.suspend(() => {
        place.policy = policy
        place.until = this.#now() + wait
        onPause?.(late(policy, place.until))
        return Effect.sleep(wait)
      })
    const look = Effect.andThen(this.#standBack(who), this.#quotas.take(limits, who, ["calls"]))
    /** First in the client's queue: until there is a place, or until the subscriber's own quota is what is spent. */
    const first: Effect.Effect<Blocked | undefined> = Effect.flatMap(look, (blocked) =>
      blocked?.per === "client" ? Effect.andThen(waits(blocked), first) : Effect.succeed(blocked),
    )
    const firstOfOwn: Effect.Effect<void> = Effect.flatMap(
      this.#lines.through(partitionOf("client", who), first),
      (blocked) => (blocked === undefined ? Effect.void : Effect.andThen(waits(blocked), firstOfOwn)),
    )
    const line = this.#lines.through(partitionOf("subscriber", who), firstOfOwn)
    return Effect.suspend(() => {
      this.#places.add(place)
      if (patience === undefined) return line
      // No call waits in line for a place that comes too late for it.
      const held = Holds.held(this.#pauses, limits, who, "calls")
      if (held !== undefined && held.wait > patience) return late(held.policy, this.#now() + held.wait)
      return Effect.timeoutOrElse(line, {
        duration: patience,
        orElse: () =>
          Effect.suspend(() => {
            const now = this.#now()
            const { policy = "client_minute", until = now + MARGIN } = place
            return late(policy, Math.max(now, until))
          }),
      })
    }).pipe(Effect.ensuring(Effect.sync(() => this.#places.delete(place))))
  }

  /** A call lets token calls that are expected now go first: a renewal must not starve behind a bulk job. */
  #standBack(who: Payer): Effect.Effect<void> {
    return Effect.suspend(() => {
      const wait = this.#tokens.yields(who)
      return wait === 0 ? Effect.void : Effect.sleep(wait)
    })
  }
}
