#!/usr/bin/env node
/** The process: its arguments, its terminal, its exit code. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Failure from "./Failure.ts"
import * as PbxAuth from "./PbxAuth.ts"
import * as QuestionTerminal from "./QuestionTerminal.ts"

/** What a shell gives for a program that was interrupted: 128 + SIGINT. */
const interrupted = 130

PbxAuth.run(process.argv.slice(2)).pipe(
  Effect.as(0),
  Effect.catchCause((cause) => {
    if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
    const { code, line } = Failure.of(cause)
    return Effect.as(line === undefined ? Effect.void : Console.error(`pbx-auth: ${line}`), code)
  }),
  Effect.provide(Layer.provideMerge(QuestionTerminal.layer, NodeServices.layer)),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, onExit) =>
      onExit(Exit.isSuccess(exit) ? Number(exit.value) : Number(process.exitCode ?? interrupted)),
  }),
)
