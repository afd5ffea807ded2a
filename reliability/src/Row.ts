/**
 * One line of the contract.
 */
import type * as Effect from "effect/Effect"
import type { Finding } from "./Finding.ts"
import type { Lab } from "./Lab.ts"

export interface Row {
  /** `R1`. */
  readonly id: string
  /** What goes wrong. */
  readonly fault: string
  /** What must hold all the same. */
  readonly bar: string
  /** What was measured of other libraries; absent where none was measured. */
  readonly others?: string
  /** What the row does, in a sentence. */
  readonly means: string
  /** Sees for itself. It does not fail: what it cannot see is a defect. */
  readonly run: (lab: Lab) => Effect.Effect<Finding>
}
