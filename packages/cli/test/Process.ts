/** The command as a user runs it: a process of its own, in an environment that holds nothing but what a test puts there. */
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

/** What the tests' programs share, so that they start sooner: compiled code, and nothing that a command reads. */
const { NODE_COMPILE_CACHE = "" } = process.env

/** The program that is started; `Built.ts` makes it. */
export const bin = fileURLToPath(new URL("../node_modules/.built/pbx-auth.cjs", import.meta.url))

const running = new Set<ChildProcess>()

/** Ends the processes that a test which failed has left. */
export const endAll = (): void => {
  for (const child of running) child.kill("SIGKILL")
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly output: { stdout: string; stderr: string }
  readonly exit: Promise<Ran>
}

export const start = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
  node: ReadonlyArray<string> = [],
  /** Where standard output goes: kept, or into this open file. */
  stdout: "pipe" | number = "pipe",
): Running => {
  const child = spawn(process.execPath, [...node, bin, ...args], {
    stdio: ["ignore", stdout, "pipe"],
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE, ...env },
  })
  running.add(child.once("close", () => running.delete(child)))
  const output = { stdout: "", stderr: "" }
  child.stdout?.on("data", (chunk) => {
    output.stdout += chunk
  })
  child.stderr?.on("data", (chunk) => {
    output.stderr += chunk
  })
  return { child, output, exit: new Promise((resolve) => child.on("close", (code) => resolve({ code, ...output }))) }
}

export const run = (...all: Parameters<typeof start>): Promise<Ran> => start(...all).exit
