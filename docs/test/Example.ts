/** Runs a file of `docs/examples` as a reader does: an emulator in one process, the example in another. */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))

const readyOrigin = async (stdout: NodeJS.ReadableStream): Promise<string> => {
  for await (const line of createInterface({ input: stdout })) {
    if (line.startsWith("READY ")) return JSON.parse(line.slice("READY ".length)).origin
  }
  throw new Error("The emulator ended before it was ready")
}

export interface Ran {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Each example has an emulator of its own, because some move its clock. */
export const runExample = async (name: string): Promise<Ran> => {
  const emulator = spawn(process.execPath, ["packages/emulator/src/bin.ts", "--port", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  })
  const ended = once(emulator, "exit")
  try {
    const address = await readyOrigin(emulator.stdout)
    return await new Promise((resolve) => {
      execFile(
        process.execPath,
        [`docs/examples/${name}`],
        { cwd: root, env: { ...process.env, PBX_AUTH_ADDRESS: address, NODE_OPTIONS: "" }, timeout: 45_000 },
        (error, stdout, stderr) => resolve({ exitCode: Number(error?.code ?? (error ? 1 : 0)), stdout, stderr }),
      )
    })
  } finally {
    emulator.kill()
    await ended
  }
}
