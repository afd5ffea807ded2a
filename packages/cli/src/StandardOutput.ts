/**
 * Standard output that is either written completely or reports its failure. Node's own `console.log` ignores a full disk, and its
 * stream ignores that a file took only a part.
 */

import { fstatSync, writeSync } from "node:fs"
import type { Console } from "effect/Console"
import type { Failure } from "./Failure.ts"

const outputFailed = (code: string): Failure => ({
  error: "OutputFailed",
  remedy: "configure",
  line:
    code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG"
      ? `There is no room for the output (${code}), which may be cut. Make room and run this again.`
      : `The output cannot be written (${code}). Write it to another place.`,
  places: [],
})

/** The code of a system error, which is a word of a list. */
const codeOf = (error: unknown): string => {
  const code = Object(error).code
  return typeof code === "string" && /^E[A-Z0-9]{1,15}$/.test(code) ? code : "unknown error"
}

/**
 * Writes to a file until all is written: at a file's or a disk's limit the system takes a part and fails the next time.
 *
 * @category writing
 */
export const writeWhole = (write: (bytes: Uint8Array) => number, text: string): void => {
  let left: Uint8Array = new TextEncoder().encode(text)
  while (left.length > 0) left = left.subarray(write(left))
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
  process.stdout.on("error", once)
  const isFile = !process.stdout.isTTY && fstatSync(1).isFile()
  const log = (text: string) => {
    if (!isFile) return void process.stdout.write(`${text}\n`)
    try {
      writeWhole((bytes) => writeSync(1, bytes), `${text}\n`)
    } catch (error) {
      once(error)
    }
  }
  return { ...globalThis.console, log }
}
