/**
 * Reads the arguments. Node's own `parseArgs` splits them; this file says what they mean, and what is wrong with them. A mistake
 * never repeats what was typed: the user may have put a secret where a name belongs.
 */

import { parseArgs } from "node:util"
import type { Place } from "../failure/Failure.ts"
import type { Argument, Command, Flag, GivenTo } from "./Command.ts"
import { commands, everywhere, type Name, type Shell, typed } from "./Grammar.ts"

/**
 * A command that cannot be done as it was typed.
 */
interface Mistake {
  readonly wants: "mistake"
  /** One line that says what to type instead. */
  readonly problem: string
  readonly places: ReadonlyArray<Place>
}

/**
 * A command, with its arguments and flags.
 *
 * @category models
 */
export type Run = {
  readonly [N in Exclude<Name, "completion" | "help">]: {
    readonly wants: N
    readonly given: GivenTo<(typeof commands)[N]>
  }
}[Exclude<Name, "completion" | "help">]

/**
 * What the user wants.
 *
 * @category models
 */
export type Invocation =
  | { readonly wants: "help"; readonly of: Name | undefined; readonly isAsked: boolean }
  | { readonly wants: "version" }
  | { readonly wants: "completions"; readonly shell: Shell }
  | Mistake
  | Run

const mistake = (problem: string, ...places: ReadonlyArray<Place>): Mistake => ({ wants: "mistake", problem, places })

/** A word for a flag with which a user might try to pass a secret. */
const secretive = /secret|pass|token|code|user|client|scope/i

const unknown = (rawName: string): Mistake => {
  // Only a word: what follows a "=" is a value.
  const option = /^-{1,2}[a-z][a-z-]{0,30}/i.exec(rawName)?.[0] ?? "an option"
  return secretive.test(option)
    ? mistake(`There is no ${option}: arguments can be seen by others. Set PBX_AUTH_… instead (see --help).`)
    : mistake(`There is no ${option} here. See --help.`)
}

const yes = ["true", "yes", "on", "1", "y"]
const no = ["false", "no", "off", "0", "n"]

const truthOf = (text: string): boolean | undefined =>
  yes.includes(text) ? true : no.includes(text) ? false : undefined

type Flags = Record<string, string | boolean | ReadonlyArray<string> | undefined>

interface Read {
  readonly flags: Flags
  /** What is no flag and no flag's value, with its place among the arguments. */
  readonly words: ReadonlyArray<{ readonly word: string; readonly at: number }>
  readonly mistakes: ReadonlyArray<Mistake & { readonly at: number }>
}

const readFlags = (args: ReadonlyArray<string>, table: Readonly<Record<string, Flag>>): Read => {
  const known = new Map(Object.entries(table).map(([name, flag]) => [typed(name).slice(2), { name, ...flag }]))
  const options = [...known].map(([option, { short, takes }]) => {
    const type = takes === undefined ? ("boolean" as const) : ("string" as const)
    return [option, short === undefined ? { type } : { type, short }] as const
  })
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(options),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const flags: Flags = {}

  /** Reads one flag; returns what is wrong with it. */
  const read = (option: string, rawName: string, value: string | undefined, isInline: boolean): Mistake | undefined => {
    const negated = option.startsWith("no-") ? known.get(option.slice("no-".length)) : undefined
    const flag = known.get(option) ?? (negated?.takes === undefined ? negated : undefined)
    if (flag === undefined) return unknown(rawName)
    const { many, name, takes, valid } = flag
    const place = typed(name)
    if (takes === undefined) {
      if (flag === negated && value !== undefined) return mistake(`--${option} takes no value.`, place)
      const truth = truthOf(value ?? "true")
      if (truth === undefined) return mistake(`${place} takes true or false.`, place)
      flags[name] = flag === negated ? false : truth
      return
    }
    const choices = typeof takes === "string" ? undefined : takes
    // What looks like a flag is one; `--flag=-value` is for a value that begins so.
    const isGiven = value !== undefined && (isInline || !value.startsWith("-"))
    if (!isGiven || choices?.includes(value) === false) {
      return mistake(`${place} takes ${choices?.join(", ") ?? valid?.says ?? takes}.`, place)
    }
    if (valid?.test(value) === false) return mistake(`${place} takes ${valid.says}.`, place)
    if (many === true) flags[name] = [flags[name] ?? [], value].flat().map(String)
    else if (flags[name] !== undefined) return mistake(`${place} takes at most 1 value.`, place)
    else flags[name] = value
    return
  }

  const words: Array<Read["words"][number]> = []
  const mistakes: Array<Read["mistakes"][number]> = []
  // The previous flag, if it is on or off and has no value yet: `--json false`.
  let open: string | undefined
  for (const token of tokens) {
    const before = open
    open = undefined
    if (token.kind === "positional") {
      const truth = truthOf(token.value)
      if (before !== undefined && truth !== undefined) flags[before] = truth
      else words.push({ word: token.value, at: token.index })
    } else if (token.kind === "option") {
      const wrong = read(token.name, token.rawName, token.value, token.inlineValue === true)
      if (wrong !== undefined) mistakes.push({ ...wrong, at: token.index })
      const flag = known.get(token.name)
      if (flag?.takes === undefined && token.value === undefined) open = flag?.name
    }
  }
  return { flags, words, mistakes }
}

