/** curl, as vendors' pages and people use it. */
import { execFile, execFileSync } from "node:child_process"
import * as Effect from "effect/Effect"
import type { Told } from "./Served.ts"

/** Whether this machine has it. */
export const curlIsThere = (() => {
  try {
    execFileSync("curl", ["--version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
})()

/** Runs a shell's text that calls curl at the beginning of a line, and gives what it was told. */
export const run = (text: string): Effect.Effect<Pick<Told, "status" | "fields">> =>
  Effect.promise(async () => {
    const quiet = text.replace(/^curl /m, `curl --silent --show-error --max-time 20 --write-out '\\n%{http_code}' `)
    const output = await new Promise<string>((resolve, reject) =>
      execFile("sh", ["-c", quiet], (error, stdout, stderr) => (error ? reject(new Error(stderr)) : resolve(stdout))),
    )
    const end = output.lastIndexOf("\n")
    return { status: Number(output.slice(end + 1)), fields: JSON.parse(output.slice(0, end)) }
  })
