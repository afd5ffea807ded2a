/** The readers of this process that wait for a change of a cell. An adapter that hears of changes wakes them. */

import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
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
  // A latch keeps one change that nobody waited for. Two are as good as one. It wakes a fiber at once, without a turn of the event loop.
  const watching = new Map<string, Set<Latch.Latch>>()
  const begin = (name: string) =>
    Effect.sync(() => {
      const changed = Latch.makeUnsafe()
      watching.set(name, (watching.get(name) ?? new Set()).add(changed))
      return changed
    })
  const end = (name: string, changed: Latch.Latch) =>
    Effect.sync(() => {
      const all = watching.get(name)
      all?.delete(changed)
      if (all?.size === 0) watching.delete(name)
    })
  const wake = (name: string) => {
    // A fiber that is woken may end its watch, or begin another one.
    for (const changed of [...(watching.get(name) ?? [])]) changed.openUnsafe()
  }
  return {
    watch: (name) =>
      Effect.map(
        Effect.acquireRelease(begin(name), (changed) => end(name, changed)),
        (changed) => Effect.andThen(changed.await, Effect.asVoid(changed.close)),
      ),
    wake,
    wakeAll: () => {
      for (const name of [...watching.keys()]) wake(name)
    },
  }
}
