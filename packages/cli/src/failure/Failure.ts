/**
 * How a command reports a failure: one line on standard error that says what to do, or the same as JSON, and an exit code that
 * depends on the remedy, so a script need not read the text. It is loaded at each start, so it imports nothing heavy.
 */

import type { Reason, Remedy } from "@pbx-auth/providers/AuthError"
import type { Variable } from "../shell/Variable.ts"
import type { FailureReport } from "./FailureReport.ts"

/**
 * What to do: a remedy of the library, or `log_in` when a profile cannot go on without a person.
 *
 * @category models
 */
export type Advice = Remedy | "log_in"

/**
 * The exit codes by remedy; 0 is success.
 *
 * @category constants
 */
export const exitCodes: { readonly [R in Advice]: number } = {
  report: 1,
  configure: 2,
  sign_in: 3,
  passcode: 4,
  ask_administrator: 5,
  wait: 6,
  retry: 7,
  log_in: 8,
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
  readonly remedy: Advice
  /** One line. */
  readonly line: string
  readonly places: ReadonlyArray<Place>
  /** Absent if no provider was involved. */
  readonly reason?: Reason
  /** The page about the reason, as `AuthError.page` names it. */
  readonly page?: string
  /** The profile that the command was about. */
  readonly profile?: string
  /** The exit code where the remedy does not say it: a program that did not start. */
  readonly code?: number
  /** Try again then, epoch ms, where no reason says it. */
  readonly retryAt?: number | null
}

/**
 * The exit code of a failure.
 *
 * @category getters
 */
export const exitCodeOf = ({ code, remedy }: Failure): number => code ?? exitCodes[remedy]

/**
 * The errors of this program and of the emulator whose messages say what to change.
 *
 * @category constants
 */
export const ownErrors: ReadonlyArray<string> = [
  "Usage",
  "ProviderFile",
  "Missing",
  "Malformed",
  "OutputFailed",
  "Profile",
  "LoginNeeded",
  "NotStarted",
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
 * An end in epoch ms, rounded down: nobody who goes by it is too late. `null` if there is none.
 *
 * @category formatting
 */
export const utcEnd = (epochMs: number | null | undefined): string | null =>
  epochMs === null || epochMs === undefined || !Number.isFinite(epochMs)
    ? null
    : utc(Math.floor(epochMs / 1_000) * 1_000)

type Words = Pick<FailureReport, "provider" | "code" | "policy">

/** The words of a provider from a file are its own. */
const wordsOf = (reason: Reason | undefined): Words => {
  const policy = reason?._tag === "Throttled" ? reason.policy : undefined
  return { provider: reason?.provider ?? null, code: reason?.code ?? null, policy: policy ?? null } as Words
}

/**
 * The failure as `--json` prints it.
 *
 * @category conversions
 */
export const report = (failure: Failure): FailureReport => {
  const { error, line, page, places, profile, reason, remedy, retryAt = reason?.retryAt } = failure
  const words = wordsOf(reason)
  return {
    error,
    message: line,
    remedy,
    exit_code: exitCodeOf(failure),
    look_at: places,
    page: page ?? null,
    profile: profile ?? null,
    provider: words.provider,
    status: reason?.status ?? null,
    code: words.code,
    retry_at: retryAt === undefined || retryAt === null ? null : utc(retryAt),
    policy: words.policy,
    host: reason?._tag === "Unavailable" ? (reason.host ?? null) : null,
    failed: reason?._tag === "Unavailable" ? (reason.failed ?? null) : null,
  }
}
