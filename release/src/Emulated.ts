/** The emulator's process out of its tarball, on a free port of 127.0.0.1. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import type { Project } from "./Project.ts"

export interface Emulated extends AsyncDisposable {
  readonly origin: string
}

export const start = async (node: string, project: Project): Promise<Emulated> => {
  const child = spawn(node, [project.program("@pbx-auth/emulator/dist/bin.js"), "--port", "0"], {
    cwd: project.directory,
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
