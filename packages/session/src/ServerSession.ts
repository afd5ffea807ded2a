/**
 * A session that lives on a server, for a screen in a browser: web handlers, `Request` in, `Response` out, for any server.
 *
 * The browser gets snapshots and nothing else: no token, no password, no passcode ever leaves. Its other end is
 * `@pbx-auth/machine/RemoteSession`.
 *
 * | request                                  | does                                                                      |
 * | ---------------------------------------- | ------------------------------------------------------------------------- |
 * | `GET <path>?after=<id>`                  | streams snapshots as server-sent events, from the one after `<id>` on     |
 * | `POST <path>/wish` `{type}`              | takes a wish that needs no secret                                         |
 * | `POST <path>/credentials`                | takes `{username, password}` to their own place                           |
 * | `POST <path>/passcode`                   | takes `{passcode}` to its own place                                       |
 *
 * A POST is answered with 202 when it was taken; what comes of it is in the snapshots. What was not taken is answered with a
 * refusal, `{code, remedy}`, and never with what was sent.
 *
 * **Who may.** The app says who a caller is (`caller`), from its own cookie or whatever it has. As a cookie comes along with
 * requests that other sites make a browser send, each request must also come from one of the app's own pages: a browser says
 * where from in `Origin`, and in `Sec-Fetch-Site` where it leaves `Origin` out; a page cannot forge either. A POST must besides be
 * JSON and have the header `x-pbx-auth`: a form cannot be either, and a script from elsewhere would have to ask first
 * (a CORS preflight), which is not answered here. Give the app's cookie `HttpOnly`, `Secure` and `SameSite=Lax` all the same.
 *
 * **Guessing.** A session takes ten credentials and passcodes together at once, and one more every six seconds; what comes sooner is
 * answered with 429. While somebody is signed in, or is asked for a passcode, credentials are answered with 422, the right ones like
 * the wrong ones. Whoever can get many sessions from `caller` can try as often as they get one: that is for the app to limit.
 *
 * **Resuming.** Each snapshot has an id. A stream that broke goes on after the id that the browser has seen last
 * (`Last-Event-ID`); nothing is sent twice. A snapshot is a whole state and no difference, so what was missed between is not sent.
 *
 * **Bounds.** How many streams are open is bounded, for a session and in all (`streamsPerSession`, `streams`). Each stream asks
 * `caller` again with each heartbeat, by a clock of its own. A body of more than 4 096 bytes is refused (413), and one that takes
 * longer than 5 s (408).
 */

import type { RemoteSnapshot } from "@pbx-auth/machine/RemoteSession"
import type { Refusal } from "@pbx-auth/machine/SessionEvent"
import type { PlainWish } from "@pbx-auth/machine/SessionRef"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import { credentialsOf } from "@pbx-auth/providers/Configuration"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { Driver, Snapshot } from "./engine/Driver.ts"
import * as Door from "./face/Door.ts"
import * as JsonBody from "./face/JsonBody.ts"
import { SnapshotStreams } from "./face/SnapshotStreams.ts"
import { Tries } from "./face/Tries.ts"
import * as SessionActor from "./SessionActor.ts"

/**
 * Any session of ours: that of an Effect app, that of `Promises`, or a child that acts for somebody.
 *
 * @category models
 */
export interface Served {
  readonly actor: SessionActor.SessionActor
}

/**
 * The session of whoever sent the request, or the app's own answer to somebody who has none.
 *
 * @category models
 */
export type Caller = Served | Response

/**
 * @category models
 */
export interface Options {
  /**
   * Says who calls. It is asked for every request, and for an open stream again with each heartbeat: the stream of somebody who
   * was signed out of the app meanwhile ends.
   */
  readonly caller: (request: Request) => Caller | PromiseLike<Caller> | Effect.Effect<Caller>
  /** Where the app's pages are from, scheme and host, with a port if it is not the usual one: `https://admin.example.com`. */
  readonly origin: string | ReadonlyArray<string>
  /** Where the handlers are, such as `/session`. */
  readonly path: string
  /** How often a stream in which nothing happens gives a sign of life, so that no proxy takes it for dead. Default: 15 s. */
  readonly heartbeat?: Duration.Input | undefined
  /**
   * How many streams one session may have open. One more is answered with 429. A person has one for each tab; give a higher number
   * where many people look at one session. Default: 32.
   */
  readonly streamsPerSession?: number | undefined
  /** How many streams may be open in all. One more is answered with 503. Default: 10 000. */
  readonly streams?: number | undefined
}

/**
 * @category models
 */
export interface ServerSession {
  /** Answers a request. It never rejects. */
  readonly handle: (request: Request) => Promise<Response>
  /** What a server renders a page from, and gives the page along: the first view in the browser is then the same. */
  readonly snapshot: (session: Served) => RemoteSnapshot
}

/** A browser has a tab for each, and a server a socket. */
const MOST_OF_ONE = 32
const MOST_STREAMS = 10_000

/** When to ask again for a stream that was one too many, in seconds. */
const later = { "retry-after": "15" }

const headers = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
}

