/**
 * A page that no server renders, by Vite. Its server is a process of its own behind Vite's proxy, as in development. A test can kill,
 * freeze and restart the server.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { rm } from "node:fs/promises"
import react from "@vitejs/plugin-react"
import getPort from "get-port"
import type { Browser, Page } from "playwright-core"
import { createServer } from "vite"
import * as Chromium from "./Chromium.ts"

export interface Outage {
  readonly browser: Browser
  readonly origin: string
  /** Sends a signal to the server: `SIGKILL`, `SIGSTOP`, `SIGCONT`. */
  readonly signal: (signal: NodeJS.Signals) => Promise<void>
  /** Starts the server, at the same place. */
  readonly start: () => Promise<void>
  /** A page of a visitor who is signed in to the app. */
  readonly visit: () => Promise<Page>
  readonly close: () => Promise<void>
}

export const open = async (): Promise<Outage> => {
  const port = await getPort({ host: "127.0.0.1" })
  const target = `http://127.0.0.1:${port}`
  const vite = await createServer({
    root: new URL("../examples/", import.meta.url).pathname,
    configFile: false,
    logLevel: "silent",
    appType: "mpa",
    plugins: [react()],
    server: {
      host: "127.0.0.1",
      port: await getPort({ host: "127.0.0.1" }),
      proxy: { "/session": target, "/enter": target, "/leave": target },
    },
    cacheDir: `node_modules/.vite-${crypto.randomUUID()}`,
  })
  await vite.listen()
  const origin = vite.resolvedUrls?.local[0]?.replace(/\/$/, "") ?? ""
  let server: ChildProcess | undefined
  const start = async () => {
    const program = new URL("AppServer.ts", import.meta.url).pathname
    server = spawn(process.execPath, [program, String(port), origin], { stdio: ["ignore", "pipe", "inherit"] })
    await once(server.stdout ?? server, "data")
  }
  const signal = async (signal: NodeJS.Signals) => {
    const ended = signal === "SIGKILL" && server && once(server, "exit")
    server?.kill(signal)
    await ended
  }
  await start()
  const browser = await Chromium.launch()
  return {
    browser,
    origin,
    signal,
    start,
    visit: async () => {
      const context = await browser.newContext({ viewport: { width: 480, height: 560 }, deviceScaleFactor: 2 })
      const page = await context.newPage()
      await page.goto(`${origin}/enter`)
      await page.waitForSelector(".card")
      return page
    },
    close: async () => {
      await browser.close()
      await signal("SIGKILL")
      await vite.close()
      await rm(vite.config.cacheDir, { recursive: true, force: true })
    },
  }
}

/** Waits until the card shows this state of the connection; `null`: all is well. */
export const connection = (page: Page, code: "unreachable" | "visit_ended" | null) =>
  page.waitForSelector(code === null ? ".card:not([data-connection])" : `.card[data-connection="${code}"]`, {
    timeout: 30_000,
  })
