/** Who waits in this process for a change of which cell. An adapter that hears of changes wakes them. */

import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"

/**
 * - `watch` is what `Cells.watch` promises.
 * - `wake` wakes who watches `name`. `wakeAll` wakes everybody: after a time in which changes may have been missed.
 *
 * @category models
 */
export interface Watchers {
  watch(name: string): Effect.Effect<Effect.Effect<void>, never, Scope.Scope>
  wake(name: string): void
  wakeAll(): void
}

/**
 * @category constructors
 */
export const make = (): Watchers => {
  // One change that nobody waited for is kept. Two are as good as one.
  const watching = new Map<string, Set<Queue.Queue<void>>>()
  const wake = (queues: Iterable<Queue.Queue<void>>) => {
    for (const queue of queues) Queue.offerUnsafe(queue, undefined)
  }
  const begin = (name: string) =>
    Effect.map(Queue.dropping<void>(1), (queue) => {
      const queues = watching.get(name) ?? new Set()
      watching.set(name, queues.add(queue))
      return queue
    })
  const end = (name: string, queue: Queue.Queue<void>) =>
    Effect.sync(() => {
      const queues = watching.get(name)
      queues?.delete(queue)
      if (queues?.size === 0) watching.delete(name)
    })
  return {
    watch: (name) =>
      Effect.map(
        Effect.acquireRelease(begin(name), (queue) => end(name, queue)),
        Queue.take,
      ),
    wake: (name) => wake(watching.get(name) ?? []),
    wakeAll: () => {
      for (const queues of watching.values()) wake(queues)
    },
  }
}
