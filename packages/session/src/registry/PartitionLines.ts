/**
 * The queues of one registry, by partition. An empty one is not kept.
 */

import * as Effect from "effect/Effect"
import { Line } from "../callers/Line.ts"

/**
 * @category models
 */
export class PartitionLines {
  readonly #lines = new Map<string, Line>()

  /** Whether more entries wait in a partition's queue, behind the one whose turn it is. */
  hasMore(partition: string): boolean {
    return this.#lines.get(partition)?.hasMore ?? false
  }

  /** Runs an effect after those that came before. */
  through<A, E>(partition: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      const line = this.#lines.get(partition) ?? new Line()
      this.#lines.set(partition, line)
      return Effect.ensuring(
        line.through(effect),
        Effect.sync(() => {
          if (line.isEmpty) this.#lines.delete(partition)
        }),
      )
    })
  }
}
