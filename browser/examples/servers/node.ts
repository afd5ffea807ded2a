// On node:http.
import { createServer, type Server } from "node:http"
import * as NodeListener from "@pbx-auth/session/NodeListener"
import type { ServerSession } from "@pbx-auth/session/ServerSession"

// #region listener
export const make = (served: ServerSession): Server => {
  const session = NodeListener.of(served.handle)
  return createServer((request, response) => {
    if (/^\/session(\/|$)/.test((request.url ?? "").replace(/\?.*/, ""))) return session(request, response)
    response.writeHead(404).end()
  })
}
// #endregion
