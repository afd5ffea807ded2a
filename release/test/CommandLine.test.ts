/** The command as it is installed: it needs no other package, has the notices of all that is in it, and does what its modules do. */

import { spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import * as Ipex from "@pbx-auth/providers/Ipex"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as CommandLine from "../src/CommandLine.ts"
import * as Ports from "../src/Ports.ts"
import { root } from "../src/Workspace.ts"

const folder = mkdtempSync(join(tmpdir(), "command-line-"))
const bin = join(folder, "pbx-auth.cjs")
let written: CommandLine.Written
let notices: string

beforeAll(async () => {
  // As the package's own manifest says.
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  written = await CommandLine.write(join(root, "packages/cli/src/bin.ts"), folder, "pbx-auth")
  notices = readFileSync(join(folder, "THIRD-PARTY-LICENSES"), "utf8")
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true }))

const start = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
  stdout: "pipe" | number = "pipe",
) =>
  spawn(process.execPath, [bin, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", stdout, "pipe"],
  })

const run = async (...given: Parameters<typeof start>) => {
  const child = start(...given)
  const said = { stdout: "", stderr: "" }
  for (const name of ["stdout", "stderr"] as const) child[name]?.on("data", (chunk) => (said[name] += chunk))
  const [code] = await once(child, "close")
  return { code, ...said }
}

describe("THIRD-PARTY-LICENSES", () => {
  const foreign = () => [...written.inputs].filter((path) => path.includes("node_modules/"))

  it("has each package of which a module is in the files", () => {
    const names = new Set(foreign().map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path))
    expect(names.size).toBeGreaterThan(3)
    for (const name of names) expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, "m"))
  })

  it("names each holder of a copyright that a module in the files names", () => {
    const holders = foreign().flatMap((path) =>
      [...readFileSync(path, "utf8").matchAll(/copyright \(c\) [\d-]+,? ([^\n*,<]+)/gi)].map(([, who = ""]) =>
        who.trim(),
      ),
    )
    expect(holders.length).toBeGreaterThan(2)
    for (const holder of holders) expect(notices).toContain(holder)
  })

  it("has what the modules are known to carry of others", () => {
    for (const [of, holder] of [
      ["mime", "Robert Kieffer"],
      ["@noble/ciphers", "Paul Miller"],
      ["isaac.js and isaacCSPRNG", "Yves-Marie K. Rinquin"],
      ["@fastify/cookie", "The Fastify team"],
      ["Node.js", "Node.js contributors"],
      ["fast-content-type-parse", "The Fastify team"],
      ["async-limiter", "Samuel Reed"],
    ]) {
      expect(notices).toContain(`${of}, of which the above contain a part`)
      expect(notices).toContain(holder)
    }
  })

  it("does not come about without the notice of a module that carries something unknown", () => {
    const carrying = (text: string) => {
      const path = join(folder, "carrying.js")
      writeFileSync(path, `${text}\nexport const table = {}\n`)
      return () => Ports.noticesOf([path])
    }
    expect(carrying("// adapted from https://example.test/somebody/something")).toThrow(/does not know/)
    expect(carrying("/**\n * Some table.\n *\n * Copyright (c) 2001 Somebody\n */")).toThrow(/Somebody/)
    expect(carrying("// taken from https://example.test/a\n// under the MIT license")).toThrow(/does not know/)
    expect(carrying("/** Computes what is derived from the two. */")).not.toThrow()
  })
})

describe("what is loaded", () => {
  const read = async (...args: ReadonlyArray<string>) => {
    const trace = join(folder, "loads.cjs")
    writeFileSync(
      trace,
      `const { registerHooks } = require("node:module")
       registerHooks({ load: (url, context, next) => (console.error(url), next(url, context)) })`,
    )
    const child = spawn(process.execPath, ["--require", trace, bin, ...args], {
      env: {},
      stdio: ["ignore", "pipe", "pipe"],
    })
    let said = ""
    child.stderr.on("data", (chunk) => (said += chunk))
    await once(child, "close")
    const files = said.split("\n").filter((line) => line.startsWith("file:") && /pbx-auth\.cjs$|\/late\//.test(line))
    return files.map((url) => readFileSync(new URL(url), "utf8")).join("").length
  }

  const [skyswitch, ipex] = [SkySwitch.provider.id, Ipex.provider.id]
  it.each([
    "--version",
    "--help",
    `token ${skyswitch} --wrong`,
    `token ${skyswitch}`,
    `inspect ${ipex} --json`,
    "tokens",
  ])("for %s is a small part", async (typed) => {
    const bytes = await read(...typed.split(" "))
    expect(bytes).toBeGreaterThan(5_000)
    // The index of twelve providers is 4 kB of it.
    expect(bytes).toBeLessThan(54_000)
  })

  it("for work is more", async () => {
    expect(await read("--completions", "bash")).toBeGreaterThan(200_000)
  })
})

describe("the command", () => {
  it("goes to PBX_AUTH_ADDRESS, and tells a failure as JSON with the same exit code", async () => {
    const server = createServer((_, response) => response.writeHead(503).end())
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const env = { PBX_AUTH_ADDRESS: `http://${host}`, PBX_AUTH_USERNAME: "someone", PBX_AUTH_PASSWORD: "something" }
    const { code, stderr, stdout } = await run(["token", Ipex.provider.id, "--json"], env)
    server.close()
    expect({ code, stdout }).toEqual({ code: 7, stdout: "" })
    expect(JSON.parse(stderr)).toMatchObject({ error: "Unavailable", exit_code: 7, status: 503, host })
  })

  it("lists its variables, and makes curl fail", async () => {
    expect((await run(["token", "--help"])).stdout).toContain("PBX_AUTH_ADDRESS")
    const { code, stdout } = await run(["token", Ipex.provider.id, "--curl-config"])
    expect(code).toBe(2)
    expect(stdout).toContain('proto = "-all"')
  })

  it("takes faults for its emulator", async () => {
    const child = start(["emulator", "--port", "0", "--fault", "server_error:status=502"])
    for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
      const { origin } = JSON.parse(line.slice("READY ".length))
      expect((await fetch(`${origin}/token`, { method: "POST", body: "" })).status).toBe(502)
      child.kill("SIGTERM")
    }
    expect(child.exitCode ?? (await once(child, "close"))[0]).toBe(0)
  })

  it.skipIf(!existsSync("/dev/full"))("fails with a message on a full disk", async () => {
    const disk = openSync("/dev/full", "w")
    const { code, stderr } = await run(["--version"], {}, disk)
    closeSync(disk)
    expect(code).toBe(2)
    expect(stderr).toMatch(/^pbx-auth: There is no room for the output \(ENOSPC\)/)
  })
})
