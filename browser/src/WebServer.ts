/** Web handlers on a port of this machine. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as NodeListener from "@pbx-auth/session/NodeListener"

/** The handler for a path; `undefined` leaves the request to `otherwise`. */
export type Handler = (path: string) => ((request: Request) => Promise<Response>) | undefined

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
    const { pathname } = new URL(incoming.url ?? "/", origin)
    underWay.set(outgoing, pathname)
    outgoing.on("close", () => underWay.delete(outgoing))
    const handle = handler()(pathname)
    if (handle === undefined) return otherwise()(incoming, outgoing)
    NodeListener.of(handle)(incoming, outgoing)
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
