/** @module-tag slow */
import { execFile, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const root = fileURLToPath(new URL("..", import.meta.url))
const scripts: Readonly<Record<string, string>> = JSON.parse(readFileSync(`${root}package.json`, "utf8")).scripts

/** As an automation runs it: no terminal, and npm told to say no to its own questions. */
const npm = (...args: ReadonlyArray<string>): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const child = execFile(
      "npm",
      args,
      { cwd: root, env: { ...process.env, npm_config_yes: "false" } },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    )
    child.stdin?.end()
  })

describe("The launcher", () => {
  it("runs every script of the workspace", () => {
    for (const script of Object.values(scripts)) expect(script).toMatch(/^node scripts\/launcher\.mjs \S/)
  })

  it("runs a command under the workspace's own Node, with its arguments and its exit code", async () => {
    const wanted = JSON.parse(readFileSync(`${root}package.json`, "utf8")).devDependencies.node
    const program = "console.log(process.version, process.argv.slice(1).join()); process.exitCode = 7"
    const { code, stdout } = await npm("run", "--silent", "node", "--", "-e", program, "--", "--port", "4000")
    expect(stdout.trim()).toBe(`v${wanted} --port,4000`)
    expect(code).toBe(7)
  })

  it("says so when a command is not there", async () => {
    const { code, stderr } = await npm("run", "--silent", "node", "--", "no-such-file.ts")
    expect(code).toBe(1)
    expect(stderr).toContain("no-such-file.ts")
  })

  it("hands a signal on, and ends as the command ends", async () => {
    const program = "process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); console.log('up')"
    const child = spawn(process.execPath, ["scripts/launcher.mjs", "node", "-e", program], { cwd: root })
    const ended = new Promise((resolve) => child.on("close", resolve))
    await new Promise((resolve) => child.stdout.once("data", resolve))
    child.kill("SIGTERM")
    expect(await ended).toBe(5)
  })
})
