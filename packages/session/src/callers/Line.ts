/**
 * A queue: each entry waits for those before it. It serves the calls of one session, and calls that wait for a turn. To join it, to
 * be next and to leave it cost the same however many wait. Effect's `Semaphore` looks at all waiting fibers each time, so twenty
 * thousand take seconds to leave.
 */

import * as Effect from "effect/Effect"

interface Place {
  before: Place | undefined
  after: Place | undefined
  /** Resumes the fiber; present while the fiber waits. */
  wake: (() => void) | undefined
}

/**
 * @category models
 */
export class Line {
  /** The entry whose turn it is. It keeps its place until it is through, or gives up. */
  #head: Place | undefined
  #tail: Place | undefined

  /** Whether the queue is empty. */
  get isEmpty(): boolean {
    return this.#head === undefined
  }

  /** Whether others wait behind the entry whose turn it is. */
  get hasMore(): boolean {
    return this.#head !== this.#tail
  }

  /** Runs an effect after all that joined before. An interrupted one leaves the queue at once. */
  through<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const place = this.#join()
        const wait = Effect.callback<void>((resume) => {
          place.wake = () => resume(Effect.void)
        })
        const turn: Effect.Effect<void> = Effect.suspend(() =>
          this.#head === place ? Effect.void : Effect.andThen(restore(wait), turn),
        )
        return Effect.ensuring(
          Effect.andThen(turn, restore(effect)),
          Effect.sync(() => this.#leave(place)),
        )
      }),
    )
  }

  #join(): Place {
    const place: Place = { before: this.#tail, after: undefined, wake: undefined }
    if (this.#tail === undefined) this.#head = place
    else this.#tail.after = place
    this.#tail = place
    return place
  }

  #leave(place: Place): void {
    const { after, before } = place
    if (before === undefined) this.#head = after
    else before.after = after
    if (after === undefined) this.#tail = before
    else after.before = before
    // In a microtask: if all leave together, none of them must begin something.
    if (before === undefined && after !== undefined) queueMicrotask(() => this.#head?.wake?.())
  }
}
