/** A private network: its resolver knows its names, and each of its hosts is this machine. What asks is Node's own HTTP client. */
import { request as inClear } from "node:http"
import { request as encrypted } from "node:https"
import type { LookupFunction } from "node:net"

/** As a resolver of the site's own would answer. */
const lookup: LookupFunction = (_, options, found) =>
  options.all === true ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4)

/** A request that left for the network. */
interface Asked {
  readonly origin: string
  /** Path and query. */
  readonly path: string
}

export const privateNetwork = () => {
  const asked: Array<Asked> = []

  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const body = Buffer.from(await request.arrayBuffer())
    const url = new URL(request.url)
    asked.push({ origin: url.origin, path: url.pathname + url.search })
    const ask = url.protocol === "https:" ? encrypted : inClear
    const { method, signal } = request
    return new Promise((resolve, reject) => {
      const sent = ask(url, { method, signal, lookup, headers: Object.fromEntries(request.headers) }, (reply) => {
        const parts: Array<Buffer> = []
        reply.on("data", (part: Buffer) => parts.push(part))
        reply.on("error", reject)
        reply.on("end", () => {
          const headers = Object.entries(reply.headers).map(([name, value]) => [name, String(value)] as const)
          const status = reply.statusCode ?? 0
          resolve(
            new Response(status === 204 ? null : Buffer.concat(parts), {
              status,
              headers: new Headers(headers.map(([...pair]) => pair)),
            }),
          )
        })
      })
      sent.on("error", reject)
      sent.end(body)
    })
  }

  return { asked, fetch, origins: () => [...new Set(asked.map(({ origin }) => origin))] }
}

/** The same server, by a name that only the private network has. */
export const named = (origin: string, host: string): string => origin.replace("127.0.0.1", host)
