/**
 * A session that lives on a server, for a screen in a browser: web handlers, `Request` in, `Response` out, for any server.
 *
 * The browser gets only snapshots: no token, no password and no passcode ever leaves the server. The other end is
 * `@pbx-auth/machine/RemoteSession`.
 *
 * | request                                  | does                                                                      |
 * | ---------------------------------------- | ------------------------------------------------------------------------- |
 * | `GET <path>?after=<id>`                  | streams snapshots as server-sent events, from the one after `<id>` on     |
 * | `GET <path>/snapshot`                    | gives one snapshot as JSON, for a page that no server renders             |
 * | `POST <path>/event` `{type}`             | takes an event that needs no secret                                       |
 * | `POST <path>/credentials`                | takes `{username, password}` to their own place                           |
 * | `POST <path>/passcode`                   | takes `{passcode}` to its own place                                       |
 *
 * An accepted POST is answered with 202; the snapshots show its result. Any other POST is answered with a refusal, `{code, remedy}`,
 * which never repeats what was sent. A `SignIn` for which the session has no credentials, or that needs a browser, is answered with 422, and
 * `detail` says what to do. If a POST comes from a wrong origin, the answer names that origin (`detail`), and so does the
 * server's log, once for each, beside the origins that you gave.
 *
 * **Who may.** Your app says who a caller is (`caller`), from its own cookie or another source. Other sites can make a browser send
 * requests with the cookie, so each request must also come from one of your app's own pages. A browser says where a request comes
 * from in `Origin`, and in `Sec-Fetch-Site` if it leaves `Origin` out; a page cannot forge either. A POST must also be JSON and have
 * the header `x-pbx-auth`. A form can send neither, and a script of another site would need a CORS preflight, which is not answered
 * here. Give your app's cookie `HttpOnly`, `Secure` and `SameSite=Lax` all the same. You can limit what a caller may do with the
 * session: {@link Visitor}.
 *
 * **Guessing.** A session accepts ten credentials and passcodes together at once, and one more every six seconds. More than that is
 * answered with 429. While a user is signed in, or is asked for a passcode, credentials are answered with 422, the right ones like
 * the wrong ones. If a caller can get many sessions from `caller`, it can try on each of them: your app must limit that.
 *
 * **Resuming.** Each snapshot has an id. A broken stream goes on after the id that the browser has seen last (`Last-Event-ID`);
 * nothing is sent twice. A snapshot is a whole state and not a difference, so missed ones are not sent.
 *
 * **Signs of life.** A stream sends an event `beat` with each heartbeat, with the ms until the next one. A screen that misses two has
 * lost its server, even if a proxy in between holds the stream open.
 *
 * **Bounds.** The number of open streams is bounded, for a session and in all (`streamsPerSession`, `streams`). Each stream asks
 * `caller` again with each heartbeat, by a clock of its own. A body of more than 4 096 bytes is refused (413), and so is one that
 * takes longer than 5 s (408).
 */

import type { RemoteSnapshot } from "@pbx-auth/machine/RemoteSession"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { Driver } from "./engine/Driver.ts"
import * as Validation from "./options/Validation.ts"
import * as Answer from "./server/Answer.ts"
import * as Intake from "./server/Intake.ts"
import * as JsonBody from "./server/JsonBody.ts"
import * as Origin from "./server/Origin.ts"
import { SnapshotStreams } from "./server/SnapshotStreams.ts"
import * as Snapshots from "./server/Snapshots.ts"
import { Tries } from "./server/Tries.ts"
import * as Visitor from "./server/Visitor.ts"

export type { Caller, Served, Visitor } from "./server/Visitor.ts"

/**
 * Who may use a server's sessions, from which pages, and how many streams.
 *
 * @category models
 */
