/** What may be between a browser and a server, each with the smallest configuration that works. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import { type AddressInfo, connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import compression from "compression"
import express from "express"
import getPort from "get-port"
import { createServer as createVite } from "vite"

export interface Running {
  readonly url: string
  readonly close: () => Promise<void>
}

/** Its address, and the server behind it; both on this machine. */
interface Place {
  readonly port: number
  readonly upstream: number
  readonly folder: string
}

export interface Proxy {
  readonly name: string
  /** The parts of its configuration that are worth a comment. */
  readonly configuration: string
  /** Debian's package, for a proxy that is not a dependency of this project. */
  readonly debian?: string
  /** Its version, or `undefined` if it is not installed. */
  readonly version: () => string | undefined
  readonly start: (upstream: number, handler: Parameters<typeof createServer>[1]) => Promise<Running>
}

export const listening = async (server: Server): Promise<Running & { readonly port: number }> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { port, url: `http://127.0.0.1:${port}`, close }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
    socket.once("connect", () => socket.destroy())
  })

const placeOf = (program: string): string | undefined =>
  [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"]
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path))

/** Ten seconds, and no longer. */
const TRIES = 100

const program = (
  name: string,
  debian: string,
  configuration: string,
  given: {
    readonly says: ReadonlyArray<string>
    readonly args: (file: string, place: Place) => ReadonlyArray<string>
    readonly file: (place: Place) => string
  },
): Proxy => ({
  name,
  configuration,
  debian,
  version: () => {
    const path = placeOf(debian)
    if (path === undefined) return undefined
    const said = execFileSync("sh", ["-c", '"$0" "$@" 2>&1', path, ...given.says], { encoding: "utf8" })
    return /\d+\.\d+(\.\d+)?/.exec(said)?.[0] ?? "?"
  },
  start: async (upstream) => {
    const folder = await mkdtemp(join(tmpdir(), "proxy-"))
    // Some drop root privileges, and must be let in all the same.
    await chmod(folder, 0o755)
    const port = await getPort({ host: "127.0.0.1" })
    const place = { folder, port, upstream }
    const file = join(folder, "configuration")
    await writeFile(file, given.file(place))
    const child: ChildProcess = spawn(placeOf(debian) ?? debian, [...given.args(file, place)], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, HOME: folder },
    })
    let said = ""
    child.stderr?.on("data", (text) => {
      said = (said + text).slice(-2_000)
    })
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
    for (let tries = 0; !(await answers(port)); tries++) {
      if (tries > TRIES || child.exitCode !== null) throw new Error(`${name} does not start:\n${said}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    return {
      url: `http://127.0.0.1:${port}`,
      close: async () => {
        child.kill()
        await ended
        await rm(folder, { recursive: true, force: true })
      },
    }
  },
})

const haproxy = (more: string) => ({
  says: ["-v"],
  args: (file: string) => ["-db", "-f", file],
  file: ({ port, upstream }: Place) => `
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
${more}
frontend all
  bind 127.0.0.1:${port}
  default_backend app
backend app
  server app 127.0.0.1:${upstream}
`,
})

const caddy = (more: string) => ({
  says: ["version"],
  args: (file: string) => ["run", "--adapter", "caddyfile", "--config", file],
  file: ({ port, upstream }: Place) => `
{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
${more}
  reverse_proxy 127.0.0.1:${upstream}
}
`,
})

const lighttpd = (more: string) => ({
  says: ["-v"],
  args: (file: string) => ["-D", "-f", file],
  file: ({ folder, port, upstream }: Place) => `
server.document-root = "${folder}"
server.bind = "127.0.0.1"
server.port = ${port}
server.modules = ( "mod_proxy" )
proxy.server = ( "" => ( ( "host" => "127.0.0.1", "port" => ${upstream} ) ) )
${more}
`,
})

const modules = ["mpm_event", "authz_core", "proxy", "proxy_http"]
const asRoot = process.getuid?.() === 0

export const proxies: ReadonlyArray<Proxy> = [
  {
    name: "(nothing)",
    configuration: "",
    version: () => process.versions.node,
    start: async (_, handler) => listening(createServer(handler)),
  },
  {
    name: "Express' `compression()`",
    configuration: "`app.use(compression())`",
    version: () => "",
    start: async (_, handler) => {
      const app = express()
      app.use(compression({ threshold: 0 }))
      app.use((request, response) => handler?.(request, response))
      return listening(createServer(app))
    },
  },
  {
    name: "Vite's proxy",
    configuration: '`server.proxy: { "/session": target }`',
    version: () => "",
    start: async (upstream) => {
      const folder = await mkdtemp(join(tmpdir(), "vite-"))
      const vite = await createVite({
        root: folder,
        configFile: false,
        logLevel: "silent",
        cacheDir: folder,
        server: {
          host: "127.0.0.1",
          port: await getPort({ host: "127.0.0.1" }),
          proxy: { "/session": `http://127.0.0.1:${upstream}` },
        },
      })
      await vite.listen()
      return {
        url: vite.resolvedUrls?.local[0]?.replace(/\/$/, "") ?? "",
        close: async () => {
          await vite.close()
          await rm(folder, { recursive: true, force: true })
        },
      }
    },
  },
  program("nginx", "nginx", "`proxy_pass`; `gzip on` for all types", {
    says: ["-v"],
    args: (file, { folder }) => ["-e", "stderr", "-p", folder, "-c", file, "-g", "daemon off;"],
    file: ({ folder, port, upstream }) => `
pid ${folder}/pid;
error_log stderr;
events {}
http {
  access_log off;
  gzip on;
  gzip_types *;
  gzip_proxied any;
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://127.0.0.1:${upstream}; }
  }
}
`,
  }),
  program("Apache", "apache2", "`ProxyPass`", {
    says: ["-v"],
    args: (file) => ["-D", "FOREGROUND", "-f", file],
    file: ({ folder, port, upstream }) => `
ServerRoot "${folder}"
ServerName localhost
PidFile "${folder}/pid"
DefaultRuntimeDir "${folder}"
ErrorLog "${folder}/log"
Listen 127.0.0.1:${port}
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}
${asRoot ? "User www-data\nGroup www-data" : ""}
ProxyPass "/" "http://127.0.0.1:${upstream}/"
`,
  }),
  program("Caddy", "caddy", "`reverse_proxy`", caddy("")),
  program("Caddy", "caddy", "and `encode gzip`", caddy("  encode gzip")),
  program(
    "Caddy",
    "caddy",
    "and `@rest not path /session*`, `encode @rest gzip`",
    caddy("  @rest not path /session*\n  encode @rest gzip"),
  ),
  program("HAProxy", "haproxy", "`mode http`", haproxy("")),
  program("HAProxy", "haproxy", "and `option http-no-delay`", haproxy("  option http-no-delay")),
  program("lighttpd", "lighttpd", "`proxy.server`", lighttpd("")),
  program("lighttpd", "lighttpd", "and `server.stream-response-body = 2`", lighttpd("server.stream-response-body = 2")),
]
