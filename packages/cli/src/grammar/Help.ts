/** The help: made of the table of commands, as one text. */

import { styleText } from "node:util"
import { help as variables } from "../shell/Variable.ts"
import type { Command, Flag } from "./Command.ts"
import { commands, everywhere, type Name, typed } from "./Grammar.ts"

const about = [
  "Gets, keeps and renews access tokens of hosted PBXs.",
  "",
  variables,
  "",
  "Exit code: 0 done, 1 report it, 2 configure, 3 sign in with other credentials,",
  "4 passcode, 5 ask an administrator, 6 wait, 7 try again, 8 a person is needed: login.",
].join("\n  ")

type Line = readonly [left: string, right: string]

const flagLine = ([name, { says, short, takes = "" }]: readonly [string, Flag]): Line => {
  const choices = typeof takes === "string" ? undefined : takes
  const value = choices === undefined ? takes : `<${choices.join("|")}>`
  return [`${typed(name)}${short === undefined ? "" : `, -${short}`} ${value}`.trimEnd(), says]
}

const columns = (lines: ReadonlyArray<Line>): string => {
  const widest = Math.max(...lines.map(([left]) => left.length))
  return lines.map(([left, right]) => `  ${left.padEnd(widest)}    ${right}`).join("\n")
}

/**
 * The help of a command, or of the program. Headings are bold where the stream shows colours.
 *
 * @category formatting
 */
export const of = (name: Name | undefined, stream: NodeJS.WriteStream): string => {
  const heading = (words: string) => styleText("bold", words, { stream })
  const command: Command | undefined = name && commands[name]
  const shown = Object.entries(command?.flags ?? {}).filter(([, { hidden }]) => hidden !== true)
  const { argument, examples = [] } = command ?? {}
  const usage = [
    ...["pbx-auth", name ?? "<command>"],
    ...["[flags]", ...(argument === undefined ? [] : [`<${argument.name}>`])],
  ].join(" ")
  const parts: ReadonlyArray<readonly [string, string]> = [
    [
      "DESCRIPTION",
      `  ${[command?.says ?? about, ...(command?.more === undefined ? [] : [command.more])].join("\n\n  ")}`,
    ],
    ["USAGE", `  ${usage}`],
    ...(argument === undefined ? [] : [["ARGUMENTS", columns([[argument.name, argument.says]])] as const]),
    ...(shown.length === 0 ? [] : [["FLAGS", columns(shown.map(flagLine))] as const]),
    ["GLOBAL FLAGS", columns(Object.entries(everywhere).map(flagLine))],
    ...(name !== undefined
      ? []
      : [["COMMANDS", columns(Object.entries(commands).map(([name, { says }]) => [name, says]))] as const]),
    ...(examples.length === 0
      ? []
      : [
          [
            "EXAMPLES",
            examples
              .map(({ command, says }) => (says === undefined ? `  ${command}` : `  # ${says}\n  ${command}`))
              .join("\n\n"),
          ] as const,
        ]),
  ]
  return parts.map(([title, text]) => `${heading(title)}\n${text}`).join("\n\n")
}
