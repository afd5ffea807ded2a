// In Express. It may stand before a body parser or after one, and behind compression(), which leaves the stream alone.
import { createServer, type Server } from "node:http"
import * as NodeListener from "@pbx-auth/session/NodeListener"
import type { ServerSession } from "@pbx-auth/session/ServerSession"
import compression from "compression"
import express from "express"

export const make = (served: ServerSession): Server => {
  const app = express()
  app.use(compression())
  app.use(express.json())
  // #region mount
  app.use("/session", NodeListener.of(served.handle))
  // #endregion
  return createServer(app)
}
