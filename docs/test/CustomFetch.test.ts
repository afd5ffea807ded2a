/** A company's own certificate authority, and its proxy, met with real sockets: by a fetch that the app supplies, and by Node's own. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { type AddressInfo, connect, createServer as createNetServer, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createServer as createTlsServer } from "node:tls"
import { describe, expect, it } from "vitest"
import * as Certificates from "./Certificates.ts"
import { type Ran, run, withEmulator } from "./Example.ts"

const { authority, cert, key } = Certificates.make()

/** A server of this machine, which ends with whatever is still connected to it. */
const listening = async (server: Server) => {
  const sockets = new Set<Socket>()
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.on("error", () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    connections: sockets,
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Joins two sockets until either ends. */
const joined = (near: Socket, far: Socket) => {
  near.on("error", () => far.destroy())
  far.on("error", () => near.destroy())
  near.pipe(far).pipe(near)
}

/** The emulator's port behind TLS. */
const encrypted = (address: string) =>
  listening(
    createTlsServer({ cert, key }, (socket) => joined(socket, connect(Number(new URL(address).port), "127.0.0.1"))),
  )

/** The emulator behind a server that says `100 Continue` before each answer. */
const interim = (address: string) =>
  listening(
    createNetServer((near) => {
      const far = connect(Number(new URL(address).port), "127.0.0.1")
      let isAsked = true
      near.on("data", () => {
        isAsked = true
      })
      far.on("data", () => {
        if (isAsked) near.write("HTTP/1.1 100 Continue\r\n\r\n")
        isAsked = false
      })
      joined(near, far)
    }),
  )

/** A proxy that notes what it is asked, and everything that it sees. */
const proxied = async (status = 200) => {
  const asked: Array<string> = []
  const seen: Array<Buffer> = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.end()
  })
  server.on("connect", ({ method, rawHeaders, url = "" }, near: Socket) => {
    asked.push(`${method} ${url}`)
    seen.push(Buffer.from(rawHeaders.join("\n")))
    if (status !== 200) return near.end(`HTTP/1.1 ${status} No\r\n\r\n`)
    const { hostname, port } = new URL(`tcp://${url}`)
    near.write("HTTP/1.1 200 Connection established\r\n\r\n")
    near.on("data", (chunk) => seen.push(chunk))
    return joined(near, connect(Number(port), hostname))
  })
  const { port, ...rest } = await listening(server)
  return { ...rest, asked, seen: () => Buffer.concat(seen).toString("latin1"), url: `http://127.0.0.1:${port}` }
}

/** All that would be secret on the way: the request's, and the looks of its answer's tokens. */
const secret = /1234|your-client-secret|grant_type|authorization|[0-9a-f]{32}/i

interface Stage {
  /** The emulator in clear, and behind TLS. */
  readonly plain: string
  readonly address: string
  readonly proxy: Awaited<ReturnType<typeof proxied>>
  /** How many connections came to the TLS server. */
  readonly connections: () => number
  /** How many requests came to the emulator. */
  readonly requests: () => Promise<number>
  /** The environment of whoever trusts the authority, by a variable's name. */
  readonly trusting: (variable: string) => Record<string, string>
}

