/**
 * The examples on a server of this machine, the emulated vendors behind it, and Chromium before it.
 *
 * One origin for all: pages by Vite, as its users have them; the vendor below `/ns-api/`, proxied; the sessions of the server example
 * at `/session`. The test controls time on both sides.
 */
import { globSync, readFileSync } from "node:fs"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as SteerableClock from "@pbx-auth/emulator/SteerableClock"
import { decodeWorld, defaultWorld } from "@pbx-auth/emulator/World"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { svelte } from "@sveltejs/vite-plugin-svelte"
import react from "@vitejs/plugin-react"
import vue from "@vitejs/plugin-vue"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { Browser, Page } from "playwright-core"
import { createServer, type ViteDevServer } from "vite"
import solid from "vite-plugin-solid"
import * as App from "../examples/server/app.ts"
import * as Chromium from "./Chromium.ts"
import * as ViteCache from "./ViteCache.ts"
import * as WebServer from "./WebServer.ts"

/** Marked, so that a search for them finds them and nothing else. */
export const marked = {
  client: "canary-client-secret-51d0",
  password: "canary-password-7c1f",
  passcode: "canary-passcode-93ab",
}

/** A reseller with a second factor. */
export const person = { username: "222@abc-company", password: marked.password }

const world = {
  netsapiens: {
    clients: [...defaultWorld.netsapiens.clients, { id: "server", secret: marked.client }],
    accounts: defaultWorld.netsapiens.accounts.map((account) =>
      account.mfa === undefined
        ? account
        : { ...account, password: marked.password, mfa: { ...account.mfa, passcode: marked.passcode } },
    ),
  },
}

export interface Stage {
  readonly browser: Browser
  readonly emulator: Emulator.Emulator
  readonly origin: string
  /** Edits a file of the examples, as far as Vite can tell; the page is told. */
  readonly edit: (file: string, change: (code: string) => string) => Promise<void>
  /** Moves the emulator's time and that of the sessions on the server. */
  readonly advance: (minutes: number) => Promise<void>
  /** The requests to the vendor, in order. */
  readonly grants: () => Promise<ReadonlyArray<string>>
  /** Cuts every answer to a path that is still under way. */
  readonly cut: (path: string) => void
  /** The requests of browsers to the sessions on the server. */
  readonly asked: ReadonlyArray<{ readonly path: string; readonly headers: Headers }>
  /** Every token that the vendor has issued so far. */
  readonly tokens: ReadonlySet<string>
  readonly close: () => Promise<void>
}

/**
 * The library's modules that pages import. Vite takes them for the app's own source, because they are linked, and would send each of
 * their files by itself. An app that installed the packages gets them in a few pieces, as these do.
 */
const libraries = (root: string): Array<string> => [
  ...new Set(
    globSync("**/*.{ts,tsx,vue,svelte}", { cwd: root })
      // What runs on a server stays there.
      .filter((path) => !/^(node_modules|servers|server\/app\.ts)/.test(path))
      .flatMap((path) => [...readFileSync(root + path, "utf8").matchAll(/from "(@pbx-auth\/[^"]+)"/g)])
      .map(([, module = ""]) => module),
  ),
]

/** React and Solid both write TSX. */
const inSolid = /\/(solid\/.*|Solid)\.tsx$/

const tokenField = /"(?:access_token|refresh_token|token)":"([^"]+)"/g

