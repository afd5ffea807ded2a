/**
 * What you can type: the commands, with their flags and what the help says about each. Parser, help, and completions are all made of
 * this one table. It is loaded at each start, so it imports nothing heavy.
 */

import { isName, nameRule } from "../profile/Profile.ts"
import * as ProviderPath from "../provider/ProviderPath.ts"
import { isName as isProvider, names, whoCan } from "../provider/ProviderTable.ts"
import { help } from "../shell/Variable.ts"
import type { Command, Flag, GivenTo } from "./Command.ts"

/** Where the provider is, and how it wants to be asked. None of it is secret. */
const endpoint = {
  address: {
    takes: "URL",
    says: "The provider's host or origin, where it is not the usual one (or PBX_AUTH_ADDRESS)",
  },
  trailingSlash: {
    says: "Whether the token endpoint's path ends with a slash, where it is not as usual (--no-trailing-slash)",
  },
  basicEncoding: {
    takes: ["raw", "form"],
    says: `How HTTP Basic writes client id and secret, where they have special characters (${whoCan("takesBasic")})`,
  },
  plainHttp: {
    says: `Take an http:// address in a private network, where everybody on the way reads the secrets (${whoCan("takesPlainHttp")})`,
  },
} as const

/** How providers name a user. */
const user = "<extension>@<full domain>, or an e-mail"

const actAs = {
  takes: "SUBJECT",
  says: `Act for this user: ${user} (${whoCan("actsForOthers")})`,
} as const

const profile = {
  takes: "NAME",
  valid: { test: isName, says: nameRule },
  says: "The profile, where it is not the default one (or PBX_AUTH_PROFILE)",
} as const

const wait = {
  takes: "DURATION",
  valid: { test: (value: string) => /^\d{1,6}(ms|s|m|h)$/.test(value), says: "a duration such as 30s, 5m or 1h" },
  says: "Wait so long for the end of an outage or of a pause, such as 30s or 5m",
} as const

const curlConfig = { says: "Print a line for curl -K -, so that no token stands in a process list" } as const

const provider = {
  name: "PROVIDER",
  says: `Whom to sign in with: ${names.join(", ")}`,
  takes: names,
  otherwise: "a file of your own by --provider",
} as const

const providerFile = {
  takes: "FILE",
  valid: { test: ProviderPath.isPath, says: ProviderPath.rule },
  says: "In place of PROVIDER: a file of your own with a provider. It is code that is given passwords",
} as const

const keySource = {
  takes: ["file", "keyring"],
  says: "Where the key is that seals what is kept, for all profiles (or PBX_AUTH_KEY_SOURCE)",
} as const

/** How a person signs in at a browser, where the provider wants that. */
const atBrowser = {
  device: { says: "Sign in at any browser with a code (RFC 8628), where the provider offers that" },
  browser: { says: "Sign in at a browser on this machine, which comes back to 127.0.0.1 (RFC 8252)" },
  open: { says: "Open the page in that browser. Other users of this machine may see its address meanwhile" },
} as const

/** What `token` and `inspect` have in common. */
const signingIn = {
  argument: { ...provider, says: `${provider.says}. Without it: the kept token of a profile`, optional: true },
  flags: {
    provider: providerFile,
    address: endpoint.address,
    plainHttp: endpoint.plainHttp,
    trailingSlash: endpoint.trailingSlash,
    actAs,
    basicEncoding: endpoint.basicEncoding,
    ...atBrowser,
    profile,
    wait,
  },
} as const

const shells = ["bash", "zsh", "fish", "powershell", "sh", "pwsh"] as const

const world = { takes: "FILE.json" } as const

/**
 * All commands.
 *
 * @category constants
 */
