/** Programs that a test needs and that a machine may lack. */
import { spawnSync } from "node:child_process"

/**
 * Why a test that needs these programs cannot run, to be shown in its title; `undefined` if all are there. Under `CI=true` a missing
 * one is an error.
 */
export const lacking = (...programs: ReadonlyArray<string>): string | undefined => {
  const isThere = (program: string) => spawnSync("sh", ["-c", 'command -v "$1"', "sh", program]).status === 0
  const missing = programs.filter((program) => !isThere(program))
  if (missing.length === 0) return undefined
  const reason = `not installed: ${missing.join(", ")}`
  if (process.env.CI === "true") throw new Error(reason)
  return reason
}
