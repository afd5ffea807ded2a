/**
 * The variables of the environment that commands read. Help, questions and messages are made of this one table. It is loaded at each
 * start, so it imports nothing.
 */

/** What a value may look like: a name, a secret, or words between blanks. */
type Kind = "name" | "secret" | "words"

/**
 * What a variable is.
 *
 * @category models
 */
export interface Described {
  readonly kind: Kind
  /** The question on a terminal if the variable is not set. Absent: it is not asked for. */
  readonly asks?: string
  /** The text in the help. */
  readonly says: string
}

const table = {
  PBX_AUTH_ADDRESS: { kind: "name", says: "The provider's host or origin; --address overrides it" },
  PBX_AUTH_CLIENT_ID: { kind: "name", asks: "Client id", says: "Client id. Some providers have a usual one" },
  PBX_AUTH_CLIENT_SECRET: {
    kind: "secret",
    asks: "Client secret (not shown)",
    says: "Client secret, where the client has one",
  },
  PBX_AUTH_USERNAME: { kind: "name", asks: "Username", says: "User name, where a person signs in" },
  PBX_AUTH_PASSWORD: { kind: "secret", asks: "Password (not shown)", says: "Password, where a person signs in" },
  PBX_AUTH_PASSCODE: {
    kind: "secret",
    asks: "Passcode (not shown)",
    says: "Answer to a second factor, where there is one",
  },
  PBX_AUTH_SCOPES: {
    kind: "words",
    asks: "Scopes, separated by blanks",
    says: "Scopes, separated by blanks, where the provider takes some",
  },
  PBX_AUTH_REFRESH_TOKEN: {
    kind: "secret",
    asks: "Refresh token (not shown)",
    says: "Refresh token, for login --refresh-token",
  },
  PBX_AUTH_PROFILE: { kind: "name", says: "The profile; --profile overrides it" },
  PBX_AUTH_KEY_SOURCE: {
    kind: "name",
    says: "Where login puts the sealing key: file or keyring; --key-source overrides it",
  },
  PBX_AUTH_DIRECTORY: { kind: "name", says: "Where profiles and their sealed tokens are kept, if not as usual" },
} satisfies Record<string, Described>

/**
 * The name of a variable.
 *
 * @category models
 */
export type Variable = keyof typeof table | `PBX_AUTH_${string}`

/**
 * @category constants
 */
export const described: Readonly<Record<keyof typeof table, Described>> = table

/** The variables of a provider from a file. */
const declared = new Map<string, Described>()

/**
 * Adds the variable of an option that a provider declares.
 *
 * @category constructors
 */
export const declare = (name: string, described: Described): void => {
  declared.set(name, described)
}

/**
 * Whether a provider declares an option with this variable.
 *
 * @category guards
 */
export const isDeclared = (name: string): boolean => declared.has(name)

/**
 * The variable of a provider's own option: `accountId` is `PBX_AUTH_ACCOUNT_ID`.
 *
 * @category getters
 */
export const ofOption = (name: string): Variable =>
  `PBX_AUTH_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

const descriptionOf = (name: string): Described =>
  declared.get(name) ?? (table as Readonly<Record<string, Described>>)[name] ?? { kind: "name", says: name }

/**
 * The variable that names a file with the value: `PBX_AUTH_PASSWORD_FILE`. `-` stands for standard input.
 *
 * @category getters
 */
export const fileOf = (name: Variable): `${Variable}_FILE` => `${name}_FILE`

/**
 * The variables with a secret, and those that name a file with one: what another program must not get.
 *
 * @category getters
 */
export const secrets = (): ReadonlyArray<string> =>
  [...Object.entries(table), ...declared].flatMap(([name, { kind }]) =>
    kind === "secret" ? [name, `${name}_FILE`] : [],
  )

/**
 * What is wrong with a value, for a sentence that begins with the variable. A secret may have blanks around it; a line end comes from
 * a file and is never meant.
 *
 * @category getters
 */
export const problemOf = (name: Variable, value: string): string | undefined => {
  const { kind } = descriptionOf(name)
  if (kind === "words") return undefined
  if (value.includes("\r")) {
    return "has a carriage return in it: the file that sets it has Windows line ends (CRLF). Save that file with LF line ends."
  }
  if (value.includes("\n")) return "has a line break in it. Set it without one."
  return kind === "name" && value.trim() !== value ? "has blanks around it. Set it without them." : undefined
}

/**
 * What to do if some are not set, and no person is there to ask.
 *
 * @category getters
 */
export const missing = (...names: ReadonlyArray<string>): string => {
  const [are, them] = names.length === 1 ? ["is", "it"] : ["are", "them"]
  const list = names.join(", ").replace(/, (?=[^,]*$)/, " and ")
  return `${list} ${are} not set. Set ${them}, or run this on a terminal to be asked.`
}

/**
 * The question to a person if the variable is not set.
 *
 * @category getters
 */
export const question = (name: Variable): string => descriptionOf(name).asks ?? name

/**
 * The lines of a command's help.
 *
 * @category getters
 */
export const help: string = [
  "Variables, each asked on the terminal if it is needed and not set:",
  "",
  ...Object.entries(described).map(([name, { says }]) => `  ${name.padEnd(22)}  ${says}`),
  "",
  "What a sign-in needs may be in files: PBX_AUTH_PASSWORD_FILE names one. No secret is ever an argument.",
].join("\n  ")
