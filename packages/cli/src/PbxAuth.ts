/** The work of the command `pbx-auth`: what is left when the arguments and the environment are in order. */

import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Terminal from "effect/Terminal"
import type { Work } from "./Answer.ts"
import * as Explanation from "./Explanation.ts"
import { exitCodes } from "./Failure.ts"
import * as Telling from "./Telling.ts"

/** Each command loads what only it needs. */
const perform = Effect.fnUntraced(function* (work: Work) {
  switch (work.wants) {
    case "token":
      return yield* (yield* Effect.promise(() => import("./Token.ts"))).print(work.given)
    case "inspect":
      return yield* (yield* Effect.promise(() => import("./Inspection.ts"))).print(work.given)
    case "emulator":
      return yield* (yield* Effect.promise(() => import("./Emulating.ts"))).run(work.given)
    case "tour":
      return yield* (yield* Effect.promise(() => import("./tour/Performance.ts"))).give(work.given)
    case "completions":
      return yield* Console.log((yield* Effect.promise(() => import("./Completion.ts"))).of(work.shell))
  }
})

/**
 * Does the work and returns the exit code. A failure has been printed by then.
 *
 * @category running
 */
export const run = (work: Work, telling: Telling.Telling) =>
  perform(work).pipe(
    Effect.as(0),
    // A user who leaves a question interrupts the command.
    Effect.catchIf(Terminal.isQuitError, () => Effect.interrupt),
    Effect.onExit((exit) => (telling.curl && Exit.isFailure(exit) ? Console.log(Telling.curlFails) : Effect.void)),
    Effect.catchCause((cause) => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
      const failure = Explanation.of(cause)
      return Effect.as(Console.error(Telling.line(telling, failure)), exitCodes[failure.remedy])
    }),
  )
