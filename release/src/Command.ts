/** Other programs, run to their end. */
import { spawn } from "node:child_process"
import { delimiter, join } from "node:path"
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
  /** Killed after so many ms; a program that hangs is a failure, not a wait. */
  readonly within?: number
}

// A package manager tells its children where it works itself; a second one below it would take that for its own orders,
// and install into the workspace.
const orders =
  /^(npm_(config_(local_prefix|global_prefix|prefix|dir|workspace.*|userconfig_dir)|package_.*|lifecycle_.*|command|execpath|node_execpath)|PNPM_PACKAGE_NAME|INIT_CWD|NODE_OPTIONS|NODE_PATH|NODE_COMPILE_CACHE)$/i

const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !orders.test(name))),
  PATH: [join(root, "release/node_modules/.bin"), join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
}

/** Runs a program; its exit code is the caller's business. */
export const run = (command: string, args: ReadonlyArray<string>, options: Options): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const { cwd, env = {}, shown = false, within = 300_000 } = options
    const begun = performance.now()
    const child = spawn(command, args, {
      cwd,
      env: { ...environment, ...env },
      stdio: ["ignore", shown ? "inherit" : "pipe", shown ? "inherit" : "pipe"],
      timeout: within,
      killSignal: "SIGKILL",
    })
    let stdout = ""
    let stderr = ""
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk))
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk))
    child.on("error", reject)
    child.on("close", (code, signal) =>
      resolve({
        code: code ?? 1,
        stdout,
        stderr: signal === null ? stderr : `${stderr}\nended by ${signal} after ${within} ms`,
        millis: performance.now() - begun,
      }),
    )
  })

/** A program that must end well did not; the message has its last words. */
class CommandError extends Error {
  override readonly name = "CommandError"
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
