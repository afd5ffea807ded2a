/** Another process of a test, such as one that shares a store with it. */
import { spawn } from "node:child_process"
import { once } from "node:events"

export interface Peer {
  /** Waits until it has printed something. */
  readonly ready: Promise<unknown>
  /** Waits until it has ended, and says with which code. */
  readonly ended: Promise<number | null>
  /** Ends it without a warning (SIGKILL). */
  kill(): Promise<unknown>
}

/** Starts a program of Node. What is secret goes into its environment. */
export const begin = (program: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Peer => {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  })
  const ended = once(child, "close").then(([code]) => code as number | null)
  return {
    ready: once(child.stdout, "data"),
    ended,
    kill: () => {
      child.kill("SIGKILL")
      return ended
    },
  }
}
