/**
 * A web handler as a listener for `node:http`, and as middleware for what is built on it (Express, Connect, Fastify's `raw`):
 *
 * ```ts
 * createServer(NodeListener.of(served.handle))
 * app.use("/session", NodeListener.of(served.handle))
 * ```
 *
 * Each event of a stream goes out at once, as fast as the client reads. If the client disconnects, the handler's request is aborted.
 */

/**
 * The part of a `node:http` request that is needed.
 *
 * @category models
 */
export interface Incoming {
  /** Such as `GET`. */
  readonly method?: string | undefined
  /** Path and query, as the request line has them. */
  readonly url?: string | undefined
  /** The whole URL. Express removes the mount path of a middleware from `url`. */
  readonly originalUrl?: string | undefined
  /** By lower-case name, as Node parses them. */
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  /** The body as a body parser left it, and whether it was read. */
  readonly body?: unknown
  /** Whether something has already read of the body. */
  readonly readableDidRead?: boolean | undefined
  /** Listens to the stream's `data`, `end`, `error` and `aborted`. */
  // biome-ignore lint/suspicious/noExplicitAny: Node has an overload for each event
  on(event: string, listener: (...args: Array<any>) => void): unknown
  /** Stops the flow of the body. */
  pause(): unknown
  /** Lets the body flow on. */
  resume(): unknown
}

/**
 * The part of a `node:http` response that is needed.
 *
 * @category models
 */
export interface Outgoing {
  /** Whether the connection is gone. */
  readonly destroyed: boolean
  /** Writes the status and the headers. */
  writeHead(status: number, headers: Record<string, string | Array<string>>): unknown
  /** Sends the headers now, before there is a body. */
  flushHeaders(): void
  /** Writes a part of the body. `false`: wait for `drain` before the next one. */
  write(chunk: Uint8Array): boolean
  /** Ends the response. */
  end(): unknown
  /** Ends the connection without an end of the response. */
  destroy(): unknown
  /** Tells when the connection closes, and when it takes more. */
  on(event: "close" | "drain", listener: () => void): unknown
}

/**
 * The listener. It never throws. A request that it cannot read is answered with 400.
 *
 * @category constructors
 */
export const of =
  (handle: (request: Request) => Promise<Response>) =>
  (incoming: Incoming, outgoing: Outgoing): void => {
    const leaving = new AbortController()
    outgoing.on("close", () => leaving.abort())
    let request: Request
    try {
      request = requestOf(incoming, leaving.signal)
    } catch {
      outgoing.writeHead(400, {})
      outgoing.end()
      return
    }
    handle(request)
      .then((response) => send(response, outgoing))
      .catch(() => outgoing.destroy())
  }

const requestOf = (incoming: Incoming, signal: AbortSignal): Request => {
  const { headers: given, method = "GET", originalUrl, url = "/" } = incoming
  const headers = new Headers()
  for (const [name, value] of Object.entries(given)) {
    // HTTP/2 has names of its own (RFC 9113 §8.3.1), which are no headers.
    if (value !== undefined && !name.startsWith(":")) headers.set(name, [value].flat().join(", "))
  }
  const path = originalUrl ?? url
  const body = method === "GET" || method === "HEAD" ? undefined : bodyOf(incoming)
  const init = { method, headers, signal, ...(body !== undefined && { body, duplex: "half" }) }
  // The host is not used: a client may write anything there.
  return new Request(`http://localhost${path.startsWith("/") ? path : "/"}`, init as RequestInit)
}

const bodyOf = (incoming: Incoming): string | Uint8Array | ReadableStream<Uint8Array> => {
  const { body } = incoming
  // A body parser that consumed the body left nothing to read.
  if (incoming.readableDidRead && body !== undefined) {
    return typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body)
  }
  let isOver = false
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const end = (how: () => void) => () => {
          if (isOver) return
          isOver = true
          how()
        }
        incoming.on("data", (part: Uint8Array) => {
          if (isOver) return
          controller.enqueue(part)
          if ((controller.desiredSize ?? 0) <= 0) incoming.pause()
        })
        incoming.on(
          "end",
          end(() => controller.close()),
        )
        for (const event of ["error", "aborted"])
          incoming.on(
            event,
            end(() => controller.error(new Error("cut off"))),
          )
      },
      pull: () => void incoming.resume(),
      // Node discards what is left after the answer. Ending the connection here would cut off the answer.
      cancel: () => {
        isOver = true
        incoming.pause()
      },
    },
    { highWaterMark: 1 },
  )
}

const send = async (response: Response, outgoing: Outgoing): Promise<void> => {
  const headers: Record<string, string | Array<string>> = Object.fromEntries(response.headers)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers["set-cookie"] = cookies
  outgoing.writeHead(response.status, headers)
  outgoing.flushHeaders()
  const reader = response.body?.getReader()
  let goOn = () => {}
  outgoing.on("drain", () => goOn())
  outgoing.on("close", () => {
    reader?.cancel().catch(() => {})
    goOn()
  })
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    if (outgoing.destroyed) return
    if (outgoing.write(part.value)) continue
    await new Promise<void>((resolve) => {
      goOn = resolve
    })
  }
  outgoing.end()
}
