/** The built site on an address of this machine. */
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import sirv from "sirv"
import { dist } from "./BuiltSite.ts"

export interface Served {
  /** Without a slash at its end. */
  readonly address: string
  readonly close: () => Promise<void>
}

/** Serves `docs/.site/dist` on 127.0.0.1. Port 0 is a free one. */
export const served = (port = 0): Promise<Served> => {
  const files = sirv(dist, {
    etag: true,
    // It reads the folder at each request, which may be built anew meanwhile.
    dev: true,
    extensions: ["html"],
    setHeaders: (response, path) => {
      if (/\.(md|txt)$/.test(path)) response.setHeader("content-type", "text/plain; charset=utf-8")
    },
  })
  const missing = readFileSync(join(dist, "404.html"))
  const server = createServer((request, response) => {
    files(request, response, () => {
      response.writeHead(404, { "content-type": "text/html; charset=utf-8" }).end(missing)
    })
  })
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, "127.0.0.1", () => {
      const { port: chosen } = server.address() as AddressInfo
      resolve({
        address: `http://127.0.0.1:${chosen}`,
        close: () => new Promise((closed) => server.close(() => closed()).closeAllConnections()),
      })
    })
  })
}
