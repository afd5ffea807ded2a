/**
 * A session that lives on a server, as a screen in a browser holds it. Snapshots come in as server-sent events, and events go out by
 * POST. The token, its renewal and its clock stay on the server; `@pbx-auth/session/ServerSession` is the other end. This module
 * handles plain JSON, and needs neither Effect nor XState.
 *
 * It has the shape of a session in the tab: `actor` for XState's bindings, `signIn`, `submitPasscode`. You write a screen once.
 *
 * **The connection.** The server sends a sign of life at a steady pace and says how long the pace is. When two are missing, or a
 * request gets no answer in time, the view's `connection` is `unreachable`, even if something in between holds the stream open. This
 * module then opens the stream again. An answer of 401, to a stream or to an event, ends the visit: `visit_ended`.
 */

import type { RemoteRequest, RemoteWindow } from "./RemoteWindow.ts"
import type { SessionContext } from "./SessionContext.ts"
import type { Refusal } from "./SessionEvent.ts"
import type { ScreenEvent, SessionRef, SnapshotObserver } from "./SessionRef.ts"
import type { Connection, OfferedAction } from "./SessionView.ts"

export type { RemoteRequest, RemoteWindow }

/**
 * A snapshot as it travels. The server renders a first view from one and sends the same one along as JSON, so both agree.
 *
 * @category models
 */
export interface RemoteSnapshot {
  /** Names the snapshot. A stream that is opened again begins after it. */
  readonly id: string
  /** When it was sent, epoch ms, by the clock that its times follow. */
  readonly now: number
  /** `done` once the session on the server is closed. No snapshot follows. */
  readonly status: "active" | "done"
  /**
   * The chart's state as XState writes it: `{ mfa_required: "awaiting_passcode" }`, or `"refreshed"` for a state without inner
   * ones. A view reads it.
   */
  readonly value: unknown
  /** Facts about the tokens, without a token. */
  readonly context: SessionContext
  /** What this screen may ask for. Left out: everything. */
  readonly may?: ReadonlyArray<OfferedAction>
  /** Set on this side only: what is wrong with the way to the server. */
  readonly connection?: Connection | null
}

/**
 * How a screen reaches the server that holds the session.
 *
 * @category models
 */
export interface ServerOptions {
  /** The path under which the server answers for the session, such as `/session`. */
  readonly url: string
  /** What this module needs of the page: pass `window`. */
  readonly window: RemoteWindow
  /** How long the server may take to answer an event or to open a stream, in ms. Default: 10 000. */
  readonly deadline?: number | undefined
}

/**
 * How `openRemote` begins: with the server, and the snapshot that the page was rendered from.
 *
 * @category models
 */
export interface RemoteOptions extends ServerOptions {
  /** The snapshot from which the server rendered the page. */
  readonly first: RemoteSnapshot
}

/**
 * A session on a server, as `openRemote` returns it. It fits `ScreenSession`.
 *
 * @category models
 */
export interface RemoteSession {
  /**
   * `useSelector(session.actor, SessionView.of)`. The first subscription opens the stream. If the server refuses an event, the next
   * snapshot shows that as its refusal until something gets through again. If an event does not reach the server, the view's
   * `connection` says so.
   */
  readonly actor: SessionRef<RemoteSnapshot>
  /** Sends credentials to the server, to an endpoint of their own. They are not kept here; the snapshots show the result. */
  readonly signIn: (credentials: { readonly username: string; readonly password: string }) => Promise<void>
  /** Sends a passcode to the server, to an endpoint of its own. */
  readonly submitPasscode: (passcode: string) => Promise<void>
  /** The time by the server's clock, epoch ms, as far as the last snapshot tells: for `SessionView.secondsLeft`. */
  readonly now: () => number
  /** Ends the stream and everything under way. The session on the server goes on. */
  readonly close: () => void
}

/**
 * Why a page that no server renders has no first snapshot: the server is unreachable, or no one is signed in to the app.
 *
 * @category errors
 */
export class NoFirstSnapshot extends Error implements Connection {
  override readonly name = "NoFirstSnapshot"
  /** `unreachable`: try again later. `visit_ended`: the person signs in to the app first. */
  readonly code: Connection["code"]
  constructor(code: Connection["code"], detail: string) {
    super(detail)
    this.code = code
  }
}

/** An `EventSource` that will not try again by itself. */
const CLOSED = 2

/** ms. `grace` applies to a stream that broke and that the browser is opening again: only after it is the break shown. */
const patience = { first: 1_000, longest: 60_000, deadline: 10_000, grace: 3_000 }

const common = { credentials: "same-origin", redirect: "error", cache: "no-store" } as const

