/**
 * What you can type: the commands, with their flags and what the help says about each. Parser, help, and completions are all made of
 * this one table. It is loaded at each start, so it imports nothing heavy.
 */

import { names } from "./ProviderTable.ts"
import { help } from "./Variable.ts"

/**
 * A flag. The table names it `actAs`, and on the command line it is `--act-as`.
 *
 * @category models
 */
export interface Flag {
  /** What the help says. */
  readonly says: string
  /** What follows it: a word for the help (`URL`), or the possible values. A flag without it is on or off. */
  readonly takes?: string | ReadonlyArray<string>
  /** Which values it accepts, and how to say that, if not every text is valid. */
  readonly valid?: { readonly test: (value: string) => boolean; readonly says: string }
  /** It may be given several times. */
  readonly many?: true
  /** The command does not run without it. */
  readonly needed?: true
  /** One letter that stands for it. */
  readonly short?: string
  /** The help does not show it. */
  readonly hidden?: true
}

/**
 * A command.
 *
 * @category models
 */
export interface Command {
  /** One line. */
  readonly says: string
  /** What its own help says below that line. */
  readonly more?: string
  readonly flags: Readonly<Record<string, Flag>>
  /** The one argument that it needs: a word for the help, and the values to choose from. */
  readonly argument?: { readonly name: string; readonly says: string; readonly takes: ReadonlyArray<string> }
  readonly examples?: ReadonlyArray<{ readonly command: string; readonly says?: string }>
}

/** What a flag holds once it was read. */
type Value<F extends Flag> = F extends { readonly many: true }
  ? ReadonlyArray<string>
  : F extends { readonly takes: infer Takes }
    ? (Takes extends ReadonlyArray<infer Choice> ? Choice : string) | (F extends { needed: true } ? never : undefined)
    : boolean | undefined

/**
 * What a command was given.
 *
 * @category models
 */
export type GivenTo<C extends Command> = { readonly [Name in keyof C["flags"]]: Value<C["flags"][Name]> } & {
  readonly argument: C extends { readonly argument: { readonly takes: ReadonlyArray<infer Choice> } }
    ? Choice
    : undefined
}

/** What `token` and `inspect` have in common. None of it is secret. */
const signingIn = {
  argument: { name: "PROVIDER", says: `Whom to sign in with: ${names.join(", ")}`, takes: names },
  flags: {
    address: {
      takes: "URL",
      says: "The provider's host or origin, where it is not the usual one (or PBX_AUTH_ADDRESS)",
    },
    trailingSlash: {
      says: "Whether the token endpoint's path ends with a slash, where it is not as usual (--no-trailing-slash)",
    },
    actAs: {
      takes: "SUBJECT",
      says: "Act for this user: <extension>@<full domain> (skyswitch), an e-mail (ipex)",
    },
    basicEncoding: {
      takes: ["raw", "form"],
      says: "How HTTP Basic writes client id and secret, where they have special characters (sangoma-cx)",
    },
  },
} as const

const world = { takes: "FILE.json" } as const

/**
 * All commands.
 *
 * @category constants
 */
export const commands = {
  token: {
    says: "Sign in and print an access token",
    more: help,
    argument: signingIn.argument,
    flags: {
      ...signingIn.flags,
      json: { says: "Print the token with what is known of it, as JSON" },
      curlConfig: { says: "Print a line for curl -K -, so that no token stands in a process list" },
    },
    examples: [
      { command: "pbx-auth token skyswitch", says: "Asks on the terminal for what no variable says" },
      {
        command: "pbx-auth token skyswitch --curl-config | curl -K - https://pbx.skyswitch.com/ns-api/",
        says: "Calls the API with it",
      },
      { command: "pbx-auth token ipex --act-as someone@example.test --json", says: "Acts for a user" },
    ],
  },
  inspect: {
    says: "Sign in and show what the provider says about the access token; never the token itself",
    more: help,
    argument: signingIn.argument,
    flags: { ...signingIn.flags, json: { says: "Print it as JSON" } },
    examples: [
      { command: "pbx-auth inspect landstar", says: "Territory, domain, uid, scope and end" },
      { command: "pbx-auth inspect skyswitch --act-as 1001@acmecorp.12345.service", says: "Of a user’s token" },
    ],
  },
  emulator: {
    says: "Play the four vendors' token endpoints on a port of this machine",
    flags: {
      port: {
        takes: "N",
        needed: true,
        valid: {
          test: (value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535,
          says: "a number from 0 (any free port) to 65535",
        },
        says: "From 0 (any free port) to 65535",
      },
      world: { ...world, says: "Who exists and how the vendors behave, where it is not as their pages say" },
      fault: {
        takes: "NAME[:key=value,…]",
        many: true,
        says: "What goes wrong, and with which requests; may be given several times",
      },
      detached: { says: "Stay when the shell or terminal that started it is gone" },
    },
    examples: [
      { command: "pbx-auth emulator --port 4000" },
      {
        command: "pbx-auth emulator --port 4000 --fault server_error:status=503,times=2",
        says: "Answers two requests by 503",
      },
    ],
  },
  tour: {
    says: "Walk the whole lifecycle of all four providers, with real requests to the emulator",
    flags: {
      json: { says: "Print what happens as JSON, one event per line" },
      world: { ...world, hidden: true, says: "Another world than that of the pages" },
    },
  },
} as const satisfies Readonly<Record<string, Command>>

/**
 * @category models
 */
export type Name = keyof typeof commands

/**
 * What `token` and `inspect` are given in common.
 *
 * @category models
 */
export type SigningIn = GivenTo<typeof signingIn & { readonly says: string }>

/**
 * Flags that each command has. The first one of them that is given is obeyed, and nothing else.
 *
 * @category constants
 */
export const everywhere = {
  help: { short: "h", says: "Show help information" },
  version: { short: "v", says: "Show version information" },
  completions: {
    takes: ["bash", "zsh", "fish", "powershell", "sh", "pwsh"],
    says: "Print shell completion script",
  },
} as const satisfies Readonly<Record<string, Flag>>

/**
 * @category models
 */
export type Shell = (typeof everywhere.completions.takes)[number]

/**
 * A flag as it is typed, of its name in the table: `--act-as` of `actAs`.
 *
 * @category formatting
 */
export const typed = (name: string): `--${string}` =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
