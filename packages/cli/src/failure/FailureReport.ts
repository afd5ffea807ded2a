/**
 * A failure as `--json` prints it: one line on standard error, with the same fields for each command and each error.
 *
 * Fields may be added in a later version; none is renamed or removed. docs/command.md has the table.
 */

import { Remedy } from "@pbx-auth/providers/AuthError"
import * as ConnectionFailure from "@pbx-auth/providers/ConnectionFailure"
import * as Schema from "effect/Schema"

/**
 * The schema of what is printed. A field without a value is `null`.
 *
 * @category schemas
 */
export const FailureReport = Schema.Struct({
  /** What failed: a reason of the library (`BadCredentials`), or an error of the command (`Usage`, `Missing`). */
  error: Schema.String,
  /** For people: the line that is printed without `--json`. */
  message: Schema.String,
  /** What to do next. */
  remedy: Schema.Literals([...Remedy.literals, "log_in"]),
  /** The exit code, which depends on the remedy. */
  exit_code: Schema.Int,
  /** Variables and flags to look at. */
  look_at: Schema.Array(Schema.String),
  /** The page of the documentation about the reason: `errors/bad-credentials`. */
  page: Schema.NullOr(Schema.String),
  /** The profile that the command was about. */
  profile: Schema.NullOr(Schema.String),
  /** The id of the provider; of a provider from a file, the id that the file says. */
  provider: Schema.NullOr(Schema.String),
  /** The HTTP status of the provider's answer. */
  status: Schema.NullOr(Schema.Int),
  /** The error code of the provider's answer, if it is a known one or one that the provider declares. */
  code: Schema.NullOr(Schema.String),
  /** Ask again from this moment on, for any reason that knows one: UTC, to the next second, `2026-01-31T12:00:00Z`. */
  retry_at: Schema.NullOr(Schema.String),
  /** The rate limit that was hit. */
  policy: Schema.NullOr(Schema.String),
  /** The host that gave no answer: `pbx.example.com`, `127.0.0.1:4000`. */
  host: Schema.NullOr(Schema.String),
  /** Why there was no connection or no answer: `name_not_found`, `refused`, `unreachable`, `timed_out`, `proxy`, `tls`, `closed`. */
  failed: Schema.NullOr(Schema.Literals(ConnectionFailure.words)),
})

/**
 * What is printed.
 *
 * @category models
 */
export type FailureReport = typeof FailureReport.Type
