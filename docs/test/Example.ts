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

/** Runs an example with so much in its environment. */
export const run = (name: string, env: Readonly<Record<string, string>>): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [`docs/examples/${name}`],
      { cwd: root, env: { ...process.env, NODE_OPTIONS: "", ...env }, timeout: 45_000 },
      (error, stdout, stderr) => resolve({ exitCode: Number(error?.code ?? (error ? 1 : 0)), stdout, stderr }),
    )
  })

/** An emulator in a process of its own, for as long as `use` takes. */
export const withEmulator = async <A>(use: (address: string) => Promise<A>): Promise<A> => {
  const emulator = spawn(process.execPath, ["packages/emulator/src/bin.ts", "--port", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  })
  const ended = once(emulator, "exit")
  try {
    return await use(await readyOrigin(emulator.stdout))
  } finally {
    emulator.kill()
    await ended
  }
}

/** Each example has an emulator of its own, because some move its clock. */
export const runExample = (name: string): Promise<Ran> =>
  withEmulator((address) => run(name, { PBX_AUTH_ADDRESS: address }))
