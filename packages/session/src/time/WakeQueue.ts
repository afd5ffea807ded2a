/**
 * Sleepers by the time of their wake, the earliest first. It is a binary heap in which each entry knows its own place. So a hundred
 * thousand sessions are set, cancelled and woken without a search through all of them, and without an object for each.
 */

/**
 * Something that can stand in one queue. Only the queue writes the place; it is `nowhere` outside a queue.
 *
 * @category models
 */
export interface Placed {
  place: number
}

/**
 * The place of an entry that stands in no queue.
 *
 * @category constants
 */
export const nowhere = -1

/**
 * A queue by moments (epoch ms). Each entry stands in it once.
 *
 * @category models
 */
export class WakeQueue<A extends Placed> {
  readonly #waiting: Array<A> = []
  /** The moments in an array beside the entries: an array of only numbers holds no objects. */
  readonly #moments: Array<number> = []

  get size(): number {
    return this.#waiting.length
  }

  /** The earliest moment, or infinity if the queue is empty. */
  get earliest(): number {
    return this.#moments[0] ?? Number.POSITIVE_INFINITY
  }

  /** Adds an entry, or moves it to another moment. */
  set(one: A, at: number): void {
    this.delete(one)
    this.#settle(one, at, this.#waiting.length)
  }

  delete(one: A): void {
    const { place } = one
    // An entry may stand in another queue.
    if (this.#waiting[place] !== one) return
    one.place = nowhere
    const last = this.#waiting.pop()
    const at = this.#moments.pop()
    if (last !== undefined && at !== undefined && last !== one) this.#settle(last, at, place)
  }

  /** Takes out the earliest entry whose moment has come. */
  takeDue(now: number): A | undefined {
    const first = this.#waiting[0]
    if (first === undefined || this.earliest > now) return undefined
    this.delete(first)
    return first
  }

  /** Moves an entry from a free place to its right place. Entries in the way move down, or up. */
  #settle(one: A, at: number, free: number): void {
    const waiting = this.#waiting
    const moments = this.#moments
    const momentOf = (place: number) => moments[place] ?? Number.POSITIVE_INFINITY
    const put = (who: A, moment: number, place: number) => {
      waiting[place] = who
      moments[place] = moment
      who.place = place
    }
    let place = free
    while (place > 0) {
      const up = (place - 1) >> 1
      const above = waiting[up]
      if (above === undefined || momentOf(up) <= at) break
      put(above, momentOf(up), place)
      place = up
    }
    while (true) {
      const left = 2 * place + 1
      const down = momentOf(left + 1) < momentOf(left) ? left + 1 : left
      const below = waiting[down]
      if (below === undefined || momentOf(down) >= at) break
      put(below, momentOf(down), place)
      place = down
    }
    put(one, at, place)
  }
}
