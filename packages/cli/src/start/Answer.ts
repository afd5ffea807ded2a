/**
 * Answers that need no work: help, the version, and a refusal that follows from the arguments and the environment. A few small
 * modules are enough for them; Effect by itself takes longer to load (docs/decisions/0019-a-command-that-starts-at-once.md).
 */

import manifest from "../../package.json" with { type: "json" }
import { exitCodeOf, exitCodes, type Failure } from "../failure/Failure.ts"
import * as Telling from "../failure/Telling.ts"
import * as Arguments from "../grammar/Arguments.ts"
import type { Shell } from "../grammar/Grammar.ts"
import * as Help from "../grammar/Help.ts"
import type { Target } from "../kept/Kept.ts"
import * as Readiness from "./Readiness.ts"

/**
 * What to print, and the exit code.
 *
 * @category models
 */
export interface Said {
  readonly stdout?: string
  readonly stderr?: string
  readonly code: number
}

/**
 * What is left to do.
 *
 * @category models
 */
export type Work =
  | { readonly wants: "completions"; readonly shell: Shell }
  | (Arguments.Run & { readonly target: Target })

/**
 * Reads the arguments, and answers what can be answered at once.
 *
 * @category constructors
 */
export const of = (args: ReadonlyArray<string>, surroundings: Readiness.Surroundings): Said | Work => {
  const invocation = Arguments.read(args)
  const refused = (failure: Failure): Said => {
    const telling = Telling.of(args)
    return {
      ...(telling.curl && { stdout: Telling.curlFails }),
      stderr: Telling.line(telling, failure),
      code: exitCodeOf(failure),
    }
  }
  switch (invocation.wants) {
    case "version":
      return { stdout: `pbx-auth v${manifest.version}`, code: 0 }
    case "help": {
      // Standard output holds what was asked for.
      const { isAsked, of } = invocation
      return isAsked
        ? { stdout: Help.of(of, process.stdout), code: 0 }
        : { stderr: Help.of(of, process.stderr), code: exitCodes.configure }
    }
    case "mistake":
      return refused({ error: "Usage", remedy: "configure", line: invocation.problem, places: invocation.places })
    case "completions":
      return invocation
    default: {
      const ready = Readiness.of(invocation, surroundings)
      return "failure" in ready ? refused(ready.failure) : { ...invocation, target: ready.target }
    }
  }
}

/**
 * @category guards
 */
export const isSaid = (answer: Said | Work): answer is Said => "code" in answer

/**
 * Prints it.
 *
 * @category running
 */
export const say = ({ stderr, stdout }: Said, console: Pick<Console, "log" | "error">): void => {
  if (stdout !== undefined) console.log(stdout)
  if (stderr !== undefined) console.error(stderr)
}