export interface Options<R = never> {
  /**
   * Says who calls, and what they may do. It is asked for every request, and for an open stream again with each heartbeat: the stream
   * of a user who has left the app ends. Answer 401 to a caller that has no visit (any more): their screen then says that the visit
   * has ended. An effect may need services of your app: `make` takes them from its context.
   */
  readonly caller: (
    request: Request,
  ) => Visitor.Caller | PromiseLike<Visitor.Caller> | Effect.Effect<Visitor.Caller, never, R>
  /** The origins of your app's pages, scheme and host, with a port if it is not the usual one: `https://admin.example.com`. */
  readonly origin: string | ReadonlyArray<string>
  /** The path of the handlers, such as `/session`. */
  readonly path: string
  /**
   * How often a stream gives a sign of life. It keeps proxies from closing the stream, and tells a screen that the stream works: a
   * screen says that the server is unreachable once two are missing. Default: 15 s.
   */
  readonly heartbeat?: Duration.Input | undefined
  /**
   * How many streams one session may have open. One more is answered with 429. A person has one for each tab; give a higher number if
   * many people look at one session. Default: 32.
   */
  readonly streamsPerSession?: number | undefined
  /** How many streams may be open in all. One more is answered with 503. Default: 10 000. */
  readonly streams?: number | undefined
}

/**
 * The handlers of a server, for its routes below `path`.
 *
 * @category models
 */
export interface ServerSession {
  /** Answers a request. It never rejects. */
  readonly handle: (request: Request) => Promise<Response>
  /**
   * The snapshot from which a server renders a page. Send it along with the page: the first view in the browser is then the same.
   * Pass what `caller` returns for the visitor, a session or a {@link Visitor}.
   */
  readonly snapshot: (session: Visitor.Served | Visitor.Visitor) => RemoteSnapshot
}

/** A browser has one for each tab, and a server has a socket for each. */
const MOST_OF_ONE = 32
const MOST_STREAMS = 10_000

/** When to ask again after one stream too many, in seconds. */
const later = { "retry-after": "15" }

/** How many wrong origins are logged. A client that sends many is not a page of the app. */
const MOST_NAMED = 32

const isOrigins = (u: unknown): boolean =>
  Array.isArray(u) ? u.length > 0 && u.every((one) => Origin.of(one) !== undefined) : Origin.of(u) !== undefined

