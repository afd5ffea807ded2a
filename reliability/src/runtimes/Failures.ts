/** Servers that fail a request, each in its own way, and record what arrived. */
import { createServer as createHttpServer } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { type AddressInfo, createServer as createPort, type Server, type Socket } from "node:net"
import * as Certificates from "../../../docs/test/Certificates.ts"
import type { Case } from "./Renewal.ts"

export interface Failure {
  readonly name: string
  readonly address: string
  /** Whether the whole request arrived since the last time that this was asked. */
  readonly hasArrived: () => boolean
  /** Only for a browser: the tab is offline meanwhile. */
  readonly isOffline?: true
  /** The app's own `fetch` throws. */
  readonly throws?: Case["throws"]
}

const reply = JSON.stringify({ access_token: "a-2", refresh_token: "r-2", expires_in: 3600 })
const head = [
  "HTTP/1.1 200 OK",
  "content-type: application/json",
  // A page of another origin asks, in a browser.
  "access-control-allow-origin: *",
  "connection: close",
]
const whole = [...head, `content-length: ${reply.length}`, "", reply].join("\r\n")
const cut = [...head, `content-length: ${reply.length + 100}`, "", reply].join("\r\n")

/** What a server does with a request that has arrived. */
type Answer = (socket: Socket) => void

export interface Failures {
  readonly all: ReadonlyArray<Failure>
  readonly close: () => Promise<void>
}

export const open = async (): Promise<Failures> => {
  const servers: Array<Server> = []
  const sockets = new Set<Socket>()
  const { cert, key } = Certificates.make()
  const listening = async (server: Server): Promise<number> => {
    servers.push(server)
    server.on("connection", (socket: Socket) => {
      sockets.add(socket)
      socket.on("error", () => {}).on("close", () => sockets.delete(socket))
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    return (server.address() as AddressInfo).port
  }

  const never = () => false
  /** A port where a request in clear is read to its end, and answered so. */
  const answering = async (name: string, answer: Answer): Promise<Failure> => {
    let arrived = false
    const port = await listening(
      createPort((socket) => {
        let text = ""
        socket.on("data", (bytes) => {
          text += bytes.toString("latin1")
          const length = Number(/content-length: (\d+)/i.exec(text)?.[1])
          if (text.length - text.indexOf("\r\n\r\n") - 4 < length || !text.includes("refresh_token=")) return
          arrived = true
          answer(socket)
        })
      }),
    )
    const hasArrived = () => {
      const was = arrived
      arrived = false
      return was
    }
    return { name, address: `http://127.0.0.1:${port}`, hasArrived }
  }
  /** A port where TLS is asked for, and what it does with the first bytes. */
  const handshaking = async (name: string, answer: Answer): Promise<Failure> => {
    const port = await listening(createPort((socket) => socket.once("data", () => answer(socket))))
    return { name, address: `https://localhost:${port}`, hasArrived: never }
  }

  const closed = createPort()
  const free = await listening(closed)
  await new Promise((resolve) => closed.close(resolve))
  const untrusted = await listening(createTlsServer({ cert, key }, (_, response) => response.end(reply)))
  const plain = await listening(createHttpServer((_, response) => response.end(reply)))
  const well = await answering("none: the server is well", (socket) => socket.end(whole))

  const all: ReadonlyArray<Failure> = [
    well,
    { name: "no such name", address: "https://pbx.invalid", hasArrived: never },
    { name: "the port refuses", address: `http://127.0.0.1:${free}`, hasArrived: never },
    { name: "each address of a name refuses", address: `http://localhost:${free}`, hasArrived: never },
    { name: "a certificate that is not trusted", address: `https://localhost:${untrusted}`, hasArrived: never },
    { name: "`https://` to a port without TLS", address: `https://localhost:${plain}`, hasArrived: never },
    await handshaking("the handshake is torn down", (socket) => socket.resetAndDestroy()),
    await handshaking("the handshake never ends", () => {}),
    { ...well, name: "the tab is offline", hasArrived: never, isOffline: true },
    { ...well, name: "the app's own `fetch` throws", hasArrived: never, throws: "instead" },
    { ...well, name: "the app's own `fetch` throws at the reply", throws: "afterwards" },
    await answering("the connection is closed after the request", (socket) => socket.end()),
    await answering("the connection is reset after the request", (socket) => socket.resetAndDestroy()),
    await answering("the connection is closed within the reply", (socket) => socket.end(cut)),
    await answering("no answer until the deadline", () => {}),
    await answering("`100 Continue` unasked, then the reply", (socket) => {
      socket.write("HTTP/1.1 100 Continue\r\n\r\n")
      socket.end(whole)
    }),
    await answering("a redirect", (socket) =>
      socket.end(
        [...head, "content-length: 0", "", ""]
          .join("\r\n")
          .replace("200 OK", `307 X\r\nlocation: http://127.0.0.1:${free}/`),
      ),
    ),
  ]
  return {
    all,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}
