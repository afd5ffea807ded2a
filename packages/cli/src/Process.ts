/** The process that a command works in: its services, its signals, its exit code. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Telling } from "./failure/Telling.ts"
import * as PbxAuth from "./PbxAuth.ts"
import * as ProcessServices from "./shell/ProcessServices.ts"
import type { Work } from "./start/Answer.ts"

/** What a shell gives for a program that was interrupted: 128 + SIGINT. */
const interrupted = 130

/**
 * Does the work, and ends the process with its exit code.
 *
 * @category running
 */
export const run = (work: Work, telling: Telling, console: Console.Console): void =>
  PbxAuth.run(work, telling).pipe(
    Effect.provide(ProcessServices.layer),
    Effect.provideService(Console.Console, console),
    NodeRuntime.runMain({
      disableErrorReporting: true,
      // A command for which an interruption is no failure has set the exit code itself.
      teardown: (exit, onExit) =>
        onExit(Exit.isSuccess(exit) ? Number(exit.value) : Number(process.exitCode ?? interrupted)),
    }),
  )
