/** A client that sees what came over the wire and how the connection ended, and nothing nicer. */
import { connect } from "node:net"

export interface Seen {
  /** Everything that came. */
  readonly bytes: Buffer
  readonly text: string
  /** `closed` in order, or the code of the socket's error. */
  readonly end: string
}

export interface Sent {
  /** Given up once this says so of what came so far; the connection is ended then, and `end` is `given up`. */
  readonly until?: (bytes: Buffer) => boolean
}

/** Sends text over a connection of its own and waits for its end. */
export const send = (origin: string, text: string, { until = () => false }: Sent = {}): Promise<Seen> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(origin)
    const chunks: Array<Buffer> = []
    let end = "closed"
    const socket = connect(Number(port), hostname, () => socket.write(text))
    socket.on("data", (chunk) => {
      chunks.push(chunk)
      if (!until(Buffer.concat(chunks))) return
      end = "given up"
      socket.destroy()
    })
    socket.on("error", (error: NodeJS.ErrnoException) => {
      end = error.code ?? error.message
    })
    socket.on("close", () => {
      const bytes = Buffer.concat(chunks)
      resolve({ bytes, text: bytes.toString("latin1"), end })
    })
  })

/** A form post as it goes over the wire; the connection is to be closed after the answer. */
export const post = (path: string, form: Record<string, string>): string => {
  const body = new URLSearchParams(form).toString()
  return [
    `POST ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    "connection: close",
    "content-type: application/x-www-form-urlencoded",
    `content-length: ${body.length}`,
    "",
    body,
  ].join("\r\n")
}
