/** A vendor of the emulated world as one value: its world with defaults, and its routes. */
import type * as Schema from "effect/Schema"
import type { Provider } from "./Exchange.ts"

/** What a witness is made of. `W` is its world. */
export interface Witness<W> {
  /** As the provider's. */
  readonly id: string
  /** The form of its world. */
  readonly world: Schema.Schema<W>
  /** What the pages print, and what had to be chosen. */
  readonly defaults: W
  /** Makes its routes over a world that may change between requests. */
  readonly make: (world: () => W) => Omit<Provider, "name">
}

/** Defines one. */
export const defineWitness = <W>(witness: Witness<W>): Witness<W> => witness
