/** The manual page, made of the table of commands: pages(7) as `man -l -` reads them, with the macros of man(7). */

import manifest from "../../package.json" with { type: "json" }
import { exitCodes } from "../failure/Failure.ts"
import { described } from "../shell/Variable.ts"
import type { Command, Flag } from "./Command.ts"
import { commands, everywhere, typed } from "./Grammar.ts"

/** A text of ours as roff takes it: a backslash is an escape there, a hyphen is only one when it is said, and a dot begins a request. */
const plain = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("’", "'")
    .replaceAll("…", "...")
    .replace(/^(?=[.'])/gm, "\\&")

const bold = (text: string): string => `\\fB${plain(text)}\\fR`
const italic = (text: string): string => `\\fI${plain(text)}\\fR`

const item = (term: string, says: string): ReadonlyArray<string> => [".TP", term, plain(says)]

const flagLines = ([name, { hidden, says, short, takes }]: readonly [string, Flag]): ReadonlyArray<string> => {
  if (hidden === true) return []
  const value = takes === undefined ? "" : ` ${typeof takes === "string" ? italic(takes) : takes.map(bold).join("|")}`
  return item(`${bold(typed(name))}${short === undefined ? "" : `, ${bold(`-${short}`)}`}${value}`, says)
}

const words = ({ argument, rest, second }: Command): string =>
  [
    ...[argument, second].flatMap((one) =>
      one === undefined ? [] : [one.optional === true || one === second ? `[${italic(one.name)}]` : italic(one.name)],
    ),
    ...(rest === undefined ? [] : [`${bold("--")} ${italic(rest.name)} [${italic("ARG")}...]`]),
  ].join(" ")

const commandLines = ([name, command]: readonly [string, Command]): ReadonlyArray<string> => [
  `.SS ${bold(`pbx-auth ${name}`)} [${italic("flags")}] ${words(command)}`.trimEnd(),
  plain(`${command.says}.`),
  ...[command.argument, command.second, command.rest].flatMap((one) =>
    one === undefined ? [] : item(italic(one.name), one.says),
  ),
  ...Object.entries<Flag>(command.flags).flatMap(flagLines),
  ...(command.examples ?? []).flatMap(({ command: typedIn, says }) => [
    ".PP",
    ...(says === undefined ? [] : [`${plain(says)}:`]),
    ".PP",
    ".RS",
    ".nf",
    plain(typedIn),
    ".fi",
    ".RE",
  ]),
]

const advice: { readonly [remedy in keyof typeof exitCodes]: string } = {
  report: "Report it.",
  configure: "Change an option, a variable, the address, or make room on the disk.",
  sign_in: "Sign in with another user name or password.",
  passcode: "Give a passcode.",
  ask_administrator: "Ask for the right that is missing.",
  wait: "Try again after the moment that is named.",
  retry: "Try again later.",
  log_in: "A person is needed: run pbx-auth login.",
}

/**
 * The page as text.
 *
 * @category formatting
 */
export const page = (): string =>
  [
    `.TH PBX\\-AUTH 1 "" "pbx-auth ${manifest.version}" "User Commands"`,
    ".SH NAME",
    "pbx\\-auth \\- access tokens of hosted PBXs",
    ".SH SYNOPSIS",
    `${bold("pbx-auth")} ${italic("command")} [${italic("flags")}]`,
    ".SH DESCRIPTION",
    plain("It gets, keeps and renews access tokens of hosted PBXs."),
    ".SH COMMANDS",
    ...Object.entries<Command>(commands).flatMap(commandLines),
    ".SH GLOBAL FLAGS",
    ...Object.entries<Flag>(everywhere).flatMap(flagLines),
    ".SH ENVIRONMENT",
    plain("A variable that is needed and not set is asked for on the terminal. PBX_AUTH_PASSWORD_FILE names a file"),
    plain(
      "with the value of PBX_AUTH_PASSWORD, and so for all that a sign-in needs; - is standard input. No secret is an argument.",
    ),
    ...Object.entries(described).flatMap(([name, { says }]) => item(bold(name), says)),
    ".SH EXIT STATUS",
    ...item(bold("0"), "It is done."),
    ...Object.entries(exitCodes).flatMap(([remedy, code]) =>
      item(bold(String(code)), advice[remedy as keyof typeof exitCodes]),
    ),
    ".PP",
    plain("exec gives the exit code of its program; 127 if there is no such program, and 126 if it cannot be run."),
  ].join("\n")
