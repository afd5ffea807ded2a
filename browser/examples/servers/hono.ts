// In Hono, on whatever it runs.
import type { ServerSession } from "@pbx-auth/session/ServerSession"
import { Hono } from "hono"

export const make = (served: ServerSession): Hono => {
  const app = new Hono()
  // #region mount
  app.all("/session/*", (context) => served.handle(context.req.raw))
  // #endregion
  return app
}
