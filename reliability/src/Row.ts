/**
 * One line of the contract.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { Enough, type Finding, Notes } from "./Finding.ts"
import type { Lab } from "./Lab.ts"

export interface Row {
  /** `R1`. */
  readonly id: string
  /** What goes wrong. */
  readonly fault: string
  /** What must hold all the same. */
  readonly bar: string
  /** What was measured of other libraries; absent if none was measured. */
  readonly others?: string
  /** What the row does, in a sentence. */
  readonly means: string
  /** Runs it. */
  readonly run: (lab: Lab) => Effect.Effect<Finding>
}

/** What a row finds in a lab. A row that throws has fallen short. */
export const see = (row: Row, lab: Lab): Promise<Finding> =>
  Effect.runPromise(
    row.run(lab).pipe(
      Effect.catchCause((cause) => {
        const thrown = Cause.squash(cause)
        return Effect.succeed(
          thrown instanceof Enough
            ? thrown.finding
            : new Notes().must(`it ends: ${Cause.pretty(cause)}`, false).finding,
        )
      }),
    ),
  )
