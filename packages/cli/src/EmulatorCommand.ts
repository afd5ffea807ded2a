/** `pbx-auth emulator`: plays the vendors on a port of this machine, until it is told to end. */

import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

export const emulatorCommand = Command.make(
  "emulator",
  {
    port: Flag.String("port").pipe(
      Flag.withMetavar("N"),
      Flag.filter(
        (port) => /^\d{1,5}$/.test(port) && Number(port) <= 65_535,
        () => "a number from 0 (any free port) to 65535",
      ),
      Flag.map(Number),
      Flag.withDescription("From 0 (any free port) to 65535"),
    ),
    world: Flag.String("world").pipe(
      Flag.withMetavar("FILE.json"),
      Flag.withDescription("Who exists and how the vendors behave, where it is not as their pages say"),
      Flag.optional,
    ),
    fault: Flag.String("fault").pipe(
      Flag.withMetavar("NAME[:key=value,…]"),
      Flag.withDescription("What goes wrong, and with which requests; may be given several times"),
      Flag.atLeast(0),
    ),
    detached: Flag.Boolean("detached").pipe(
      Flag.withDescription("Stay when the shell or terminal that started it is gone"),
      Flag.withDefault(false),
    ),
  },
  Effect.fnUntraced(function* ({ detached, fault, port, world }) {
    // A web server takes a while to load, which the other commands need not wait for.
    const { run } = yield* Effect.promise(() => import("@pbx-auth/emulator/Server"))
    const file = Option.getOrUndefined(world)
    yield* Effect.onInterrupt(run({ port, detached, faults: fault, ...(file !== undefined && { world: file }) }), () =>
      Effect.sync(() => {
        // A signal is how this command ends well.
        process.exitCode = 0
      }),
    )
  }),
).pipe(
  Command.withDescription("Play the four vendors' token endpoints on a port of this machine"),
  Command.withExamples([
    { command: "pbx-auth emulator --port 4000" },
    {
      command: "pbx-auth emulator --port 4000 --fault server_error:status=503,times=2",
      description: "Answers two requests by 503",
    },
  ]),
)
