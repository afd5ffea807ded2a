/** Completions for a shell, by Effect's own generator of such scripts. */

import * as Completions from "effect/cli/Completions"
import { type Command, commands, type Flag, type Shell, typed } from "./Grammar.ts"

const shells = {
  bash: "bash",
  sh: "bash",
  zsh: "zsh",
  fish: "fish",
  powershell: "powershell",
  pwsh: "powershell",
} as const satisfies Readonly<Record<Shell, Completions.Shell>>

const flagOf = ([name, { says, takes }]: readonly [string, Flag]): Completions.FlagDescriptor => ({
  name: typed(name).slice(2),
  aliases: [],
  description: says,
  type:
    takes === undefined
      ? { _tag: "Boolean" }
      : typeof takes === "string"
        ? { _tag: "String" }
        : { _tag: "Choice", values: takes },
})

const commandOf = ([name, { argument, flags, says }]: readonly [string, Command]): Completions.CommandDescriptor => ({
  name,
  description: says,
  flags: Object.entries<Flag>(flags)
    .filter(([, { hidden }]) => hidden !== true)
    .map(flagOf),
  arguments:
    argument === undefined
      ? []
      : [
          {
            name: argument.name,
            description: argument.says,
            required: true,
            variadic: false,
            type: { _tag: "Choice", values: argument.takes },
          },
        ],
  subcommands: [],
})

/**
 * The script for a shell.
 *
 * @category formatting
 */
export const of = (shell: Shell): string =>
  Completions.generate("pbx-auth", shells[shell], {
    name: "pbx-auth",
    description: "Access tokens of hosted PBXs",
    flags: [],
    arguments: [],
    subcommands: Object.entries<Command>(commands).map(commandOf),
  })