const isPath = (u: unknown): boolean => typeof u === "string" && /^\/(?![/\\])[^?#\\\s]*$/.test(u)

const isHeartbeat = (u: unknown): boolean => {
  const heartbeat = Option.getOrUndefined(Duration.fromInput(u as Duration.Input))
  return heartbeat !== undefined && Duration.isPositive(heartbeat)
}

const isCount = (u: unknown): boolean => Number.isSafeInteger(u) && Number(u) > 0

const optionRules: Validation.Fields<Options<never>> = {
  caller: [Validation.isFunction, "Expected a function that returns the caller's session, or a Response."],
  origin: [isOrigins, 'Write where your pages are from, like "https://admin.example.com", or a list; without a path.'],
  path: [isPath, 'Write where the handlers are, a path like "/session".'],
  heartbeat: [isHeartbeat, 'Expected a time above 0, like "15 seconds" or milliseconds, or leave it out.'],
  streamsPerSession: [isCount, "Expected how many streams one session may have, 1 or more, or leave it out."],
  streams: [isCount, "Expected how many streams there may be in all, 1 or more, or leave it out."],
}

/** The resolved options, or what is wrong with them. */
const optionsOf = Effect.fnUntraced(function* <R>(given: Options<R>) {
  yield* Validation.check("options", given, optionRules)
  for (const field of ["caller", "origin", "path"] as const) {
    if (given?.[field] === undefined) return yield* Validation.wrong(field, optionRules[field][1])
  }
  return {
    caller: (request: Request) => given.caller(request),
    origins: new Set([given.origin].flat().map((one) => Origin.of(one) ?? "")),
    // As a URL has it, without a slash at its end.
    path: new URL(given.path, "http://localhost").pathname.replace(/\/+$/, ""),
    heartbeat: given.heartbeat ?? "15 seconds",
    most: given.streams ?? MOST_STREAMS,
    mostOfOne: given.streamsPerSession ?? MOST_OF_ONE,
  }
})

/**
 * Makes the handlers, for as long as the scope is open; streams end with it.
 *
 * Fails as `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const make = <R = never>(given: Options<R>): Effect.Effect<ServerSession, AuthError, R | Scope.Scope> =>
  Effect.gen(function* () {
    const { caller, heartbeat, most, mostOfOne, origins, path } = yield* optionsOf(given)
    const context = yield* Effect.context<R>()
    const snapshotOf = Snapshots.make()
    const tries = new Tries<Driver>()
    let isOver = false

    const who = (request: Request): Effect.Effect<Visitor.Known | Response> =>
      Effect.map(Effect.provideContext(Visitor.ask(caller, request), context), (known) => known ?? Answer.down())

    const streams = new SnapshotStreams({
      most,
      mostOfOne,
      heartbeat,
      who,
      snapshotOf,
      fork: Effect.runForkWith(context),
    })

    const stream = (request: Request, visitor: Visitor.Known): Response => {
      switch (streams.exceeded(visitor.driver)) {
        case "of one":
          return Answer.refuse(429, { code: "Throttled", remedy: "wait" }, later)
        case "in all":
          return Answer.down(later)
      }
      return new Response(streams.open(request, visitor), { headers: Answer.streamHeaders })
    }

    const named = new Set<string>()
    const fromElsewhere = (request: Request): Effect.Effect<Response> =>
      Effect.gen(function* () {
        const where = Origin.describe(request)
        if (!named.has(where) && named.size < MOST_NAMED) {
          named.add(where)
          const ours = [...origins].join(", ")
          yield* Effect.logWarning(
            `pbx-auth: a request to ${path || "/"} was refused: it ${where}. The option origin has ${ours}.`,
          )
        }
        const detail = `This request ${where}, which is not among the origins of the option origin.`
        return Answer.refuse(403, { code: "Misconfigured", remedy: "configure", detail })
      })

    const answer = (request: Request): Effect.Effect<Response> =>
      Effect.gen(function* () {
        const route = routeOf(path, request)
        if (route === undefined) return Answer.wrong(404)
        const isRead = route === "stream" || route === "snapshot"
        const method = isRead ? "GET" : "POST"
        if (request.method !== method) return Answer.wrong(405, { allow: method })
        if (!Origin.isAmong(origins, request)) return yield* fromElsewhere(request)
        if (!isRead && !request.headers.has("x-pbx-auth")) return Answer.wrong(403)
        const visitor = yield* who(request)
        if (visitor instanceof Response) return visitor
        if (route === "stream") return stream(request, visitor)
        if (route === "snapshot") return Response.json(snapshotOf(visitor), { headers: Answer.headers })
        const body = yield* JsonBody.read(request)
        return typeof body === "number" ? Answer.wrong(body) : Intake.take(visitor, route, body, tries)
      })

    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        isOver = true
        streams.close()
      }),
    )

    return {
      handle: (request) =>
        Effect.runPromiseWith(context)(
          // A mistake of this library. Its text is not shown, because it may hold anything.
          Effect.catchCause(isOver ? Effect.sync(Answer.down) : answer(request), () =>
            Effect.sync(() => Answer.wrong(500)),
          ),
        ),
      snapshot: (session) => {
        const known = Visitor.of(session)
        if (known === undefined) throw new TypeError("Not a session of @pbx-auth/session")
        return snapshotOf(known)
      },
    }
  })

/**
 * The same for an app without Effect. Throws an `AuthError` with `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const open = (options: Options): ServerSession & AsyncDisposable & { readonly close: () => Promise<void> } => {
  const scope = Scope.makeUnsafe()
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  return { ...Effect.runSync(Scope.provide(make(options), scope)), close, [Symbol.asyncDispose]: close }
}

const routeOf = (path: string, request: Request): "stream" | "snapshot" | Intake.Route | undefined => {
  const { pathname } = new URL(request.url)
  if (pathname === (path || "/")) return "stream"
  return (["snapshot", "event", "credentials", "passcode"] as const).find((route) => pathname === `${path}/${route}`)
}
