/** A server of this test that does to a connection whatever a test wants, and keeps every byte that it was sent. */
import { createServer, type Socket } from "node:net"
import * as Effect from "effect/Effect"

export interface Line {
  readonly origin: string
  /** Everything that was received so far. */
  readonly received: () => string
  readonly connections: () => number
}

/** Answers each connection's first bytes by `answer`, until the test's scope closes. */
export const line = (answer: (socket: Socket) => void) =>
  Effect.acquireRelease(
    Effect.callback<Line & { readonly close: () => void }>((resume) => {
      const sockets = new Set<Socket>()
      let received = ""
      let connections = 0
      const server = createServer((socket) => {
        connections++
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => sockets.delete(socket))
        let answered = false
        socket.on("data", (data) => {
          received += data.toString("latin1")
          if (answered || !received.includes("\r\n\r\n")) return
          answered = true
          answer(socket)
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(
          Effect.succeed({
            origin: `http://127.0.0.1:${port}`,
            received: () => received,
            connections: () => connections,
            close: () => {
              for (const socket of sockets) socket.destroy()
              server.close()
            },
          }),
        )
      })
    }),
    (line) => Effect.sync(line.close),
  )

/** A whole reply by HTTP/1.1, after which the connection closes. */
export const http = (status: number, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) => {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body
  const lines = Object.entries({ "content-length": String(bytes.length), connection: "close", ...headers })
  const head = `HTTP/1.1 ${status} X\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`
  return Buffer.concat([Buffer.from(head), bytes])
}
