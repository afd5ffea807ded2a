/** The runtimes of the table: where each comes from, and how a renewal is run in it. */
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { chromium } from "playwright-core"
import * as Command from "../../../release/src/Command.ts"
import type { Failure } from "./Failures.ts"

/** A runtime that has begun. */
interface Running {
  readonly renew: (failure: Failure) => Promise<string>
  readonly close: () => Promise<void>
}

export interface Runtime {
  readonly name: string
  /** Rejects if it is not there, with the reason. */
  readonly start: () => Promise<Running>
  /** A tab knows whether it is offline. */
  readonly isTab?: true
}

const directory = fileURLToPath(new URL("../../runtimes/", import.meta.url))
const installed = createRequire(join(directory, "package.json"))
const program = (name: string) => join(directory, "node_modules", name)

/** Installs what `runtimes/package.json` names. */
export const install = async (): Promise<void> => {
  const args = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel", "error"]
  const { code, stderr } = await Command.run("npm", args, { cwd: directory, within: 600_000 })
  if (code !== 0) throw new Error(`npm could not install the runtimes: ${stderr.trim().split("\n").at(-1)}`)
}

/** The library in one file, behind these lines of the runtime's own. The condition is the one by which packages know the runtime. */
const bundled = async (lines: string, condition?: "node" | "bun" | "deno" | "workerd"): Promise<string> => {
  const source = fileURLToPath(new URL("Renewal.ts", import.meta.url))
  const { outputFiles } = await build({
    stdin: { contents: `import { renew } from ${JSON.stringify(source)}\n${lines}`, resolveDir: directory },
    bundle: true,
    format: "esm",
    platform: "browser",
    conditions: condition === undefined ? [] : [condition],
    external: ["node:*"],
    target: "es2022",
    write: false,
    logLevel: "silent",
  })
  return outputFiles[0]?.text ?? ""
}

/** A longer silence means that a runtime hangs. */
const PATIENCE = 20_000

/** A program that gets cases line by line and answers line by line. */
const command = (
  name: string,
  condition: "node" | "bun" | "deno",
  file: string,
  args: ReadonlyArray<string> = [],
): Runtime => ({
  name,
  start: async () => {
    if (!existsSync(file)) throw new Error("it is not installed: leave --offline out")
    const room = mkdtempSync(join(tmpdir(), "pbx-auth-runtime-"))
    const script = join(room, "renewal.mjs")
    writeFileSync(
      script,
      await bundled(
        `import { createInterface } from "node:readline"
         for await (const line of createInterface({ input: process.stdin })) console.log(await renew(JSON.parse(line)))`,
        condition,
      ).then((text) => text),
    )
    const child = spawn(file, [...args, script], { stdio: ["pipe", "pipe", "ignore"] })
    const lines: Array<string> = []
    const waiting: Array<(line: string) => void> = []
    let rest = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const parts = (rest + text).split("\n")
      rest = parts.pop() ?? ""
      for (const line of parts) (waiting.shift() ?? ((kept) => lines.push(kept)))(line)
    })
    return {
      renew: ({ address, throws }) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error(`${name} gave no answer`)), PATIENCE)
          waiting.push((line) => {
            clearTimeout(timer)
            resolve(line)
          })
          child.stdin.write(`${JSON.stringify({ address, throws })}\n`)
        }),
      close: async () => {
        const ended = new Promise((resolve) => child.once("exit", resolve))
        child.stdin.end()
        const timer = setTimeout(() => child.kill("SIGKILL"), 5_000)
        await ended
        clearTimeout(timer)
        rmSync(room, { recursive: true })
      },
    }
  },
})

interface Miniflare {
  readonly dispatchFetch: (url: string, init: { readonly method: string; readonly body: string }) => Promise<Response>
  readonly dispose: () => Promise<void>
}

const workerd = (compatibilityDate: string): Runtime => ({
  name: `workerd, as of ${compatibilityDate}`,
  start: async () => {
    const { Log, LogLevel, Miniflare } = installed("miniflare")
    const script = await bundled(
      "export default { fetch: async (request) => new Response(await renew(await request.json())) }",
      "workerd",
    )
    const options = {
      modules: true,
      script,
      compatibilityDate,
      log: new Log(LogLevel.NONE),
      handleRuntimeStdio: () => {},
    }
    const miniflare: Miniflare = new Miniflare(options)
    return {
      renew: async ({ address, throws }) => {
        const init = { method: "POST", body: JSON.stringify({ address, throws }) }
        return (await miniflare.dispatchFetch("http://localhost/", init)).text()
      },
      close: () => miniflare.dispose(),
    }
  },
})

/** Where the browser is. */
export const chromiumProgram = process.env.CHROMIUM ?? "/usr/bin/chromium"

/** A tab of Chromium, with the bundle that a page gets. */
export const tab: Runtime = {
  name: "Chromium",
  isTab: true,
  start: async () => {
    const executablePath = chromiumProgram
    if (!existsSync(executablePath)) {
      throw new Error(`there is no ${executablePath}: apt-get install chromium, or set CHROMIUM`)
    }
    const script = await bundled("globalThis.renew = renew")
    const server = createServer((request, response) => {
      const isScript = request.url === "/renewal.js"
      response.setHeader("content-type", isScript ? "text/javascript" : "text/html")
      response.end(isScript ? script : '<!doctype html><script type="module" src="/renewal.js"></script>')
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] })
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    return {
      renew: async ({ address, isOffline = false, throws }) => {
        await context.setOffline(isOffline)
        const asked = JSON.stringify({ address, throws })
        const told = await page.evaluate(`renew(${asked})`)
        await context.setOffline(false)
        return String(told)
      },
      close: async () => {
        await browser.close()
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  },
}

/** The Node that runs this. */
export const here: Runtime = command("Node 24", "node", process.execPath)

export const runtimes: ReadonlyArray<Runtime> = [
  command("Node 22", "node", program("node22/bin/node")),
  here,
  command("Bun", "bun", program(".bin/bun")),
  command("Deno", "deno", program(".bin/deno"), ["run", "--allow-all", "--quiet"]),
  workerd("2024-09-23"),
  workerd("2026-04-01"),
  tab,
]
