/** The work of `emulator`: it plays the vendors on a port of this machine, until it is told to end. */

import { run as serve } from "@pbx-auth/emulator/Server"
import * as Effect from "effect/Effect"
import type { commands, GivenTo } from "./Grammar.ts"

/**
 * @category running
 */
export const run = ({ detached = false, fault, port, world }: GivenTo<typeof commands.emulator>) =>
  Effect.onInterrupt(
    serve({ port: Number(port), detached, faults: fault, ...(world !== undefined && { world }) }),
    () =>
      Effect.sync(() => {
        // A signal is the normal end of this command.
        process.exitCode = 0
      }),
  )
