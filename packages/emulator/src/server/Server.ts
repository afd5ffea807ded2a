/**
 * The emulator on a port of this machine, and as a process of its own. Only this file and `bin` need Node.
 */
import { readFileSync } from "node:fs"
import { createServer, type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpEffect from "effect/http/HttpEffect"
import * as HttpServer from "effect/http/HttpServer"
import type { HttpServerError, ServeError } from "effect/http/HttpServerError"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Latch from "effect/Latch"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Emulator from "../emulator/Emulator.ts"
import type { AnyWitness } from "../exchange/Witness.ts"
import { type FaultError, notationReader } from "../fault/Fault.ts"
import { type Line, LineLost } from "../fault/Line.ts"
import * as SteerableClock from "../time/SteerableClock.ts"
import { decodeWorld, defaultWorld, type WorldError } from "../world/World.ts"
import { spelled } from "./Spelling.ts"

/**
 * Serves an emulator by HTTP until the scope closes; connections that are open then are cut. Port 0 takes a free one. It accepts only
 * a loopback host, because its passwords are public.
 */
export const serve: (options: {
  readonly port: number
  readonly host?: "127.0.0.1" | "::1"
  readonly emulator: Emulator.Emulator
}) => Effect.Effect<{ readonly origin: string }, ServeError, Scope.Scope> = Effect.fnUntraced(function* ({
  port,
  host = "127.0.0.1",
  emulator,
}) {
  const node = createServer({ ServerResponse: SpelledResponse })
  node.on("connection", (socket) => emulator.accept(lineOf(socket)))
  const server = yield* NodeHttpServer.make(() => node, { port, host })
  yield* server.serve(
    Effect.flatMap(HttpServerRequest, (request) => {
      if (unspeakable.has(request.method)) return Effect.succeed(wrongMethod)
      const line = lineOf(NodeHttpServerRequest.toIncomingMessage(request).socket)
      let isTyped = true
      const handle = async (web: Request) => {
        const response = await emulator.handle(web, line)
        isTyped = response.headers.has("content-type")
        return response
      }
      return HttpEffect.fromWebHandler(handle).pipe(
        // A content type would be added to an answer without one.
        Effect.map((response) => (isTyped ? response : withoutType(response))),
        // The client has gone; the end of the connection ends this.
        Effect.catchIf(isLineLost, () => Effect.never),
        // The server runs it uninterruptibly, so a request whose client has gone would stay for ever.
        Effect.interruptible,
      )
    }),
  )
  // Runs before the server's own graceful end, which would wait for every answer that a test holds back.
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      node.close()
      node.closeAllConnections()
    }),
  )
  return { origin: HttpServer.formatAddress(server.address) }
})

type HeadersToWrite = OutgoingHttpHeaders | Array<OutgoingHttpHeader>

/** Writes each header's name as the vendors do. The server above it has only names in lower case. */
class SpelledResponse extends ServerResponse {
  override writeHead(status: number, reason?: string | HeadersToWrite, headers?: HeadersToWrite): this {
    const given = typeof reason === "object" ? reason : headers
    const spelt = Array.isArray(given) ? given : respelled(given)
    return typeof reason === "string" ? super.writeHead(status, reason, spelt) : super.writeHead(status, spelt)
  }
}

const respelled = (headers: OutgoingHttpHeaders = {}): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [spelled(name), value]))

// No web `Request` can have one of these methods (Fetch Standard, "forbidden method"), and no vendor answers one.
const unspeakable: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"])

const wrongMethod = HttpServerResponse.text('{"error":"method_not_allowed"}', {
  status: 405,
  contentType: "application/json",
  headers: { allow: "GET, POST", "cache-control": "no-store" },
})

const lineOf = (socket: Socket): Line => ({
  flushed: () =>
    // The head and the first piece leave together, a turn after they are written.
    new Promise((resolve) => setImmediate(() => socket.write("", () => resolve()))),
  end: (ending) => (ending === "reset" ? socket.resetAndDestroy() : socket.destroy()),
})

const withoutType = (response: HttpServerResponse.HttpServerResponse) => {
  const { body } = response
  if (body._tag !== "Stream") return response
  const typed = HttpServerResponse.setBody(response, new HttpBody.Stream(body.stream, "", body.contentLength))
  return HttpServerResponse.removeHeader(typed, "content-type")
}

const isLineLost = ({ reason }: HttpServerError) => "cause" in reason && reason.cause instanceof LineLost

/** The emulator could not start; the message says in one line what to change. */
export class StartError extends Schema.TaggedError<StartError>()("StartError", {
  /** One line that says what to change. */
  message: Schema.String,
}) {}

const startError = (message: string) => new StartError({ message })

