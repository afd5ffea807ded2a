/**
 * Who is to be woken when, the earliest first: a binary heap that knows everybody's place, so that a hundred thousand sessions
 * are set, taken back and woken without anybody's looking at all of them.
 */

interface Entry<K> {
  readonly key: K
  readonly at: number
  place: number
}

/**
 * A queue of keys by moments (epoch ms); each key stands in it once.
 *
 * @category models
 */
export class WakeQueue<K> {
  readonly #heap: Array<Entry<K>> = []
  readonly #entries = new Map<K, Entry<K>>()

  get size(): number {
    return this.#heap.length
  }

  /** The earliest moment, or infinity when nobody waits. */
  get earliest(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY
  }

  /** Puts a key in, or moves it to another moment. */
  set(key: K, at: number): void {
    this.delete(key)
    const entry = { key, at, place: 0 }
    this.#entries.set(key, entry)
    this.#settle(entry, this.#heap.length)
  }

  delete(key: K): void {
    const entry = this.#entries.get(key)
    const last = entry && this.#heap.pop()
    this.#entries.delete(key)
    if (last && last !== entry) this.#settle(last, entry.place)
  }

  /** Takes out the earliest key whose moment has come. */
  takeDue(now: number): K | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.at > now) return undefined
    this.delete(first.key)
    return first.key
  }

  /** Puts an entry where it belongs, from a place that is free; who stands in its way moves down, or up. */
  #settle(entry: Entry<K>, free: number): void {
    const heap = this.#heap
    const put = (one: Entry<K>, place: number) => {
      heap[place] = one
      one.place = place
    }
    let place = free
    for (
      let above = heap[(place - 1) >> 1];
      place > 0 && above && above.at > entry.at;
      above = heap[(place - 1) >> 1]
    ) {
      const next = above.place
      put(above, place)
      place = next
    }
    while (true) {
      const left = heap[2 * place + 1]
      const right = heap[2 * place + 2]
      const below = left && right && right.at < left.at ? right : left
      if (below === undefined || below.at >= entry.at) break
      const next = below.place
      put(below, place)
      place = next
    }
    put(entry, place)
  }
}
