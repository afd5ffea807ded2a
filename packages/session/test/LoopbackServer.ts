/** A server of the test's own on a free port of 127.0.0.1. */
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"

/** Its origin, for as long as the test's scope is open. What answers may be made of the origin. */
export const serving = (answering: (origin: string) => Promise<RequestListener> | RequestListener) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const server = createServer()
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
        const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
        server.on("request", await answering(origin))
        return { origin, server }
      }),
      ({ server }) =>
        Effect.promise(() => {
          server.closeAllConnections()
          return new Promise<void>((resolve) => server.close(() => resolve()))
        }),
    ),
    ({ origin }) => origin,
  )
