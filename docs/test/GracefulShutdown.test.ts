import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { bundleOf } from "./Built.ts"
import { withEmulator } from "./Example.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

interface Ended {
  readonly code: number | null
  readonly lines: ReadonlyArray<string>
  /** What the provider was asked, as long as the process lived and after. */
  readonly journal: ReadonlyArray<{ readonly grant?: string; readonly outcome: string }>
}

const json = async (url: string) => (await fetch(url)).json()

/** Starts the example in a process of its own, and sends it a signal when its renewal has reached the provider, which is slow. */
const endedBy = (signal: NodeJS.Signals): Promise<Ended> =>
  withEmulator(async (address) => {
    const child = spawn(process.execPath, [bundleOf("graceful-shutdown.ts"), "--wait"], {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: "", PBX_AUTH_ADDRESS: address },
      stdio: ["ignore", "pipe", "inherit"],
    })
    const ended = once(child, "close")
    try {
      let printed = ""
      child.stdout.on("data", (data: Buffer) => {
        printed += data.toString()
      })
      for (let looks = 0; looks < 2_000 && child.exitCode === null; looks++) {
        const [rule] = await json(`${address}/__emulator/faults`)
        if (rule?.hits === 1) break
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      expect(printed).not.toContain("token 2")
      child.kill(signal)
      const [code] = await ended
      // The slow answer may come after the process that asked is gone.
      let journal = await json(`${address}/__emulator/journal`)
      for (let looks = 0; looks < 2_000 && journal.length < 2; looks++) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        journal = await json(`${address}/__emulator/journal`)
      }
      return { code, lines: printed.trimEnd().split("\n"), journal }
    } finally {
      child.kill("SIGKILL")
      await ended
    }
  })

const asked = ({ journal }: Ended) => journal.map(({ grant, outcome }) => `${grant} ${outcome}`)

describe("a process that is ended in the middle of a renewal", () => {
  it("by SIGTERM: the renewal is finished and stored, and nothing else is asked", async () => {
    const ended = await endedBy("SIGTERM")
    expect(ended.lines).toEqual([
      "stored: token 1, by sign_in",
      "renewing",
      "SIGTERM",
      "stored: token 2, by renewal",
      "the process ends",
    ])
    expect(ended.code).toBe(0)
    expect(asked(ended)).toEqual(["password issued", "refresh_token renewed"])
  })

  it("by SIGKILL, to compare: the provider has renewed, and nobody has the token", async () => {
    const ended = await endedBy("SIGKILL")
    expect(ended.lines).toEqual(["stored: token 1, by sign_in", "renewing"])
    expect(asked(ended)).toEqual(["password issued", "refresh_token renewed"])
  })
})