const isCommand = (word: string): word is Name => Object.hasOwn(commands, word)

const wrongWord = ({ name, optional, otherwise, takes }: Argument, word: string | undefined): Mistake | undefined => {
  const choices = takes && `${takes.join(", ")}${otherwise === undefined ? "" : `, or ${otherwise}`}`
  if (word === undefined) {
    if (optional === true) return undefined
    return mistake(choices === undefined ? `${name} is missing. See --help.` : `${name} is missing. Choose ${choices}.`)
  }
  return takes?.includes(word) === false ? mistake(`${name} takes ${choices}.`) : undefined
}

const missing = (command: Command, given: Flags, [word]: ReadonlyArray<string>): Mistake | undefined => {
  const { argument, flags } = command
  const [needed] = Object.keys(flags).filter((name) => flags[name]?.needed === true && given[name] === undefined)
  if (needed !== undefined) return mistake(`${typed(needed)} is missing. See --help.`, typed(needed))
  return argument === undefined ? undefined : wrongWord(argument, word)
}

/** The arguments of the command itself, and what stands behind `--` if that belongs to another program. */
const split = (args: ReadonlyArray<string>, takesRest: boolean) => {
  const end = takesRest ? args.indexOf("--") : -1
  return end === -1 ? { own: args, rest: [] } : { own: args.slice(0, end), rest: args.slice(end + 1) }
}

/**
 * Reads the arguments of a process, without Node's and the program's own names.
 *
 * @category constructors
 */
export const read = (args: ReadonlyArray<string>): Invocation => {
  const first = readFlags(args, everywhere)
  const [found] = first.words
  const name = found !== undefined && isCommand(found.word) ? found.word : undefined
  if (first.flags.help === true) return { wants: "help", of: name, isAsked: true }
  if (first.flags.version === true) return { wants: "version" }
  const shell = first.flags.completions
  if (shell !== undefined) return { wants: "completions", shell: shell as Shell }
  // Flags before the command belong to every command, or to none.
  const before = first.mistakes.find(({ at }) => found === undefined || at < found.at)
  if (before !== undefined) return before
  if (found === undefined) return { wants: "help", of: undefined, isAsked: false }
  if (name === undefined) return noSuchCommand()
  const command: Command = commands[name]
  const { own, rest } = split(
    args.filter((_, at) => at !== found.at),
    command.rest !== undefined,
  )
  const { flags, mistakes, words } = readFlags(own, { ...everywhere, ...command.flags })
  const [wrong] = mistakes
  if (wrong !== undefined) return wrong
  if (command.rest !== undefined && rest.length === 0) {
    return mistake(
      `${command.rest.name} is missing. Put the program behind --: pbx-auth ${name} -- ${command.rest.name}.`,
    )
  }
  const most = [command.argument, command.second].filter((one) => one !== undefined).length
  if (words.length > most) {
    return mistake(
      command.rest === undefined
        ? command.argument === undefined && "profile" in command.flags
          ? `${name} takes no argument. Choose a profile by --profile NAME.`
          : "There is an argument too many. See --help."
        : `Put the program behind --: pbx-auth ${name} -- ${command.rest.name}.`,
    )
  }
  const all = words.map(({ word }) => word)
  const lack = missing(command, flags, all)
  if (lack !== undefined) return lack
  for (const [flag, { many }] of Object.entries(command.flags)) if (many === true) flags[flag] ??= []
  const [argument, second] = all
  if (name === "completion") return { wants: "completions", shell: argument as Shell }
  if (name === "help") {
    return argument === undefined || isCommand(argument)
      ? { wants: "help", of: argument, isAsked: true }
      : noSuchCommand()
  }
  const given = {
    ...flags,
    argument,
    ...(command.second !== undefined && { second }),
    ...(command.rest !== undefined && { rest }),
  }
  // The table says what is required and which values there are; all of that was checked.
  return { wants: name, given } as unknown as Run
}

const noSuchCommand = (): Mistake =>
  mistake(`There is no such command. Choose ${list(Object.keys(commands))}. See --help.`)

/** `a, b or c`. */
const list = (words: ReadonlyArray<string>): string => `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`
