/** `node bin.ts --port N [--world FILE.json] [--fault NAME[:args]]… [--witness FILE]… [--vendor ID] [--detached]`: the emulator as a process. Exit 0 when asked to end or for help, 2 when it cannot start. */
import { parseArgs } from "node:util"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { run, StartError } from "./server/Server.ts"
import * as WitnessChoice from "./server/WitnessChoice.ts"

const usage =
  "Usage: emulator --port N [--world FILE.json] [--fault NAME[:key=value,…]]… [--witness FILE]… [--vendor ID] [--detached]"

const help = `${usage}

Plays the token endpoints of hosted-PBX vendors on 127.0.0.1, and prints READY with its origin.

  --port N           from 0 (any free port) to 65535
  --world FILE.json  who exists and how the vendors behave, where it is not as their pages say
  --fault NAME[:…]   what goes wrong, and with which requests; may be given several times
  --witness FILE     plays the witness of this file too, at /@ID; may be given several times. A single one is alone at its vendor's paths
  --vendor ID        plays this vendor alone at its own paths: a witness of a file, or ${WitnessChoice.ids.join(", ")}
  --detached         stays when the shell or terminal that started it is gone

Accounts, worlds and faults: packages/emulator/README.md`

const program = Effect.try({
  try: () =>
    parseArgs({
      options: {
        port: { type: "string" },
        world: { type: "string" },
        fault: { type: "string", multiple: true },
        witness: { type: "string", multiple: true },
        vendor: { type: "string" },
        detached: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values,
  catch: (error) =>
    new StartError({ message: `${error instanceof Error ? error.message : "Bad arguments"}. ${usage}` }),
}).pipe(
  Effect.flatMap(({ detached, fault, help: asked, port, vendor, witness, world }) => {
    if (asked === true) return Console.log(help)
    if (port === undefined || !/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
      return Effect.fail(new StartError({ message: `--port takes a number from 0 (any free port) to 65535. ${usage}` }))
    }
    return Effect.flatMap(WitnessChoice.witnessesOf({ vendor, files: witness }), (witnesses) =>
      run({
        port: Number(port),
        witnesses,
        ...(world !== undefined && { world }),
        ...(fault && { faults: fault }),
        ...(detached !== undefined && { detached }),
      }),
    )
  }),
)

program.pipe(
  Effect.as(0),
  Effect.catch((error) => Effect.as(Console.error(error.message), 2)),
  NodeRuntime.runMain({
    teardown: (exit, onExit) => {
      if (Exit.isSuccess(exit)) return onExit(Number(exit.value))
      // A signal is the normal end of this program.
      onExit(Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
    },
  }),
)
