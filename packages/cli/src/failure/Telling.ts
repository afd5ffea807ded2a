/**
 * How to print a failure: in words or as JSON, and for curl. The arguments may be what is wrong, so this reads them unparsed.
 */

import * as Printable from "../shell/Printable.ts"
import { type Failure, report } from "./Failure.ts"

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
 * What `curl -K -` gets instead of a header, at every end except a success, also at an interruption. An empty configuration would let
 * curl send its request without a bearer. This one allows no protocol, and puts a URL that cannot be fetched before the others.
 *
 * @category constants
 */
export const curlFails: string = [
  "# pbx-auth has no token. This makes curl fail, so that nothing is sent without one.",
  'proto = "-all"',
  "fail-early",
  'url = "pbx-auth-failed://no-token"',
].join("\n")

/**
 * The annotation of a warning that is about one profile among all.
 *
 * @category constants
 */
export const profile = "profile"

/** Where to read more about a failure. */
const pageIn = ({ page }: Failure): string => (page === undefined ? "" : ` Docs: ${page}.`)

/**
 * The line for standard error.
 *
 * @category formatting
 */
export const line = ({ json }: Telling, failure: Failure): string =>
  json ? Printable.json(report(failure)) : `pbx-auth: ${failure.line}${pageIn(failure)}`
