/**
 * A line in which those who come wait for those who came before: calls of one session, calls that wait for a turn. To join it, to be next and to leave it cost the same however many
 * wait: Effect's `Semaphore` looks at all who wait each time, so that twenty thousand take seconds to leave.
 */

import * as Effect from "effect/Effect"

interface Place {
  before: Place | undefined
  after: Place | undefined
  /** Goes on; there while its fiber waits. */
  wake: (() => void) | undefined
}

/**
 * @category models
 */
export class Line {
  /** Whose turn it is: the place is kept until that one is through, or gives up. */
  #head: Place | undefined
  #tail: Place | undefined

  /** Nobody is in it. */
  get isEmpty(): boolean {
    return this.#head === undefined
  }

  /** Runs an effect when those are through who came before. Who is interrupted leaves the line at once. */
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
    // Not at once: where all leave together, none of them is to begin something meanwhile.
    if (before === undefined && after !== undefined) queueMicrotask(() => this.#head?.wake?.())
  }
}
