/**
 * How a command says that it failed: one line on standard error that says what to do, and an exit code by the remedy, so that a
 * script knows without reading.
 *
 * Nothing that was typed is repeated in the line: somebody may have put a secret where a name belongs.
 */

import { isAuthError, type Reason, type Remedy } from "@pbx-auth/providers/AuthError"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { names } from "./ProviderName.ts"
import type { Variable } from "./Variable.ts"

/**
 * A command was given something that it cannot do.
 *
 * @category errors
 */
export class Usage extends Schema.TaggedError<Usage>()("Usage", { problem: Schema.String }) {
  override get message(): string {
    return this.problem
  }
}

/**
 * The exit codes by remedy; 0 is success.
 *
 * @category constants
 */
export const exitCodes: { readonly [R in Remedy]: number } = {
  report: 1,
  configure: 2,
  sign_in: 3,
  passcode: 4,
  ask_administrator: 5,
  wait: 6,
  retry: 7,
}

/**
 * Where to look: a variable of the environment, or a flag.
 *
 * @category models
 */
export type Place = Variable | `--${string}`

/**
 * What is left to say and to give back.
 *
 * @category models
 */
export interface Failure {
  /** What failed, in one word: a reason of `AuthError`, or an error of the command itself. */
  readonly error: string
  readonly remedy: Remedy
  /** One line; absent where everything was said. */
  readonly line?: string
  readonly places: ReadonlyArray<Place>
  /** Absent where no provider was involved. */
  readonly reason?: Reason
}

/** What to look at in the environment, or among the flags. */
const placesOfReason: { readonly [Tag in Reason["_tag"]]?: ReadonlyArray<Place> } = {
  BadCredentials: ["PBX_AUTH_USERNAME", "PBX_AUTH_PASSWORD"],
  BadPasscode: ["PBX_AUTH_PASSCODE"],
  PasscodeRequired: ["PBX_AUTH_PASSCODE"],
  ClientRefused: ["PBX_AUTH_CLIENT_ID", "PBX_AUTH_CLIENT_SECRET"],
}

/** The options of the library, as this command's user knows them. */
const placesOfField: { readonly [field: string]: ReadonlyArray<Place> } = {
  address: ["--address"],
  basicEncoding: ["--basic-encoding"],
  PBX_AUTH_ADDRESS: ["PBX_AUTH_ADDRESS"],
  "client.id": ["PBX_AUTH_CLIENT_ID"],
  "client.secret": ["PBX_AUTH_CLIENT_SECRET"],
  "credentials.username": ["PBX_AUTH_USERNAME"],
  "credentials.password": ["PBX_AUTH_PASSWORD"],
  scopes: ["PBX_AUTH_SCOPES"],
}

const placesOf = (reason: Reason): ReadonlyArray<Place> => {
  if (reason._tag === "Misconfigured") return placesOfField[reason.field] ?? []
  if (reason._tag === "PasscodeRequired" && reason.unsupportedByProvider === true) return []
  const places = placesOfReason[reason._tag] ?? []
  const isEncodedInTwoWays = reason._tag === "ClientRefused" && reason.basicEncoding !== undefined
  return isEncodedInTwoWays ? [...places, "--basic-encoding"] : places
}

/** An option that the library names, as this command has it. */
const asFlag = (fix: string): string => fix.replace(/trailingSlash: (true|false)/, "--trailing-slash=$1")

const reasonInWords = (reason: Reason): string => {
  const places = placesOf(reason)
  if (reason._tag === "Misconfigured" && places.length > 0) return `${places.join(", ")}: ${asFlag(reason.fix)}`
  if (reason._tag === "Throttled") return `${reason.message} Not before ${utc(reason.retryAt)}.`
  return places.length === 0 ? reason.message : `${reason.message} (${places.join(", ")})`
}

/**
 * A moment in epoch ms as a person and a program read it, to the second.
 *
 * @category formatting
 */
export const utc = (epochMs: number): string => DateTime.formatIso(DateTime.makeUnsafe(epochMs)).replace(/\.\d+Z$/, "Z")

const flag = (name: string): Place => `--${name.replace(/^-+/, "")}`

/** `"a" | "b"`, as the parser says it, or a sentence of ours. */
const choice = (expected: string): string => expected.replaceAll('"', "").replaceAll(" | ", ", ")

/** A word that looks as if somebody wanted to pass a secret by it. */
const secretive = /secret|pass|token|code|user|client|scope/i

const usageInWords = (error: CliError.CliError): string => {
  switch (error._tag) {
    case "UnrecognizedOption": {
      // No more than a word: what follows a "=" is a value.
      const option = /^-{1,2}[a-z][a-z-]{0,30}/i.exec(error.option)?.[0] ?? "an option"
      return secretive.test(option)
        ? `There is no ${option}: arguments can be seen by others. Set PBX_AUTH_… instead (see --help).`
        : `There is no ${option} here. See --help.`
    }
    case "MissingArgument":
      return error.argument === "PROVIDER"
        ? `PROVIDER is missing. Choose ${names.join(", ")}.`
        : `${error.argument} is missing. See --help.`
    case "MissingOption":
      return `${flag(error.option)} is missing. See --help.`
    case "InvalidValue":
      return `${error.kind === "flag" ? flag(error.option) : error.option} takes ${choice(error.expected)}.`
    case "UnexpectedArgument":
      return "There is an argument too many. See --help."
    case "UnknownSubcommand":
      return "There is no such command. Choose token, inspect, emulator or tour. See --help."
    default:
      return "The arguments cannot be understood. See --help."
  }
}

/**
 * Reads a failure.
 *
 * @category constructors
 */
export const of = (cause: Cause.Cause<unknown>): Failure => {
  const error = Cause.squash(cause)
  if (isAuthError(error)) {
    const { reason, remedy } = error
    return { error: reason._tag, remedy, line: reasonInWords(reason), places: placesOf(reason), reason }
  }
  if (CliError.isCliError(error)) {
    const problems = error._tag === "ShowHelp" ? error.errors : [error]
    const [first] = problems
    const usage = {
      error: "Usage",
      remedy: "configure",
      places: first === undefined ? [] : placesOfUsage(first),
    } as const
    return first === undefined ? usage : { ...usage, line: usageInWords(first) }
  }
  if (!hasOwnWords(error)) {
    return {
      error: "Unexpected",
      remedy: "report",
      line: "Something went wrong inside of pbx-auth. Report what you did, without any secret.",
      places: [],
    }
  }
  return {
    error: error._tag,
    remedy: error._tag === "TourFailed" ? "report" : "configure",
    line: error.message,
    places: error.variable === undefined ? [] : [error.variable],
  }
}

/** The flag that is meant, if it is one of ours: what was typed may be anything. */
const placesOfUsage = (error: CliError.CliError): ReadonlyArray<Place> =>
  error._tag === "MissingOption" || (error._tag === "InvalidValue" && error.kind === "flag") ? [flag(error.option)] : []

/**
 * The errors of this program and of the emulator whose messages say what to change.
 *
 * @category constants
 */
export const ownErrors: ReadonlyArray<string> = [
  "Usage",
  "Missing",
  "Malformed",
  "OutputFailed",
  "StartError",
  "WorldError",
  "TourFailed",
]

interface Wordy {
  readonly _tag: string
  readonly message: string
  readonly variable?: Variable
}

const hasOwnWords = (error: unknown): error is Wordy =>
  error instanceof Error && "_tag" in error && ownErrors.includes(String(error._tag))