export const open = async (): Promise<Stage> => {
  const scope = Scope.makeUnsafe()
  const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Scope.provide(effect, scope))
  const clock = await run(SteerableClock.make())
  const timed = Effect.provideService(Clock.Clock, clock)
  const emulator = await run(timed(Emulator.make({ world: await Effect.runPromise(decodeWorld(world)) })))

  const tokens = new Set<string>()
  const vendor = async (request: Request): Promise<Response> => {
    const response = await emulator.handle(request)
    for (const [, token = ""] of (await response.clone().text()).matchAll(tokenField)) tokens.add(token)
    return response
  }

  const asked: Array<Stage["asked"][number]> = []
  const edits = new Map<string, (code: string) => string>()
  let handle: WebServer.Handler = () => undefined
  let vite: ViteDevServer | undefined
  const server = await WebServer.serve(
    () => handle,
    () => (incoming, outgoing) => vite?.middlewares(incoming, outgoing),
  )
  const root = new URL("../examples/", import.meta.url).pathname
  const cache = ViteCache.open(`${root}node_modules/.vite-kept`)
  vite = await createServer({
    root,
    configFile: false,
    logLevel: "error",
    appType: "mpa",
    plugins: [
      { name: "edits", enforce: "pre", transform: (code, id) => edits.get(id)?.(code) },
      react({ exclude: inSolid }),
      solid({ include: inSolid }),
      svelte({ configFile: false }),
      vue(),
    ],
    server: { middlewareMode: true, hmr: { server: server.node } },
    environments: { client: { optimizeDeps: { include: libraries(root) } } },
    cacheDir: cache.folder,
  })
  const { render } = await vite.ssrLoadModule("/server/render.tsx")
  const { readFile } = await import("node:fs/promises")
  const frame = await readFile(new URL("server/index.html", `file://${root}`), "utf8")
  const runtime = SessionRuntime.layer.pipe(
    Layer.provide(TokenEndpoint.layer),
    Layer.provide(FetchTransport.layer((input, init) => vendor(new Request(input, init)))),
  )
  const app = await run(
    timed(
      Effect.provide(
        App.make({
          origin: server.origin,
          pbx: { address: server.origin, client: { id: "server", secret: marked.client } },
          render: async (first) =>
            (await vite?.transformIndexHtml("/server/index.html", frame))?.replace("<!--card-->", () =>
              render(first, "en"),
            ) ?? "",
        }),
        await run(timed(Layer.build(runtime))),
      ),
    ),
  )
  handle = (path) => {
    if (path.startsWith("/ns-api/")) return vendor
    if (path === "/") return app
    if (!/^\/session(\/|$)/.test(path)) return undefined
    return (request) => {
      asked.push({ path, headers: request.headers })
      return app(request)
    }
  }
  const browser = await Chromium.launch()
  return {
    browser,
    emulator,
    origin: server.origin,
    edit: async (file, change) => {
      const { client } = vite?.environments ?? {}
      const [module] = client?.moduleGraph.getModulesByFile(root + file) ?? []
      if (module === undefined) throw new Error(`${file} is on no page`)
      edits.set(root + file, change)
      await client?.reloadModule(module)
    },
    asked,
    tokens,
    advance: (minutes) => Effect.runPromise(clock.adjust(minutes * 60_000)),
    grants: async () => (await Effect.runPromise(emulator.journal)).flatMap(({ grant }) => grant ?? []),
    cut: server.cut,
    close: async () => {
      await browser.close()
      await vite?.close()
      await run(Effect.void)
      await Effect.runPromise(Scope.close(scope, Exit.void))
      await server.close()
      cache.close()
    },
  }
}

/** A page whose time the test controls, and that reports its errors. */
export const visit = async (
  stage: Stage,
  path: string,
  begin?: (page: Page) => Promise<void>,
  isAlive: (page: Page) => Promise<unknown> = alive,
): Promise<{ readonly page: Page; readonly wrongs: Array<string> }> => {
  const context = await stage.browser.newContext({ viewport: { width: 480, height: 560 }, deviceScaleFactor: 2 })
  const page = await context.newPage()
  const wrongs: Array<string> = []
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") wrongs.push(message.text())
  })
  page.on("pageerror", (error) => wrongs.push(String(error)))
  await begin?.(page)
  await page.clock.install()
  await page.goto(stage.origin + path)
  await isAlive(page)
  return { page, wrongs }
}

/** Waits until the card is there, and the page's program with it: what came from a server is only a picture until then. */
export const alive = async (page: Page): Promise<void> => {
  await page.waitForSelector(".card")
  await page.waitForFunction(() =>
    Object.getOwnPropertyNames(document.querySelector(".card") ?? {}).some((key) => /^__(react|v)/.test(key)),
  )
}

/** Waits until the card shows a state. */
export const shows = (page: Page, path: string) =>
  page.waitForSelector(`.card[data-path="${path}"]`, { timeout: 15_000 })

/** Types as a person does, key by key, and sends the form. */
export const fillIn = async (page: Page, fields: Readonly<Record<string, string>>): Promise<void> => {
  for (const [name, text] of Object.entries(fields)) {
    await page.focus(`input[name="${name}"]`)
    await page.keyboard.type(text)
  }
  await page.keyboard.press("Enter")
}

export const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click()
