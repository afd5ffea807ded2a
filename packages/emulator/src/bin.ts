/** `node bin.ts --port N [--world FILE.json] [--fault NAME[:args]]…`: the emulator as a process. Exit 0 when asked to end, 2 when it cannot start. */
import { parseArgs } from "node:util"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { run, StartError } from "./Server.ts"

const usage = "Usage: emulator --port N [--world FILE.json] [--fault NAME[:key=value,…]]…"

const options = Effect.try({
  try: () =>
    parseArgs({
      options: { port: { type: "string" }, world: { type: "string" }, fault: { type: "string", multiple: true } },
    }).values,
  catch: (error) =>
    new StartError({ message: `${error instanceof Error ? error.message : "Bad arguments"}. ${usage}` }),
}).pipe(
  Effect.flatMap(({ port, world, fault }) =>
    port !== undefined && /^\d{1,5}$/.test(port) && Number(port) <= 65_535
      ? Effect.succeed({ port: Number(port), ...(world !== undefined && { world }), ...(fault && { faults: fault }) })
      : Effect.fail(new StartError({ message: `--port takes a number from 0 (any free port) to 65535. ${usage}` })),
  ),
)

Effect.flatMap(options, run).pipe(
  Effect.as(0),
  Effect.catch((error) => Effect.as(Console.error(error.message), 2)),
  NodeRuntime.runMain({
    teardown: (exit, onExit) => {
      if (Exit.isSuccess(exit)) return onExit(Number(exit.value))
      // A signal interrupts: that is how this program ends well.
      onExit(Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
    },
  }),
)