const refusalOf = (body: unknown): Refusal | undefined =>
  typeof body === "object" && body !== null && "code" in body && "remedy" in body
    ? { code: body.code as Refusal["code"], remedy: body.remedy as Refusal["remedy"] }
    : undefined

/** What an answer says about the way to the server, and about what was asked. */
interface Heard {
  readonly connection: Connection | null
  readonly refusal: Refusal | null
  /** The body of an answer that says neither. */
  readonly body?: unknown
}

const well: Heard = { connection: null, refusal: null }
const unreachable: Heard = { connection: { code: "unreachable" }, refusal: null }
const visitEnded: Heard = { connection: { code: "visit_ended" }, refusal: null }

const read = async (reply: Awaited<ReturnType<RemoteWindow["fetch"]>>): Promise<Heard> => {
  const { ok, status } = reply
  if (status === 401) return visitEnded
  const body = await reply.json().catch(() => undefined)
  if (ok) return { ...well, body }
  const refusal = status < 500 ? (refusalOf(body) ?? (status === 403 ? notAllowed : undefined)) : undefined
  return refusal === undefined ? unreachable : { connection: null, refusal }
}

const notAllowed: Refusal = { code: "NotAllowed", remedy: "ask_administrator" }

/** Asks the server, and waits for its answer until the deadline. `underWay` holds the function that cancels the request. */
const asker =
  ({ deadline = patience.deadline, url, window }: ServerOptions, underWay: Set<() => void>) =>
  async (path: string, init: Pick<RemoteRequest, "method" | "headers" | "body">): Promise<Heard> => {
    const given = globalThis as Pick<Partial<RemoteWindow>, "AbortController">
    const Controller = window.AbortController ?? given.AbortController
    const controller = Controller && new Controller()
    let giveUp = () => {}
    const givenUp = new Promise<Heard>((resolve) => {
      giveUp = () => {
        resolve(unreachable)
        controller?.abort()
      }
    })
    const callOff = delay(window, giveUp, deadline)
    underWay.add(giveUp)
    const asked = async () => {
      const signal = controller && { signal: controller.signal }
      return read(await window.fetch(`${url}/${path}`, { ...common, ...init, ...signal }))
    }
    const heard = await Promise.race([asked().catch(() => unreachable), givenUp])
    callOff()
    underWay.delete(giveUp)
    return heard
  }

/** Runs something later, and returns a function that cancels it. A cancelled timer does not keep a program alive. */
const delay = (window: RemoteWindow, run: () => void, millis: number): (() => void) => {
  let isOff = false
  const timer = window.setTimeout(() => isOff || run(), millis)
  return () => {
    isOff = true
    if (window.clearTimeout !== undefined) window.clearTimeout(timer)
    else if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
      timer.unref()
  }
}

const current = ["snapshot", { method: "GET", headers: { "x-pbx-auth": "snapshot" } }] as const

const isSnapshot = (body: unknown): body is RemoteSnapshot =>
  isObject(body) &&
  typeof body.id === "string" &&
  typeof body.now === "number" &&
  (body.status === "active" || body.status === "done") &&
  "value" in body &&
  isObject(body.context)

const isObject = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === "object" && u !== null

/** The content of a frame; `undefined` if it is not JSON. */
const parsed = (data: unknown): unknown => {
  try {
    return JSON.parse(String(data))
  } catch {
    return undefined
  }
}

/**
 * Opens a session that lives on a server, for a page that no server renders. It asks for the first snapshot.
 *
 * Rejects with {@link NoFirstSnapshot}: `unreachable`, or `visit_ended` if no one is signed in to the app.
 *
 * @category constructors
 */
export const loadRemote = async (options: ServerOptions): Promise<RemoteSession> => {
  const { body, connection, refusal } = await asker(options, new Set())(...current)
  if (isSnapshot(body)) return openRemote({ ...options, first: body })
  const code = connection?.code ?? "unreachable"
  throw new NoFirstSnapshot(code, `${options.url}/snapshot: ${refusal?.code ?? code}`)
}

/**
 * Opens a session that lives on a server, from the snapshot that came with the page.
 *
 * @category constructors
 */
