/** Reads why a command failed. It never repeats what was typed: the user may have put a secret where a name belongs. */

import { isAuthError, type Reason } from "@pbx-auth/providers/AuthError"
import * as Cause from "effect/Cause"
import { type Failure, ownErrors, type Place, utc } from "./Failure.ts"
import type { NotRenewed } from "./NotRenewed.ts"
import type { Variable } from "./Variable.ts"

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

/** The variable or flag for an option that the library names. */
const asFlag = (fix: string): string => fix.replace(/trailingSlash: (true|false)/, "--trailing-slash=$1")

const inWords = (reason: Reason): string => {
  const places = placesOf(reason)
  if (reason._tag === "Misconfigured" && places.length > 0) return `${places.join(", ")}: ${asFlag(reason.fix)}`
  const line = reason.retryAt === undefined ? reason.message : `${reason.message} Not before ${utc(reason.retryAt)}.`
  return places.length === 0 ? line : `${line} (${places.join(", ")})`
}

interface Wordy {
  readonly _tag: string
  readonly message: string
  readonly variable?: Variable
  readonly reason?: Reason
  readonly code?: number
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

/**
 * The failure of a cause.
 *
 * @category constructors
 */
export const of = (cause: Cause.Cause<unknown>): Failure => {
  const error = Cause.squash(cause)
  if (isAuthError(error)) {
    const { reason, remedy } = error
    return { error: reason._tag, remedy, line: inWords(reason), places: placesOf(reason), reason }
  }
  if (error instanceof Error && "_tag" in error && error._tag === "NotRenewed") return notRenewed(error as NotRenewed)
  if (hasOwnWords(error)) {
    const { code, message: line, reason, variable } = error
    return {
      error: error._tag,
      remedy: remedies[error._tag] ?? "configure",
      line,
      places: variable === undefined ? [] : [variable],
      ...(reason !== undefined && { reason }),
      ...(code !== undefined && { code }),
    }
  }
  return {
    error: "Unexpected",
    remedy: "report",
    line: "Something went wrong inside of pbx-auth. Report what you did, without any secret.",
    places: [],
  }
}
