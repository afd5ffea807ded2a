/** Completions for a shell, by Effect's own generator of such scripts. */

import * as Completions from "effect/cli/Completions"
import type { Argument, Command, Flag } from "./Command.ts"
import { commands, type Shell, typed } from "./Grammar.ts"

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

const argumentOf = ({ name, optional, says, takes }: Argument): Completions.ArgumentDescriptor => ({
  name,
  description: says,
  required: optional !== true,
  variadic: false,
  type: takes === undefined ? { _tag: "String" } : { _tag: "Choice", values: takes },
})

const commandOf = ([name, { argument, flags, says, second }]: readonly [
  string,
  Command,
]): Completions.CommandDescriptor => ({
  name,
  description: says,
  flags: Object.entries<Flag>(flags)
    .filter(([, { hidden }]) => hidden !== true)
    .map(flagOf),
  arguments: [argument, second].flatMap((one) => (one === undefined ? [] : [argumentOf(one)])),
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
