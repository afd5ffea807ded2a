/** What a command told on standard error with `--json`. */
import * as Schema from "effect/Schema"
import { FailureReport } from "../src/failure/FailureReport.ts"

export const toldFailure = (stderr: string): FailureReport =>
  Schema.decodeUnknownSync(FailureReport)(JSON.parse(stderr))
