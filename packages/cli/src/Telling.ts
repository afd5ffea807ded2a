/**
 * How a failure is told: in words or as JSON, and to curl. The arguments may be what is wrong, so they are looked at as they are,
 * before anything is parsed.
 */

import type * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Printable from "./Printable.ts"

/**
 * @category models
 */
export interface Telling {
  readonly json: boolean
  readonly curl: boolean
}

const isSet = (args: ReadonlyArray<string>, flag: string): boolean =>
  args.some(
    (arg) => arg === flag || (arg.startsWith(`${flag}=`) && /^(true|1|y|yes|on)$/.test(arg.slice(flag.length + 1))),
  )

/**
 * @category constructors
 */
export const of = (args: ReadonlyArray<string>): Telling => {
  const end = args.indexOf("--")
  const flags = end === -1 ? args : args.slice(0, end)
  return { json: isSet(flags, "--json"), curl: isSet(flags, "--curl-config") }
}

/**
 * What `curl -K -` gets in place of a header. An empty configuration would let curl send its request without a bearer. This one
 * allows no protocol, and puts a URL that cannot be fetched before the others.
 */
const curlFails = [
  "# pbx-auth has no token. This makes curl fail, so that nothing is sent without one.",
  'proto = "-all"',
  "fail-early",
  'url = "pbx-auth-failed://no-token"',
].join("\n")

/**
 * Makes curl fail, if curl waits for its configuration. For every end but a success, also an interruption.
 *
 * @category telling
 */
export const toCurl = (telling: Telling): Effect.Effect<void> => (telling.curl ? Console.log(curlFails) : Effect.void)

/**
 * Tells a failure on standard error; gives the exit code.
 *
 * @category telling
 */
export const tell = (telling: Telling, cause: Cause.Cause<unknown>): Effect.Effect<number> =>
  Effect.gen(function* () {
    const Failure = yield* Effect.promise(() => import("./Failure.ts"))
    const failure = Failure.of(cause)
    if (failure.line !== undefined) {
      if (telling.json) {
        const FailureReport = yield* Effect.promise(() => import("./FailureReport.ts"))
        yield* Console.error(Printable.json(FailureReport.of(failure)))
      } else yield* Console.error(`pbx-auth: ${failure.line}`)
    }
    return Failure.exitCodes[failure.remedy]
  })
