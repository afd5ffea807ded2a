/** The emulator as it is packed, in a process of its own on a free port of 127.0.0.1. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import type { Project } from "./Project.ts"

export interface Emulated extends AsyncDisposable {
  readonly origin: string
}

/** `program` is what Node runs: a file, and its arguments before those of the emulator. */
export const begin = async (node: string, program: ReadonlyArray<string>, directory: string): Promise<Emulated> => {
  const child = spawn(node, [...program, "--port", "0"], {
    cwd: directory,
    stdio: ["ignore", "pipe", "inherit"],
  })
  const ended = once(child, "close")
  const stop = async () => {
    child.kill("SIGTERM")
    await ended
  }
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith("READY ")) break
    const { origin }: { readonly origin: string } = JSON.parse(line.slice("READY ".length))
    child.stdout.resume()
    return { origin, [Symbol.asyncDispose]: stop }
  }
  await stop()
  throw new Error("the emulator did not start")
}

/** The emulator out of its tarball: with one vendor at its own paths, if that is named. */
export const start = (node: string, project: Project, vendor?: string): Promise<Emulated> => {
  const program = project.program("@pbx-auth/emulator/dist/bin.js")
  return begin(node, [program, ...(vendor === undefined ? [] : ["--vendor", vendor])], project.directory)
}
