/** The work of `emulator`: it plays the vendors on a port of this machine, until it is told to end. */

import { run as serve } from "@pbx-auth/emulator/Server"
import { witnessesOf } from "@pbx-auth/emulator/WitnessChoice"
import * as Effect from "effect/Effect"
import type { GivenTo } from "../grammar/Command.ts"
import type { commands } from "../grammar/Grammar.ts"

/**
 * @category running
 */
export const run = ({ detached = false, fault, port, vendor, witness, world }: GivenTo<typeof commands.emulator>) =>
  witnessesOf({ vendor, files: witness }).pipe(
    Effect.flatMap((witnesses) =>
      serve({ port: Number(port), detached, faults: fault, witnesses, ...(world !== undefined && { world }) }),
    ),
    Effect.onInterrupt(() =>
      Effect.sync(() => {
        // A signal is the normal end of this command.
        process.exitCode = 0
      }),
    ),
  )