const staged = (use: (stage: Stage) => Promise<void>, status?: number) =>
  withEmulator(async (plain) => {
    const directory = mkdtempSync(join(tmpdir(), "pbx-auth-docs-"))
    try {
      const file = join(directory, "authority.pem")
      writeFileSync(file, authority)
      await using front = await encrypted(plain)
      await using proxy = await proxied(status)
      await use({
        plain,
        address: `https://127.0.0.1:${front.port}`,
        proxy,
        connections: () => front.connections.size,
        requests: async () => ((await (await fetch(`${plain}/__emulator/journal`)).json()) as Array<unknown>).length,
        trusting: (variable) => ({ [variable]: file }),
      })
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

const printed = ({ exitCode, stderr, stdout }: Ran) => {
  expect(stderr).toBe("")
  expect(exitCode).toBe(0)
  return stdout.trimEnd().split("\n")
}

const signedIn = ["with promises: Office Manager", "with Effect: Office Manager"]
const example = "custom-fetch.ts"

/** A process for each, and a rule that another case shows too: where a proxy counts, and that it was never reached. */
const more = { tags: ["matrix"] }

describe.concurrent("a fetch that the app supplies", () => {
  it("does not go to a server that it has no reason to trust", () =>
    staged(async ({ address, requests }) => {
      const env = { PBX_AUTH_ADDRESS: address }
      expect(printed(await run(example, env))).toEqual(Array(2).fill("Unavailable -> retry"))
      expect(await requests()).toBe(0)
    }))

  it("signs in where a company's own authority is trusted", () =>
    staged(async ({ address, connections, trusting }) => {
      const env = { PBX_AUTH_ADDRESS: address, ...trusting("COMPANY_CA") }
      expect(printed(await run(example, env))).toEqual(signedIn)
      expect(connections()).toBeGreaterThan(0)
    }))

  it("goes through a proxy, which is told where to and sees no more", () =>
    staged(async ({ address, connections, proxy, trusting }) => {
      const env = { PBX_AUTH_ADDRESS: address, HTTPS_PROXY: proxy.url, ...trusting("COMPANY_CA") }
      expect(printed(await run(example, env))).toEqual(signedIn)
      expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${new URL(address).host}`]))
      expect(connections(), "all came through it").toBe(proxy.asked.length)
      expect(proxy.seen()).toContain(new URL(address).host)
      expect(proxy.seen()).not.toMatch(secret)
    }))

  it("sends nothing where there is no proxy, and where the proxy says no", () =>
    staged(async ({ address, proxy, requests, trusting }) => {
      const env = { PBX_AUTH_ADDRESS: address, ...trusting("COMPANY_CA") }
      const nowhere = await listening(createNetServer())
      await nowhere[Symbol.asyncDispose]()
      const unreachable = await run(example, { ...env, HTTPS_PROXY: `http://127.0.0.1:${nowhere.port}` })
      expect(printed(unreachable)).toEqual(Array(2).fill("Unavailable -> retry"))
      const denied = await run(example, { ...env, HTTPS_PROXY: proxy.url })
      expect(printed(denied)).toEqual(Array(2).fill("Unavailable -> retry"))
      expect(proxy.asked.length).toBeGreaterThan(0)
      expect(proxy.seen()).not.toMatch(secret)
      expect(await requests()).toBe(0)
    }, 502))

  it("knows that nothing was sent when the proxy closes the connection in place of an answer", more, () =>
    staged(async ({ address, requests, trusting }) => {
      await using proxy = await listening(createNetServer((socket) => void socket.once("data", () => socket.end())))
      const env = { PBX_AUTH_ADDRESS: address, ...trusting("COMPANY_CA") }
      const lines = printed(await run(example, { ...env, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }))
      expect(lines).toEqual(Array(2).fill("Unavailable -> retry"))
      expect(await requests()).toBe(0)
    }),
  )

  it("goes past the proxy where NO_PROXY says so", more, () =>
    staged(async ({ address, proxy, trusting }) => {
      const env = { PBX_AUTH_ADDRESS: address, HTTPS_PROXY: proxy.url, NO_PROXY: "127.0.0.1" }
      expect(printed(await run(example, { ...env, ...trusting("COMPANY_CA") }))).toEqual(signedIn)
      expect(proxy.asked).toEqual([])
    }),
  )

  it("keeps what is in clear on this machine", more, () =>
    staged(async ({ plain, proxy }) => {
      const env = { PBX_AUTH_ADDRESS: plain, HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }
      expect(printed(await run(example, env))).toEqual(signedIn)
      expect(proxy.asked).toEqual([])
    }),
  )

  const redirected = (statuses: ReadonlyArray<number>) =>
    staged(async ({ address, plain, requests, trusting }) => {
      await using elsewhere = await listening(createNetServer())
      for (const status of statuses) {
        const fault = { _tag: "redirect", status, to: `http://127.0.0.1:${elsewhere.port}/` }
        await fetch(`${plain}/__emulator/faults`, { method: "DELETE" })
        await fetch(`${plain}/__emulator/faults`, { method: "POST", body: JSON.stringify({ fault, times: "always" }) })
        const env = { PBX_AUTH_ADDRESS: address, ...trusting("COMPANY_CA") }
        expect(printed(await run(example, env))).toEqual(Array(2).fill("Misconfigured -> configure"))
      }
      expect(elsewhere.connections.size).toBe(0)
      expect(await requests()).toBe(2 * statuses.length)
    })

  it("follows no redirect", { tags: ["matrix"] }, () => redirected([301, 302, 303, 307, 308]))

  it("follows no redirect with the form in it", () => redirected([307]))
})

describe.concurrent("Node's own fetch", () => {
  it("is told the same by its environment", () =>
    staged(async ({ address, connections, proxy, trusting }) => {
      const env = { PBX_AUTH_ADDRESS: address, NODE_USE_ENV_PROXY: "1", HTTPS_PROXY: proxy.url }
      const lines = printed(await run("plain-promise.ts", { ...env, ...trusting("NODE_EXTRA_CA_CERTS") }))
      expect(lines[0]).toBe("1000 callers, 1 token")
      expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${new URL(address).host}`]))
      expect(connections()).toBe(proxy.asked.length)
      expect(proxy.seen()).not.toMatch(secret)
    }))

  it("does not go to a server that it has no reason to trust", () =>
    staged(async ({ address, requests }) => {
      const { exitCode, stderr, stdout } = await run("plain-promise.ts", { PBX_AUTH_ADDRESS: address })
      expect(exitCode).toBe(1)
      expect(stderr).toContain("Unavailable")
      expect(stdout + stderr).not.toMatch(/"1234"|'1234'|your-client-secret'|grant_type/)
      expect(await requests()).toBe(0)
    }))
})

describe("a fetch over node:http", () => {
  it("goes on after 100 Continue, at which Node's own gives up", () =>
    withEmulator(async (address) => {
      await using server = await interim(address)
      const env = { PBX_AUTH_ADDRESS: `http://127.0.0.1:${server.port}` }
      expect(printed(await run("own-fetch.ts", env))).toEqual(["over node:http: Office Manager"])
      const byNode = await run("custom-fetch.ts", env)
      expect(printed(byNode)).toEqual(Array(2).fill("OutcomeUnknown -> retry"))
    }))
})
