#!/usr/bin/env node
/** The process: its arguments, its terminal, its exit code. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as PbxAuth from "./PbxAuth.ts"
import * as ProcessServices from "./ProcessServices.ts"
import * as StandardOutput from "./StandardOutput.ts"
import * as Telling from "./Telling.ts"

/** What a shell gives for a program that was interrupted: 128 + SIGINT. */
const interrupted = 130

const args = process.argv.slice(2)

const console = StandardOutput.make((cause, isGone) => {
  // Whoever read the output has left, as `head` does: nothing more will reach anybody. 128 + SIGPIPE, as a shell gives.
  if (isGone) process.exit(141)
  void Effect.runPromise(Telling.tell(Telling.of(args), cause)).then((code) => process.exit(code))
})
process.stderr.on("error", () => {})

PbxAuth.run(args).pipe(
  Effect.provide(ProcessServices.layer),
  Effect.provideService(Console.Console, console),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // A command for which an interruption is no failure has set the exit code itself.
    teardown: (exit, onExit) =>
      onExit(Exit.isSuccess(exit) ? Number(exit.value) : Number(process.exitCode ?? interrupted)),
  }),
)
