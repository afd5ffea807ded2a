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

interface Emulator {
  readonly address: string
  readonly end: () => Promise<void>
}

const startEmulator = async (): Promise<Emulator> => {
  const emulator = spawn(process.execPath, ["packages/emulator/src/bin.ts", "--port", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  })
  const ended = once(emulator, "exit")
  const end = async () => {
    emulator.kill()
    await ended
  }
  try {
    return { address: await readyOrigin(emulator.stdout), end }
  } catch (error) {
    await end()
    throw error
  }
}

/** An emulator in a process of its own, for as long as `use` takes. */
export const withEmulator = async <A>(use: (address: string) => Promise<A>): Promise<A> => {
  const { address, end } = await startEmulator()
  try {
    return await use(address)
  } finally {
    await end()
  }
}

export interface Emulators {
  /** Runs an example. It has an emulator to itself, because some move its clock; each puts back what it changed. */
  readonly runExample: (name: string) => Promise<Ran>
  readonly end: () => Promise<void>
}

/** Emulators for examples that run side by side. One that is free serves the next example. */
export const emulators = (): Emulators => {
  const free: Array<Emulator> = []
  return {
    runExample: async (name) => {
      const emulator = free.pop() ?? (await startEmulator())
      const ran = await run(name, { PBX_AUTH_ADDRESS: emulator.address })
      // One that failed may have left anything.
      if (ran.exitCode === 0) free.push(emulator)
      else await emulator.end()
      return ran
    },
    end: async () => {
      await Promise.all(free.splice(0).map(({ end }) => end()))
    },
  }
}