export const openRemote = (options: RemoteOptions): RemoteSession => {
  const { deadline = patience.deadline, first, url, window } = options
  const observers = new Set<SnapshotObserver<RemoteSnapshot>>()
  const underWay = new Set<() => void>()
  const ask = asker(options, underWay)
  let told = first
  let shown = first
  let trouble: Heard = well
  let ahead = first.now - window.Date.now()
  let source: InstanceType<RemoteWindow["EventSource"]> | undefined
  let isBegun = false
  let isOver = first.status === "done"
  let pause = patience.first
  /** ms between two signs of life, as the server says. Until the server says so, none is expected. */
  let beat = 0
  /** Cancels the current wait: for a sign of life, or for the time to connect again. */
  let callOff = () => {}

  const wait = (run: () => void, millis: number): void => {
    callOff()
    if (millis > 0 && !isOver) callOff = delay(window, run, millis)
  }

  const show = (next: RemoteSnapshot, heard: Heard): void => {
    const { connection, refusal } = heard
    const isSame = connection?.code === trouble.connection?.code && refusal?.code === trouble.refusal?.code
    if (isOver || (next === told && isSame)) return
    told = next
    trouble = heard
    shown =
      connection === null && refusal === null
        ? next
        : { ...next, connection, context: { ...next.context, refusal: refusal ?? next.context.refusal } }
    for (const observer of [...observers]) observer.next?.(shown)
  }

  const end = (): void => {
    isOver = true
    source?.close()
    callOff()
    for (const giveUp of [...underWay]) giveUp()
    for (const observer of [...observers]) observer.complete?.()
    observers.clear()
  }

  const take = (next: RemoteSnapshot, heard: Heard): void => {
    ahead = next.now - window.Date.now()
    show(next.id === told.id ? told : next, heard)
    if (next.status === "done") end()
  }

  /** The stream failed, and a browser does not tell a page why. So a request asks. */
  const lose = async (): Promise<void> => {
    callOff()
    source?.close()
    source = undefined
    const heard = await ask(...current)
    if (isOver || source !== undefined) return
    // Until there is a stream again, the time left of this state is unknown.
    const connection = heard.connection ?? unreachable.connection
    if (isSnapshot(heard.body)) take(heard.body, { connection, refusal: null })
    else show(told, { connection, refusal: heard.refusal })
    if (isOver) return
    // The user may sign in to the app in another window.
    wait(connect, connection?.code === "visit_ended" ? patience.longest : pause)
    pause = Math.min(pause * 2, patience.longest)
  }

  /** The screen shows it at once: the request may hang in the network as well. */
  const miss = (): void => {
    show(told, { ...trouble, connection: unreachable.connection })
    void lose()
  }

  const connect = (): void => {
    if (isOver) return
    const opened = new window.EventSource(`${url}?after=${encodeURIComponent(told.id)}`)
    source = opened
    const hear = (type: string, listener: (data: unknown) => void) =>
      opened.addEventListener(type, ({ data }) => {
        if (isOver || opened !== source) return
        listener(data)
        if (opened === source) wait(miss, 2 * beat)
      })
    let isBroken = false
    wait(miss, deadline)
    hear("open", () => {
      isBroken = false
      pause = patience.first
      show(told, well)
    })
    hear("message", (data) => {
      const next = parsed(data)
      // An intermediary wrote it, or a server of another version. So a request asks for the state.
      if (isSnapshot(next)) take(next, well)
      else void lose()
    })
    hear("beat", (data) => {
      beat = Number(data) || 0
      // The server is there. What it refused stays refused.
      show(told, { ...trouble, connection: null })
    })
    opened.addEventListener("error", () => {
      if (isOver || opened !== source) return
      // An `EventSource` tries again by itself after a broken connection, but not after a refusal by the server or a proxy.
      if (opened.readyState === CLOSED || trouble.connection !== null) void lose()
      else if (!isBroken) wait(miss, patience.grace)
      isBroken = opened.readyState !== CLOSED
    })
  }

  const post = async (route: "event" | "credentials" | "passcode", body: unknown): Promise<void> => {
    const heard = await ask(route, {
      method: "POST",
      // A page of another origin cannot send this header without a preflight, and the server does not allow it.
      headers: { "content-type": "application/json", "x-pbx-auth": route },
      body: JSON.stringify(body),
    })
    const isLost = isBegun && source === undefined
    show(told, isLost && heard.connection === null ? { ...heard, connection: trouble.connection } : heard)
    // The server answers again, so there is no need to wait for the next try.
    if (isLost && heard.connection === null) wait(connect, patience.first)
  }

  return {
    actor: {
      getSnapshot: () => shown,
      subscribe: (given: SnapshotObserver<RemoteSnapshot> | ((snapshot: RemoteSnapshot) => void)) => {
        const observer = typeof given === "function" ? { next: given } : { ...given }
        if (isOver) observer.complete?.()
        else {
          observers.add(observer)
          if (!isBegun) {
            isBegun = true
            connect()
          }
        }
        return { unsubscribe: () => void observers.delete(observer) }
      },
      send: (event: ScreenEvent) => {
        // Field by field, so that a caller that passes a wider object does not send a secret along.
        const { type } = event
        void post("event", type === "ActAs" ? { type, subject: event.subject } : { type })
      },
    },
    signIn: ({ username, password }) => post("credentials", { username, password }),
    submitPasscode: (passcode) => post("passcode", { passcode }),
    now: () => window.Date.now() + ahead,
    close: end,
  }
}
