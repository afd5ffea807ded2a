/** Reads why a command failed. It never repeats what was typed: the user may have put a secret where a name belongs. */

import { existsSync } from "node:fs"
import { isAuthError, pageOf, type Reason, type StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Cause from "effect/Cause"
import { keyFile, keyringFile } from "../profile/Place.ts"
import { isDeclared, ofOption, type Variable } from "../shell/Variable.ts"
import { type Failure, ownErrors, type Place, utc } from "./Failure.ts"
import type { NotRenewed } from "./NotRenewed.ts"

/** What to look at in the environment, or among the flags. */
const placesOfReason: { readonly [Tag in Reason["_tag"]]?: ReadonlyArray<Place> } = {
  BadCredentials: ["PBX_AUTH_USERNAME", "PBX_AUTH_PASSWORD"],
  BadPasscode: ["PBX_AUTH_PASSCODE"],
  PasscodeRequired: ["PBX_AUTH_PASSCODE"],
  ClientRefused: ["PBX_AUTH_CLIENT_ID", "PBX_AUTH_CLIENT_SECRET"],
  // Of a profile's refresh token, `LoginNeeded` tells.
  RenewalRefused: ["PBX_AUTH_REFRESH_TOKEN"],
}

/** The options of the library, as this command's user knows them. */
const placesOfField: { readonly [field: string]: ReadonlyArray<Place> } = {
  address: ["--address"],
  basicEncoding: ["--basic-encoding"],
  plainHttp: ["--plain-http"],
  PBX_AUTH_ADDRESS: ["PBX_AUTH_ADDRESS"],
  "client.id": ["PBX_AUTH_CLIENT_ID"],
  "client.secret": ["PBX_AUTH_CLIENT_SECRET"],
  "credentials.username": ["PBX_AUTH_USERNAME"],
  "credentials.password": ["PBX_AUTH_PASSWORD"],
  scopes: ["PBX_AUTH_SCOPES"],
}

/** An option that a provider declares has a variable of its own. */
const placesOfOwn = (option: string): ReadonlyArray<Place> => {
  const variable = ofOption(option)
  return isDeclared(variable) ? [variable] : []
}

const placesOf = (reason: Reason): ReadonlyArray<Place> => {
  if (reason._tag === "Misconfigured") return placesOfField[reason.field] ?? placesOfOwn(reason.field)
  if (reason._tag === "PasscodeRequired" && reason.unsupportedByProvider === true) return []
  const places = placesOfReason[reason._tag] ?? []
  const isEncodedInTwoWays = reason._tag === "ClientRefused" && reason.basicEncoding !== undefined
  return isEncodedInTwoWays ? [...places, "--basic-encoding"] : places
}

/** What the command's user can do beside what the library says. */
const advice = (reason: Reason): string =>
  reason._tag === "PasscodeRequired" && reason.unsupportedByProvider !== true
    ? " Or log in once on a terminal (pbx-auth login): what is kept then needs no passcode."
    : ""

/** The variable or flag for an option that the library names. */
const asFlag = (fix: string): string =>
  fix
    .replace(/trailingSlash: (true|false)/, "--trailing-slash=$1")
    .replace("set the option plainHttp to true", "add --plain-http")

const inWords = (reason: Reason): string => {
  const places = placesOf(reason)
  if (reason._tag === "Misconfigured" && places.length > 0) return `${places.join(", ")}: ${asFlag(reason.fix)}`
  const said =
    reason._tag === "RenewalRefused" && !reason.fix && reason.garbled !== true && reason.sameToken !== true
      ? "The provider refused the refresh token: it has ended, it was used before, or it is another client's."
      : reason.message + advice(reason)
  const line = reason.retryAt === undefined ? said : `${said} Not before ${utc(reason.retryAt)}.`
  return places.length === 0 ? line : `${line} (${places.join(", ")})`
}

interface Wordy {
  readonly _tag: string
  readonly message: string
  readonly variable?: Variable
  readonly variables?: ReadonlyArray<Variable>
  readonly reason?: Reason
  readonly code?: number
  readonly profile?: string
}

/** What to do about an error of the command, where it is not to configure something. */
const remedies: { readonly [tag: string]: Failure["remedy"] } = { TourFailed: "report", LoginNeeded: "log_in" }

const notRenewed = ({ code, message, remedy, retryAt }: NotRenewed): Failure => ({
  error: code,
  remedy,
  line: `${message}${retryAt === null ? "" : ` Not before ${utc(retryAt)}.`}`,
  places: [],
  retryAt,
})

const hasOwnWords = (error: unknown): error is Wordy =>
  error instanceof Error && "_tag" in error && ownErrors.includes(String(error._tag))

/** What is wrong with a store, and where that store is. */
const inStore = ({ message, problem }: StoreFailed, directory: string): string =>
  problem === "unknown_key" && !existsSync(keyringFile(directory))
    ? `What is kept was sealed with another key. Restore ${keyFile(directory)}, or run pbx-auth login.`
    : message.includes(directory)
      ? message
      : `${message} (It is in ${directory}.)`

/**
 * The failure, with what it is about: the folder of all that is kept, and the profile if it is about one.
 *
 * @category combinators
 */
export const within = (
  failure: Failure,
  { directory, name }: { readonly directory: string; readonly name?: string },
): Failure => ({
  ...failure,
  ...(failure.reason?._tag === "StoreFailed" && { line: inStore(failure.reason, directory) }),
  ...(name !== undefined && { profile: name }),
})

/**
 * The failure of a cause.
 *
 * @category constructors
 */
export const of = (cause: Cause.Cause<unknown>): Failure => {
  const error = Cause.squash(cause)
  if (isAuthError(error)) {
    const { page, reason, remedy } = error
    return { error: reason._tag, remedy, line: inWords(reason), places: placesOf(reason), reason, page }
  }
  if (error instanceof Error && "_tag" in error && error._tag === "NotRenewed") return notRenewed(error as NotRenewed)
  if (hasOwnWords(error)) {
    const { code, message: line, profile, reason, variable, variables } = error
    return {
      error: error._tag,
      remedy: remedies[error._tag] ?? "configure",
      line,
      places: variables ?? (variable === undefined ? [] : [variable]),
      ...(reason !== undefined && { reason, page: pageOf(reason._tag) }),
      ...(code !== undefined && { code }),
      ...(profile !== undefined && { profile }),
    }
  }
  return {
    error: "Unexpected",
    remedy: "report",
    line: "Something went wrong inside of pbx-auth. Report what you did, without any secret.",
    places: [],
  }
}
