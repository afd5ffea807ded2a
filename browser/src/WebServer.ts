/** A web handler on a port of this machine. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Readable } from "node:stream"

/** The handler for a path; `undefined` leaves the request to `otherwise`. */
export type Handler = (request: Request) => Promise<Response> | undefined

const requestOf = (incoming: IncomingMessage, origin: string, signal: AbortSignal): Request => {
  const headers = new Headers()
  for (const [name, value = ""] of Object.entries(incoming.headers)) headers.set(name, [value].flat().join(", "))
  const { method = "GET", url = "/" } = incoming
  const hasBody = method !== "GET" && method !== "HEAD"
  return new Request(new URL(url, origin), {
    method,
    headers,
    signal,
    ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream, duplex: "half" }),
  } as RequestInit)
}

const send = async (response: Response, outgoing: ServerResponse): Promise<void> => {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.flushHeaders()
  const reader = response.body?.getReader()
  outgoing.on("close", () => void reader?.cancel().catch(() => {}))
  for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
    outgoing.write(part.value)
  }
  outgoing.end()
}

export interface WebServer {
  readonly node: Server
  readonly origin: string
  /** Cuts every answer to a path that is still under way, as a network does. */
  readonly cut: (path: string) => void
  readonly close: () => Promise<void>
}

/** Serves until it is closed. */
export const serve = async (
  handler: () => Handler,
  otherwise: () => (incoming: IncomingMessage, outgoing: ServerResponse) => void,
): Promise<WebServer> => {
  const underWay = new Map<ServerResponse, string>()
  const node = createServer((incoming, outgoing) => {
    const leaving = new AbortController()
    underWay.set(outgoing, new URL(incoming.url ?? "/", origin).pathname)
    outgoing.on("close", () => {
      underWay.delete(outgoing)
      leaving.abort()
    })
    const answer = handler()(requestOf(incoming, origin, leaving.signal))
    if (answer === undefined) return otherwise()(incoming, outgoing)
    answer.then((response) => send(response, outgoing)).catch(() => outgoing.destroy())
  })
  await new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve))
  const origin = `http://127.0.0.1:${(node.address() as AddressInfo).port}`
  return {
    node,
    origin,
    cut: (path) => {
      for (const [outgoing, at] of underWay) if (at === path) outgoing.destroy()
    },
    close: () =>
      new Promise((resolve) => {
        node.close(() => resolve())
        node.closeAllConnections()
      }),
  }
}
