/** Other programs, run to their end. */
import { delimiter, join } from "node:path"
import { execa } from "execa"
import { root } from "./Workspace.ts"

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly millis: number
}

export interface Options {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** Shown as it comes instead of being kept. */
  readonly shown?: boolean
  /** Killed after so many ms; a program that hangs is a failure. */
  readonly within?: number
}

// A package manager tells its children where it works itself. A second one below it would take that for its own settings, and install
// into the workspace.
const orders =
  /^(npm_(config_(local_prefix|global_prefix|prefix|dir|workspace.*|userconfig_dir)|package_.*|lifecycle_.*|command|execpath|node_execpath)|PNPM_PACKAGE_NAME|INIT_CWD|NODE_OPTIONS|NODE_PATH|NODE_COMPILE_CACHE)$/i

export const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !orders.test(name))),
  PATH: [join(root, "release/node_modules/.bin"), join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
}

/** A program that must succeed failed; the message has its last words. */
class CommandError extends Error {
  override readonly name = "CommandError"
}

/** Runs a program; the caller handles its exit code. */
export const run = async (command: string, args: ReadonlyArray<string>, options: Options): Promise<Ended> => {
  const { cwd, env = {}, shown = false, within = 300_000 } = options
  const { code, durationMs, exitCode, shortMessage, stderr, stdout, timedOut } = await execa(command, args, {
    cwd,
    env: { ...environment, ...env },
    extendEnv: false,
    stdin: "ignore",
    stdout: shown ? "inherit" : "pipe",
    stderr: shown ? "inherit" : "pipe",
    timeout: within,
    killSignal: "SIGKILL",
    maxBuffer: Number.POSITIVE_INFINITY,
    stripFinalNewline: false,
    reject: false,
  })
  if (code === "ENOENT") throw new CommandError(shortMessage)
  return {
    code: exitCode ?? 1,
    stdout: stdout ?? "",
    stderr: timedOut ? `${stderr ?? ""}\nended after ${within} ms` : (stderr ?? ""),
    millis: durationMs,
  }
}

/** Runs a program that must exit with 0. */
export const must = async (command: string, args: ReadonlyArray<string>, options: Options): Promise<Ended> => {
  const ended = await run(command, args, options)
  if (ended.code === 0) return ended
  const words = `${ended.stdout}\n${ended.stderr}`.trim().split("\n").slice(-40).join("\n")
  throw new CommandError(`${[command, ...args].join(" ")} ended with ${ended.code}\n${words}`)
}

export const pnpm = (args: ReadonlyArray<string>, options: Options): Promise<Ended> =>
  must("npx", ["--yes", "pnpm@12", ...args], options)
