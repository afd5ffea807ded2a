#!/usr/bin/env node
/** The process: its arguments, its terminal, its exit code. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as PbxAuth from "./PbxAuth.ts"
import * as ProcessServices from "./ProcessServices.ts"

/** What a shell gives for a program that was interrupted: 128 + SIGINT. */
const interrupted = 130

// Whoever read the output has left, as `head` does: nothing more will reach anybody. 128 + SIGPIPE, as a shell gives.
process.stdout.on("error", () => process.exit(141))
process.stderr.on("error", () => {})

PbxAuth.run(process.argv.slice(2)).pipe(
  Effect.provide(ProcessServices.layer),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // A command for which an interruption is no failure has set the exit code itself.
    teardown: (exit, onExit) =>
      onExit(Exit.isSuccess(exit) ? Number(exit.value) : Number(process.exitCode ?? interrupted)),
  }),
)