export const commands = {
  login: {
    says: "Sign in once and keep the tokens, sealed, in a profile",
    more: help,
    argument: {
      ...provider,
      says: `${provider.says}. It may be left out when the profile exists`,
      optional: true,
    },
    flags: {
      provider: providerFile,
      ...endpoint,
      profile: { ...profile, says: "The name of the profile, where it is not the provider's (or PBX_AUTH_PROFILE)" },
      refreshToken: { says: "Begin with the refresh token in PBX_AUTH_REFRESH_TOKEN, not with a password" },
      ...atBrowser,
      keySource,
      wait,
      json: { says: "Print what is known of it as JSON; never a token" },
    },
    examples: [
      { command: "pbx-auth login skyswitch", says: "Asks on the terminal for what no variable says" },
      {
        command: "PBX_AUTH_PASSWORD_FILE=/run/secrets/pbx pbx-auth login ipex --profile office",
        says: "Reads the password from a file",
      },
      { command: "pbx-auth login --provider ./acme.ts --profile acme --device", says: "Shows a page and a code" },
    ],
  },
  token: {
    says: "Print an access token: the kept one of a profile, or a new one of a provider",
    more: help,
    argument: signingIn.argument,
    flags: {
      ...signingIn.flags,
      json: { says: "Print the token with what is known of it, as JSON" },
      curlConfig,
    },
    examples: [
      { command: "pbx-auth token", says: "The kept token of the default profile, renewed if that is due" },
      { command: "pbx-auth token skyswitch", says: "Signs in now, and keeps nothing" },
      {
        command: "pbx-auth token skyswitch --curl-config | curl -K - https://pbx.skyswitch.com/ns-api/",
        says: "Calls the API with it",
      },
      { command: "pbx-auth token --provider ./my-provider.ts", says: "Signs in with a provider of your own" },
      { command: "pbx-auth token ipex --act-as someone@example.test --json", says: "Acts for a user" },
    ],
  },
  "act-as": {
    says: "Print an access token that acts for a user, with the kept token of a profile, and keep it",
    argument: { name: "SUBJECT", says: `The user: ${user}, as the provider names users` },
    flags: { profile, wait, json: { says: "Print the token with what is known of it, as JSON" }, curlConfig },
    examples: [{ command: "pbx-auth act-as 1001@acmecorp.12345.service" }],
  },
  exec: {
    says: "Run a program with an access token in its environment only",
    more: [
      "The token is in PBX_AUTH_TOKEN. The program gets no other secret of pbx-auth: PBX_AUTH_PASSWORD and its like",
      "are taken out of its environment. Signals go on to it, and its exit code is the exit code of this command.",
    ].join("\n  "),
    rest: { name: "CMD", says: "The program and its arguments" },
    flags: {
      profile,
      actAs,
      variable: {
        takes: "NAME",
        valid: { test: (value) => /^[A-Za-z_]\w{0,99}$/.test(value), says: "the name of a variable" },
        says: "The variable that holds the token, where it is not PBX_AUTH_TOKEN",
      },
      wait,
      json: { says: "Print an error of this command as JSON" },
    },
    examples: [{ command: "pbx-auth exec -- ./export-calls.sh --since yesterday" }],
  },
  status: {
    says: "Show what is kept: profiles, the ends of their tokens, and whether a person is needed; never a token",
    flags: { profile: { ...profile, says: "Only this profile" }, json: { says: "Print it as JSON" } },
    examples: [{ command: "pbx-auth status" }],
  },
  inspect: {
    says: "Show what the provider says about the access token; never the token itself",
    more: help,
    argument: signingIn.argument,
    flags: { ...signingIn.flags, json: { says: "Print it as JSON" } },
    examples: [
      { command: "pbx-auth inspect landstar", says: "Territory, domain, uid, scope and end" },
      { command: "pbx-auth inspect skyswitch --act-as 1001@acmecorp.12345.service", says: "Of a user’s token" },
    ],
  },
  keep: {
    says: "Renew the kept tokens of a profile if that is due, for a timer or cron",
    more: "Exit code 8 says that a person is needed: run pbx-auth login.",
    flags: {
      profile,
      all: { says: "All profiles that are signed in" },
      wait,
      json: { says: "Print what was done as JSON, one line for each profile" },
    },
    examples: [{ command: "pbx-auth keep --all --wait 2m" }],
  },
  logout: {
    says: "Sign out: revoke the tokens of a profile where the provider can, and forget its secrets",
    flags: { profile, json: { says: "Print it as JSON" } },
    examples: [{ command: "pbx-auth logout --profile office" }],
  },
  profiles: {
    says: "List, add and remove profiles, and choose the default one",
    argument: {
      name: "ACTION",
      says: "list (if left out), add, remove or default",
      takes: ["list", "add", "remove", "default"],
      optional: true,
    },
    second: { name: "NAME", says: "The profile to add, to remove, or to make the default one" },
    flags: {
      provider: {
        takes: "PROVIDER|FILE",
        valid: {
          test: (value) => isProvider(value) || ProviderPath.isPath(value),
          says: `${names.join(", ")}, or ${ProviderPath.rule}`,
        },
        says: "With add: the provider, or a file of your own with one",
      },
      ...endpoint,
      keySource,
      json: { says: "Print it as JSON" },
    },
    examples: [
      { command: "pbx-auth profiles" },
      { command: "pbx-auth profiles add nightly --provider ipex", says: "Keeps what it needs, and does not sign in" },
      { command: "pbx-auth profiles default nightly" },
    ],
  },
  emulator: {
    says: "Play the token endpoints of four vendors on a port of this machine",
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
      witness: {
        takes: "FILE",
        many: true,
        valid: { test: ProviderPath.isPath, says: ProviderPath.rule },
        says: "Play the vendor of this file, too; may be given several times. A single one has its own paths here",
      },
      vendor: { takes: "ID", says: "Play this vendor alone, at its own paths: that of a file, or another one of ours" },
      detached: { says: "Stay when the shell or terminal that started it is gone" },
    },
    examples: [
      { command: "pbx-auth emulator --port 4000" },
      {
        command: "pbx-auth emulator --port 4000 --fault server_error:status=503,times=2",
        says: "Answers two requests by 503",
      },
      {
        command: "pbx-auth emulator --port 4000 --witness ./acme-witness.ts",
        says: "Plays a vendor of your own, at its own paths",
      },
    ],
  },
  tour: {
    says: "Walk the whole lifecycle of four providers, with real requests to the emulator",
    flags: {
      json: { says: "Print what happens as JSON, one event per line" },
      world: { ...world, hidden: true, says: "Another world than that of the pages" },
    },
  },
  completion: {
    says: "Print the completions for a shell",
    argument: { name: "SHELL", says: "Your shell", takes: shells },
    flags: {},
    examples: [{ command: "source <(pbx-auth completion bash)" }],
  },
  man: { says: "Print the manual page, for man -l -", flags: {}, examples: [{ command: "pbx-auth man | man -l -" }] },
  help: {
    says: "Show help information, as --help does",
    argument: { name: "COMMAND", says: "The command to show the help of", optional: true },
    flags: {},
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
    takes: shells,
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