const refuse = (status: number, refusal: Refusal, more?: Record<string, string>): Response =>
  Response.json(refusal, { status, headers: { ...headers, ...more } })

const wrong = (status: number, more?: Record<string, string>) =>
  refuse(status, { code: "Misconfigured", remedy: "configure" }, more)

const tooOften = (wait: number) =>
  refuse(429, { code: "Throttled", remedy: "wait" }, { "retry-after": String(Math.ceil(wait / 1_000)) })

const down = () => refuse(503, { code: "Unavailable", remedy: "retry" })

/** A session's engine, or `undefined` for something that is no session of ours. */
const driverOf = ({ actor }: Served): Driver | undefined => SessionActor.driverOf(actor)

/**
 * An origin as a browser writes it, from one that a person wrote; `undefined` when it is none. `null`, which all sandboxed pages
 * have in common, is none. A browser's extension and a shell around pages have schemes of their own.
 */
const originOf = (u: unknown): string | undefined => {
  if (typeof u !== "string" || !/^[a-z][a-z\d+.-]*:\/\/[^/?#@\\*\s]+\/?$/i.test(u) || !URL.canParse(u)) return undefined
  const { host, origin, protocol } = new URL(u)
  return origin === "null" ? `${protocol}//${host.toLowerCase()}` : origin
}

const isOrigins = (u: unknown): boolean =>
  Array.isArray(u) ? u.length > 0 && u.every((one) => originOf(one) !== undefined) : originOf(u) !== undefined

const isPath = (u: unknown): boolean => typeof u === "string" && /^\/(?![/\\])[^?#\\\s]*$/.test(u)

const isHeartbeat = (u: unknown): boolean => {
  const heartbeat = Option.getOrUndefined(Duration.fromInput(u as Duration.Input))
  return heartbeat !== undefined && Duration.isPositive(heartbeat)
}

const isCount = (u: unknown): boolean => Number.isSafeInteger(u) && Number(u) > 0

const optionsAtDoor: Door.Fields<Options> = {
  caller: [Door.isFunction, "Write a function that gives the session of whoever sent a request, or a Response."],
  origin: [isOrigins, 'Write where your pages are from, like "https://admin.example.com", or a list; without a path.'],
  path: [isPath, 'Write where the handlers are, a path like "/session".'],
  heartbeat: [isHeartbeat, 'Write a time above 0, like "15 seconds" or milliseconds, or leave it out.'],
  streamsPerSession: [isCount, "Write how many streams one session may have, 1 or more, or leave it out."],
  streams: [isCount, "Write how many streams there may be in all, 1 or more, or leave it out."],
}

/** The options as they are meant, or what is wrong with them. */
const optionsOf = (given: Options): Effect.Effect<Options, AuthError> =>
  Effect.gen(function* () {
    yield* Door.check("options", given, optionsAtDoor)
    for (const field of ["caller", "origin", "path"] as const) {
      if (given?.[field] === undefined) return yield* Door.wrong(field, optionsAtDoor[field][1])
    }
    const origin = [given.origin].flat().map((one) => originOf(one) ?? "")
    // As a URL has it, without a slash at its end.
    const path = new URL(given.path, "http://localhost").pathname.replace(/\/+$/, "")
    const { heartbeat, streams, streamsPerSession } = given
    return { caller: (request) => given.caller(request), heartbeat, origin, path, streams, streamsPerSession }
  })

/**
 * Makes the handlers, for as long as the scope is open; streams end with it.
 *
 * Fails as `Misconfigured`, naming the field.
 *
 * @category constructors
 */
export const make = (given: Options): Effect.Effect<ServerSession, AuthError, Scope.Scope> =>
  Effect.gen(function* () {
    const options = yield* optionsOf(given)
    const origins = new Set(options.origin)
    const ids = new WeakMap<Snapshot, string>()
    const tries = new Tries<Driver>()
    // Two runs of a server, or two servers, must not name two snapshots alike.
    const run = crypto.randomUUID()
    let count = 0
    let isOver = false

    const snapshotOf = (driver: Driver): RemoteSnapshot => {
      const { snapshot } = driver
      const id = ids.get(snapshot) ?? `${run}.${++count}`
      ids.set(snapshot, id)
      const { value, context } = snapshot
      return { id, now: driver.now, status: snapshot.status === "done" ? "done" : "active", value, context }
    }

    const who = (request: Request): Effect.Effect<Driver | Response> =>
      Effect.suspend(() => {
        const answer = options.caller(request)
        return Effect.isEffect(answer) ? answer : Effect.promise(async () => answer)
      }).pipe(
        Effect.map((caller) => (caller instanceof Response ? caller : (driverOf(caller) ?? wrong(500)))),
        // What the app threw is its own business, and may hold anything.
        Effect.catchCause(() => Effect.succeed(down())),
      )

    const comesFromUs = (request: Request): boolean => {
      const origin = request.headers.get("origin")
      return origin === null ? request.headers.get("sec-fetch-site") === "same-origin" : origins.has(origin)
    }

    const {
      heartbeat = "15 seconds",
      streams: most = MOST_STREAMS,
      streamsPerSession: mostOfOne = MOST_OF_ONE,
    } = options
    const context = yield* Effect.context<never>()
    const streams = new SnapshotStreams({
      most,
      mostOfOne,
      heartbeat,
      who,
      snapshotOf,
      fork: Effect.runForkWith(context),
    })

    const stream = (request: Request, driver: Driver): Response => {
      switch (streams.exceeded(driver)) {
        case "of one":
          return refuse(429, { code: "Throttled", remedy: "wait" }, later)
        case "in all":
          return refuse(503, { code: "Unavailable", remedy: "retry" }, later)
      }
      return new Response(streams.open(request, driver), {
        headers: { ...headers, "content-type": "text/event-stream", "x-accel-buffering": "no" },
      })
    }

    const answer = (request: Request): Effect.Effect<Response> =>
      Effect.gen(function* () {
        const door = doorOf(options.path, request)
        if (door === undefined) return wrong(404)
        const method = door === "stream" ? "GET" : "POST"
        if (request.method !== method) return wrong(405, { allow: method })
        if (!comesFromUs(request)) return wrong(403)
        if (door === "stream") {
          const driver = yield* who(request)
          return driver instanceof Response ? driver : stream(request, driver)
        }
        if (!request.headers.has("x-pbx-auth")) return wrong(403)
        const driver = yield* who(request)
        if (driver instanceof Response) return driver
        const body = yield* JsonBody.read(request)
        return typeof body === "number" ? wrong(body) : take(driver, door, body, tries)
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
          // A mistake of ours: its text must not be shown, for it may hold anything.
          Effect.catchCause(isOver ? Effect.sync(down) : answer(request), () => Effect.sync(() => wrong(500))),
        ),
      snapshot: (session) => {
        const driver = driverOf(session)
        if (driver === undefined) throw new TypeError("Not a session of @pbx-auth/session")
        return snapshotOf(driver)
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

type Entrance = "stream" | "wish" | "credentials" | "passcode"

const doorOf = (path: string, request: Request): Entrance | undefined => {
  const { pathname } = new URL(request.url)
  if (pathname === (path || "/")) return "stream"
  return (["wish", "credentials", "passcode"] as const).find((door) => pathname === `${path}/${door}`)
}

/** Exactly these fields, each a text: one too many may be a secret in the wrong place. */
const texts = <K extends string>(
  fields: JsonBody.Fields,
  names: ReadonlyArray<K>,
): Readonly<Record<K, string>> | undefined => {
  const isExact = Object.keys(fields).length === names.length && names.every((name) => typeof fields[name] === "string")
  return isExact ? (fields as Readonly<Record<K, string>>) : undefined
}

const wishOf = (fields: JsonBody.Fields): PlainWish | undefined => {
  switch (fields.type) {
    case "ActAs": {
      const wish = texts(fields, ["type", "subject"])
      return wish && { type: "ActAs", subject: wish.subject }
    }
    case "SignIn":
    case "Cancel":
    case "StopActing":
    case "SignOut":
      return texts(fields, ["type"]) && { type: fields.type }
    default:
      return undefined
  }
}

const taken = () => new Response(null, { status: 202, headers })

const take = (
  driver: Driver,
  door: Exclude<Entrance, "stream">,
  fields: JsonBody.Fields,
  tries: Tries<Driver>,
): Response => {
  if (door === "wish") {
    const wish = wishOf(fields)
    if (wish === undefined) return wrong(400)
    SessionActor.of(driver).send(wish)
    return taken()
  }
  // A child is its parent's, and has neither.
  if (driver.subject !== undefined) return wrong(404)
  if (door === "passcode") {
    const given = texts(fields, ["passcode"])
    if (!driver.account.provider.capabilities.has("passcode")) return wrong(404)
    if (given === undefined) return wrong(400)
    const wait = tries.take(driver)
    return wait > 0 ? tooOften(wait) : begun(driver.submitPasscode(Redacted.make(given.passcode)))
  }
  const given = texts(fields, ["username", "password"])
  if (given === undefined) return wrong(400)
  const wait = tries.take(driver)
  if (wait > 0) return tooOften(wait)
  // Whoever is signed in, or is asked for a passcode, is not told whether these credentials would be the same.
  if (stands(driver)) return wrong(422)
  return begun(
    Effect.flatMap(Effect.fromResult(credentialsOf(driver.account.provider, given)), (credentials) =>
      driver.signIn(credentials),
    ),
  )
}

/** Would a sign-in neither begin nor wait for one that is under way? */
const stands = ({ snapshot, view }: Driver): boolean =>
  snapshot.context.presenting === null && !view.actions.includes("sign_in")

/** Begins, and waits for nothing but a mistake that is known at once. */
const begun = (effect: Effect.Effect<unknown, AuthError>): Response => {
  const exit = Effect.runFork(Effect.flip(effect)).pollUnsafe()
  return exit?._tag === "Success" && exit.value.reason._tag === "Misconfigured" ? wrong(422) : taken()
}
