/** A witness on a port of 127.0.0.1, and sessions with it, on one clock that the test moves. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { read } from "@pbx-auth/emulator/Exchange"
import type { Witness } from "@pbx-auth/emulator/Witness"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import { harness, type Options } from "./Harness.ts"

/** Serves the witness over a world of which parts are replaced, until the test's scope closes. */
export const stage = Effect.fnUntraced(function* <W extends object>(
  witness: Witness<W>,
  more: Partial<W> = {},
  options: Options = {},
) {
  const home = yield* harness({ wire: "http", transport: "fetch", ...options })
  let world: W = { ...witness.defaults, ...more }
  const vendor = witness.make(() => world)
  const journal: Array<{ readonly path: string; readonly grant: string | undefined; readonly outcome: string }> = []

  const answer = async (request: Request, now: number) => {
    const { pathname } = new URL(request.url)
    const call = await Effect.runPromise(read(request, now))
    const route = vendor.routes.find(
      ({ methods, paths }) =>
        methods.includes(request.method) &&
        paths.some((path) => (path.endsWith("/*") ? pathname.startsWith(path.slice(0, -1)) : path === pathname)),
    )
    if (route === undefined) return { status: 404, headers: {}, body: "" }
    const { finding, reply } = route.answer(call)
    const { grant, outcome } = finding
    journal.push({ path: pathname, grant, outcome })
    return reply
  }

  /** What stands in the URLs, headers and bodies of the requests, as they came over the wire. */
  const wire: Array<{ readonly url: string; readonly headers: Record<string, unknown>; readonly body: string }> = []
  /** Set by a test: the next reply is lost after the request was carried out. */
  let loses = 0
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Array<Buffer> = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    wire.push({ url: incoming.url ?? "", headers: incoming.headers, body })
    const request = new Request(`http://127.0.0.1${incoming.url}`, {
      method: incoming.method ?? "GET",
      headers: incoming.headers as Record<string, string>,
      ...(body !== "" && { body }),
    })
    const reply = await answer(request, home.clock.currentTimeMillisUnsafe())
    if (loses > 0) {
      loses--
      incoming.socket.destroy()
      return
    }
    outgoing.writeHead(reply.status, reply.headers).end(reply.body)
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
    () =>
      Effect.promise(
        () =>
          new Promise<void>((resolve) => {
            server.close(() => resolve())
            server.closeAllConnections()
          }),
      ),
  )
  const { port } = server.address() as AddressInfo

  return {
    ...home,
    /** Where the witness is. */
    address: `http://127.0.0.1:${port}`,
    /** A session, of what `configure` returns. */
    session: <C extends Capability>(configured: Result.Result<Configured<C>, AuthError>, process = home.runtime) =>
      Effect.flatMap(Effect.fromResult(configured), (right) => home.open(right, process)),
    /** What was presented, in order. */
    presented: () => journal.flatMap(({ grant }) => grant ?? []),
    /** What came of it, in order. */
    told: () => journal.map(({ outcome }) => outcome),
    wire,
    /** Loses the next reply, after its request was carried out. */
    loseReply: () => {
      loses++
    },
    change: (parts: Partial<W>) => {
      world = { ...world, ...parts }
    },
    killAccess: () => vendor.killAccess(home.clock.currentTimeMillisUnsafe()),
    killRefresh: () => vendor.killRefresh(home.clock.currentTimeMillisUnsafe()),
    /** Asks the witness past the library. */
    ask: (path: string, init?: RequestInit) =>
      Effect.promise(async () => {
        const reply = await fetch(`http://127.0.0.1:${port}${path}`, init)
        return { status: reply.status, fields: (await reply.json()) as Record<string, unknown> }
      }),
  }
})
