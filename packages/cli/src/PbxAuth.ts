/** The command `pbx-auth`. */

import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import manifest from "../package.json" with { type: "json" }
import { emulatorCommand } from "./EmulatorCommand.ts"
import { inspectCommand } from "./InspectCommand.ts"
import * as Telling from "./Telling.ts"
import { tokenCommand } from "./TokenCommand.ts"
import { tourCommand } from "./TourCommand.ts"
import { help } from "./Variable.ts"

/** Standard output holds what was asked for; help that nobody asked for goes to standard error, and a mistake is told in one line later. */
const presenter = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.void
      : event._tag === "Help" && event.reason === "Implicit"
        ? Effect.flatMap(CliOutput.Formatter, (formatter) => Console.error(formatter.formatHelpDoc(event.helpDoc)))
        : CliOutput.defaultPresenter.present(event),
})

const config = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })

const command = Command.make("pbx-auth").pipe(
  Command.withDescription(
    [
      "Access tokens of hosted PBXs: SkySwitch, Landstar, IPEX, Sangoma CX.",
      "",
      help,
      "",
      "Exit code: 0 done, 1 report it, 2 configure, 3 sign in with other credentials,",
      "4 passcode, 5 ask an administrator, 6 wait, 7 try again.",
    ].join("\n  "),
  ),
  Command.withSubcommands([tokenCommand, inspectCommand, emulatorCommand, tourCommand]),
)

/**
 * Runs it with these arguments and gives the exit code. A failure has been told then.
 *
 * @category running
 */
export const run = (args: ReadonlyArray<string>) => {
  const telling = Telling.of(args)
  return Command.runWith(command, { version: manifest.version })(args).pipe(
    Effect.as(0),
    Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : Telling.toCurl(telling))),
    Effect.catchCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.interrupt : Telling.tell(telling, cause))),
    Effect.provide(Layer.merge(presenter, config)),
  )
}
