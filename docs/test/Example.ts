/** Runs a file of `docs/examples` as a process, beside an emulator on a port of this machine. */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import type { Readable } from "node:stream"
import { fileURLToPath } from "node:url"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { bundleOf } from "./Built.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

export interface Ran {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs an example with so much in its environment: its bundle, or its source as a reader does. */
export const run = (
  name: string,
  env: Readonly<Record<string, string>>,
  program: string = bundleOf(name),
): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [program],
      { cwd: root, env: { ...process.env, NODE_OPTIONS: "", ...env }, timeout: 45_000 },
      (error, stdout, stderr) => resolve({ exitCode: Number(error?.code ?? (error ? 1 : 0)), stdout, stderr }),
    )
  })

export interface Host {
  /** Runs the bundle of an example, beside the emulator at this address. */
  readonly run: (name: string, address: string) => Promise<Omit<Ran, "exitCode">>
  /** Resolves with the exit code, when the process has ended by itself. */
  readonly end: () => Promise<number | null>
  readonly kill: () => void
}

/**
 * A process for many examples, one after the other. What the library remembers of a host, it remembers as long as its process lives, so
 * each example needs another address.
 */
export const host = (): Host => {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./ExampleHost.ts", import.meta.url))], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  })
  // Not "close", which does not come after a disconnection from this side.
  const ended = once(child, "exit")
  /** Tells all that comes until an example is over. */
  const following = (stream: Readable | null) => {
    let text = ""
    let tell = (_: string) => {}
    stream?.on("data", (data: Buffer) => {
      text += data.toString()
      if (!text.endsWith("\0")) return
      tell(text.slice(0, -1))
      text = ""
    })
    void ended.then(() => tell(`${text}\nthe process has ended`))
    return () =>
      new Promise<string>((resolve) => {
        tell = resolve
      })
  }
  const out = following(child.stdout)
  const err = following(child.stderr)
  return {
    run: async (name, address) => {
      const both = Promise.all([out(), err()])
      child.send({ address, path: bundleOf(name) })
      const [stdout, stderr] = await both
      return { stdout, stderr }
    },
    end: async () => {
      child.disconnect()
      const [code] = await ended
      return code
    },
    kill: () => void child.kill("SIGKILL"),
  }
}

/**
 * An emulator on a port of this machine, as `npm run emulator` makes it. It runs in the test's own process: to start one for each
 * test would take most of the time.
 */
const openEmulator = async (): Promise<{ readonly address: string; readonly close: () => Promise<void> }> => {
  const scope = Scope.makeUnsafe()
  const { origin } = await Effect.gen(function* () {
    const clock = yield* SteerableClock.make()
    const emulator = yield* Effect.provideService(Emulator.make({}), Clock.Clock, clock)
    return yield* serve({ port: 0, emulator })
  }).pipe(Effect.provideService(Scope.Scope, scope), Effect.runPromise)
  return { address: origin, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

/** One for as long as `use` takes. */
export const withEmulator = async <A>(use: (address: string) => Promise<A>): Promise<A> => {
  const { address, close } = await openEmulator()
  try {
    return await use(address)
  } finally {
    await close()
  }
}
