/**
 * How a command reports a failure: one line on standard error that says what to do, or the same as JSON, and an exit code that
 * depends on the remedy, so a script need not read the text. It is loaded at each start, so it imports nothing heavy.
 */

import type { Reason, Remedy } from "@pbx-auth/providers/AuthError"
import type { FailureReport } from "./FailureReport.ts"
import type { Variable } from "./Variable.ts"

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
 * What is left to print, and the exit code.
 *
 * @category models
 */
export interface Failure {
  /** What failed, in one word: a reason of `AuthError`, or an error of the command itself. */
  readonly error: string
  readonly remedy: Remedy
  /** One line. */
  readonly line: string
  readonly places: ReadonlyArray<Place>
  /** Absent if no provider was involved. */
  readonly reason?: Reason
}

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

/**
 * A moment in epoch ms as a person and a program read it, to the second. It is rounded up: nobody who waits until then is too early.
 *
 * @category formatting
 */
export const utc = (epochMs: number): string =>
  new Date(Math.ceil(epochMs / 1_000) * 1_000).toISOString().replace(".000Z", "Z")

/**
 * The failure as `--json` prints it.
 *
 * @category conversions
 */
export const report = ({ error, line, places, reason, remedy }: Failure): FailureReport => ({
  error,
  message: line,
  remedy,
  exit_code: exitCodes[remedy],
  look_at: places,
  provider: reason?.provider ?? null,
  status: reason?.status ?? null,
  code: reason?.code ?? null,
  retry_at: reason?.retryAt === undefined ? null : utc(reason.retryAt),
  policy: reason?._tag === "Throttled" ? (reason.policy ?? null) : null,
  host: reason?._tag === "Unavailable" ? (reason.host ?? null) : null,
  failed: reason?._tag === "Unavailable" ? (reason.failed ?? null) : null,
})
