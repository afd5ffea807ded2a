/**
 * When to look for what is over. A map that is looked through each time it has doubled keeps little that is over, and costs little.
 */

/**
 * @category models
 */
export class Sweep {
  readonly #least: number
  #at: number

  /** A map with fewer entries than `least` is left alone. */
  constructor(least: number) {
    this.#least = least
    this.#at = least
  }

  /** Before an entry is added: drops those that are over, if it is time. */
  before<Value>(map: Map<string, Value>, isOver: (value: Value) => boolean): void {
    if (map.size < this.#at) return
    for (const [name, value] of map) if (isOver(value)) map.delete(name)
    this.#at = Math.max(this.#least, 2 * map.size)
  }
}
