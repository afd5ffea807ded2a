/**
 * A real server of a test's own: a program on a free loopback port, with a folder of its own. It can be stopped, killed, held and
 * started again, and keeps its port and its folder meanwhile.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { rm } from "node:fs/promises"
import { type AddressInfo, createServer } from "node:net"
import { join } from "node:path"

export interface Server {
  /** With the user and the password. */
  readonly url: string
  /** Starts it again. */
  start(): Promise<void>
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>
  /** Ends all of its processes at once (SIGKILL). */
  kill(): Promise<void>
  /** Holds all of its processes (SIGSTOP): connections stay, and nobody answers. */
  hold(): void
  /** Lets them go on (SIGCONT). */
  letGo(): void
  /** Ends it, and removes its folder. */
  close(): Promise<void>
}

/** Where a test's server comes from, or why there is none. */
export type Source =
  | { readonly _tag: "Given"; readonly url: string }
  | { readonly _tag: "Installed"; readonly program: string }
  | { readonly _tag: "Missing"; readonly reason: string }

export const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export const placeOf = (program: string, folders: ReadonlyArray<string> = []): string | undefined =>
  [...folders, ...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/bin"]
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path))

/** The process and its children. */
const family = (pid: number): ReadonlyArray<number> =>
  execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([child, parent]) => child === pid || parent === pid)
    .map(([child = pid]) => child)

const signal = (pids: ReadonlyArray<number>, name: NodeJS.Signals): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, name)
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** How long a server may take to start, in ms. */
const START = 30_000

export interface Program {
  readonly name: string
  readonly path: string
  readonly args: ReadonlyArray<string>
  readonly folder: string
  readonly url: string
  /** What it prints when it takes connections. */
  readonly ready: RegExp
  /** By which signal it ends without waiting for its clients. */
  readonly end: NodeJS.Signals
  /** The user that runs it, where it must not be root. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
}

interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<void>
  /** Ends the server if this process dies without doing so. */
  readonly guard: ChildProcess
}

const begin = async (program: Program): Promise<Running> => {
  const child = spawn(program.path, [...program.args], {
    cwd: program.folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
    ...program.user,
  })
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  let said = ""
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${program.name} ${why}:\n${said}`))
    const timer = setTimeout(() => fail(`does not start in ${START} ms`), START)
    const hear = (text: Buffer) => {
      said = (said + text).slice(-4_000)
      if (!program.ready.test(said)) return
      clearTimeout(timer)
      resolve()
    }
    child.stdout?.on("data", hear)
    child.stderr?.on("data", hear)
    child.once("error", (error) => fail(error.message))
    child.once("exit", (code) => fail(`ended with ${code}`))
  })
  const guard = spawn("sh", ["-c", 'cat >/dev/null; kill -9 "$1" 2>/dev/null', "guard", String(child.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  })
  // The test's process may end while they run.
  for (const one of [child, guard]) one.unref()
  for (const pipe of [child.stdout, child.stderr, guard.stdin]) (pipe as unknown as { unref(): void } | null)?.unref()
  return { child, ended, guard }
}

export const serve = async (program: Program): Promise<Server> => {
  let running: Running | undefined = await begin(program)
  const pids = () => (running?.child.pid === undefined ? [] : family(running.child.pid))
  const end = async (send: () => void) => {
    if (running === undefined) return
    const { child, ended, guard } = running
    guard.kill("SIGKILL")
    child.ref()
    send()
    await ended
    running = undefined
  }
  const stop = () =>
    end(() => {
      signal(pids(), "SIGCONT")
      running?.child.kill(program.end)
    })
  return {
    url: program.url,
    start: async () => {
      running ??= await begin(program)
    },
    stop,
    kill: () => end(() => signal(pids(), "SIGKILL")),
    hold: () => signal(pids(), "SIGSTOP"),
    letGo: () => signal(pids(), "SIGCONT"),
    close: async () => {
      await stop()
      await rm(program.folder, { recursive: true, force: true })
    },
  }
}

/** Why there is no server for a test, which is then skipped; `undefined` if there is one. Under `CI=true` it is an error. */
export const unavailable = (source: Source): string | undefined => {
  if (source._tag !== "Missing") return undefined
  if (process.env.CI === "true") throw new Error(source.reason)
  return source.reason
}

/** Why a test that stops, kills or holds its server cannot run; `undefined` if it can. */
export const notOurs = (source: Source): string | undefined =>
  unavailable(source) ?? (source._tag === "Given" ? "the server that is given is not ours to stop" : undefined)

/** The title of tests that may be skipped. It says why. */
export const titled = (title: string, without: string | undefined): string =>
  without === undefined ? title : `${title} (skipped: ${without})`
