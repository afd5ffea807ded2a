/**
 * Standard output that is either written completely or reports its failure. Node's own `console.log` ignores a full disk, and its
 * stream ignores that a file took only a part.
 */

import { fstatSync, writeSync } from "node:fs"
import type { Console } from "effect/Console"
import type { Failure } from "../failure/Failure.ts"
import { codeOf } from "../shell/SystemError.ts"

const outputFailed = (code: string): Failure => ({
  error: "OutputFailed",
  remedy: "configure",
  line:
    code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG"
      ? `There is no room for the output (${code}), which may be cut. Make room and run this again.`
      : `The output cannot be written (${code}). Write it to another place.`,
  places: [],
})

/**
 * Writes what it can at once, without Node's stream, which takes several milliseconds to make. Returns what is left: a pipe that
 * another program has set to not block may be full.
 *
 * @category writing
 */
export const writeAtOnce = (write: (bytes: Uint8Array) => number, text: string): Uint8Array => {
  let left: Uint8Array = new TextEncoder().encode(text)
  try {
    while (left.length > 0) left = left.subarray(write(left))
  } catch (error) {
    if (Object(error).code !== "EAGAIN") throw error
  }
  return left
}

/**
 * This process's console. `failed` is called only at the first failure; `isGone` says that the reader has left (`EPIPE`).
 *
 * @category constructors
 */
export const make = (failed: (failure: Failure, isGone: boolean) => void): Console => {
  const once = (error: unknown) => {
    const code = codeOf(error)
    const report = failed
    failed = () => {}
    report(outputFailed(code), code === "EPIPE")
  }
  let isHeard = false
  const stream = (rest: string | Uint8Array) => {
    if (!isHeard) process.stdout.on("error", once)
    isHeard = true
    process.stdout.write(rest)
  }
  let isPlain: boolean | undefined
  const log = (text: string) => {
    try {
      isPlain ??= isFileOrPipe()
      // The stream keeps the order of what it has not written yet.
      const rest = isPlain && !isHeard ? writeAtOnce((bytes) => writeSync(1, bytes), `${text}\n`) : `${text}\n`
      if (rest.length > 0) stream(rest)
    } catch (error) {
      once(error)
    }
  }
  return { ...globalThis.console, log }
}

const isFileOrPipe = (): boolean => {
  const kind = fstatSync(1)
  return kind.isFile() || kind.isFIFO()
}
