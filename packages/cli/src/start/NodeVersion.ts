/**
 * Ends the process in an older Node than the program is for, before a module runs that such a Node does not understand. What it
 * imports runs in Node 18, too, and the bundle's entry is written in that Node's syntax.
 */
import manifest from "../../package.json" with { type: "json" }
import { exitCodeOf, type Failure } from "../failure/Failure.ts"
import * as Telling from "../failure/Telling.ts"

/** `>=22.19.0` */
const [major = 0, minor = 0] = manifest.engines.node.replace(">=", "").split(".").map(Number)
const [ownMajor = 0, ownMinor = 0] = process.versions.node.split(".").map(Number)

if (ownMajor < major || (ownMajor === major && ownMinor < minor)) {
  const telling = Telling.of(process.argv.slice(2))
  const failure: Failure = {
    error: "NodeVersion",
    remedy: "configure",
    line: `pbx-auth needs Node ${major}.${minor} or newer; this is ${process.versions.node}.`,
    places: [],
  }
  if (telling.curl) process.stdout.write(`${Telling.curlFails}\n`)
  process.stderr.write(`${Telling.line(telling, failure)}\n`)
  process.exit(exitCodeOf(failure))
}