const readWorld = Effect.fnUntraced(function* (path: string, witnesses: ReadonlyArray<AnyWitness>) {
  const text = yield* Effect.try({
    try: () => readFileSync(path, "utf8"),
    catch: (error) => startError(`World file ${path} cannot be read: ${codeOf(error)}`),
  })
  const json: unknown = yield* Effect.try({
    try: () => JSON.parse(text),
    // Without the parser's own error, which quotes the file.
    catch: () => startError(`World file ${path} is not JSON`),
  })
  return yield* Effect.mapError(decodeWorld(json, defaultWorld, witnesses), (error: WorldError) =>
    startError(`World file ${path}: ${error.message}`),
  )
})

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error ? String(error.code) : "unknown error"

/**
 * Runs an emulator with a steerable clock as this process's work. It prints `READY {"origin","pid"}`, and nothing else, on standard
 * output. It ends when the process that started it is gone, or at a SIGHUP, and says so in one line on standard error; with
 * `detached` it stays. `world` is the path of a JSON file, `faults` are armed in their order, each written as `decodeNotation` reads
 * it. `witnesses` are given to the emulator.
 */
export const run: (options: {
  readonly port: number
  readonly world?: string
  readonly faults?: ReadonlyArray<string>
  readonly detached?: boolean
  readonly witnesses?: ReadonlyArray<AnyWitness>
}) => Effect.Effect<void, StartError> = Effect.fnUntraced(function* ({
  port,
  world: path,
  faults = [],
  detached = false,
  witnesses = [],
}) {
  // First of all: the reader of READY may be gone at once.
  const starters = startersOf(process.pid)
  const world = path === undefined ? {} : { world: yield* readWorld(path, witnesses) }
  const decode = notationReader(witnesses)
  const rules = yield* Effect.forEach(faults, (notation) =>
    Effect.mapError(decode(notation), (error: FaultError) => startError(`Fault ${notation}: ${error.message}`)),
  )
  const clock = yield* SteerableClock.make()
  const emulator = yield* Effect.provideService(Emulator.make({ ...world, witnesses }), Clock.Clock, clock)
  yield* emulator.faults.arm(rules)
  const { origin } = yield* Effect.mapError(serve({ port, emulator }), ({ cause }) =>
    startError(
      codeOf(cause) === "EADDRINUSE"
        ? `Port ${port} is in use; take another, or --port 0 for a free one`
        : `Port ${port} cannot be used: ${codeOf(cause)}`,
    ),
  )
  // A terminal that closes sends it. `nohup` would not help: npx and pnpm do not hand on to their children that it is ignored.
  const hungUp = yield* hangUp
  yield* Console.log(`READY ${JSON.stringify({ origin, pid: process.pid })}`)
  if (detached) return yield* Effect.never
  yield* Effect.raceFirst(goneOneOf(starters), hungUp)
  yield* Console.error("The emulator ends: what started it (a shell, a terminal) is gone")
}, Effect.scoped)

/** From now on a SIGHUP does not kill this process; returns an effect that waits for one. */
const hangUp: Effect.Effect<Effect.Effect<void>, never, Scope.Scope> = Effect.gen(function* () {
  const hungUp = Latch.makeUnsafe()
  const listener = () => hungUp.openUnsafe()
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("SIGHUP", listener)),
    () => Effect.sync(() => process.off("SIGHUP", listener)),
  )
  return hungUp.await
})

const parentPollMillis = 250

/** Ends when one of the processes that started this one has gone. */
const goneOneOf = (starters: ReadonlyArray<Link>): Effect.Effect<void> =>
  Effect.suspend(() =>
    isIntact(starters) ? Effect.andThen(Effect.sleep(parentPollMillis), goneOneOf(starters)) : Effect.void,
  )

// A process and its parent, as they were when this one started.
interface Link {
  readonly child: number
  readonly parent: number
}

// `npm` runs a shell, the shell the workspace's launcher, and the launcher this program. If the first of them or its caller is
// killed, the others wait for ever. So this follows the chain of such runners up to the process of the user's command, and watches
// it. Without /proc, it watches only the direct parent.
const runner =
  /^((\S*\/)?node\0)?(\S*\/)?(npx|npm|pnpm|corepack|launcher)(-cli)?(\.[cm]?js)?[\0 ]|^(\S*\/)?(ba|da|z)?sh\0-c\0/

const startersOf = (child: number): ReadonlyArray<Link> => {
  const parent = parentOf(child)
  if (parent === undefined) return []
  return [{ child, parent }, ...(runner.test(commandOf(parent)) ? startersOf(parent) : [])]
}

const isIntact = (links: ReadonlyArray<Link>) => links.every(({ child, parent }) => parentOf(child) === parent)

const parentOf = (pid: number): number | undefined => {
  if (pid === process.pid) return process.ppid
  // proc_pid_stat(5): pid, (name), state, ppid; the name may hold blanks and parentheses.
  const ppid = Number(readProc(pid, "stat").split(") ").at(-1)?.split(" ")[1])
  return ppid > 0 ? ppid : undefined
}

const commandOf = (pid: number): string => readProc(pid, "cmdline")

const readProc = (pid: number, file: "stat" | "cmdline"): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8")
  } catch {
    return ""
  }
}
