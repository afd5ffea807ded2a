/**
 * A session that lives on a server, as a screen in a browser holds it: snapshots come in as server-sent events, events go out by
 * POST. The token, its renewal and its clock stay on the server (`@pbx-auth/session/ServerSession` is the other end); what is
 * here is plain JSON, and needs neither Effect nor XState.
 *
 * It has the shape of a session in the tab: `actor` for XState's bindings, `signIn`, `submitPasscode`. A screen is written once.
 *
 * **The connection.** The server gives a sign of life at a steady pace and says how long that takes. When two are missing, or a
 * request gets no answer in time, the view's `connection` is `unreachable`, whatever something in between holds open, and the stream
 * is taken up anew. An answer of 401, to a stream or to an event, is the end of the visit: `visit_ended`.
 */
import type { SessionContext } from "./SessionContext.ts"
import type { Refusal } from "./SessionEvent.ts"
import type { ScreenEvent, SessionRef, SnapshotObserver } from "./SessionRef.ts"
import type { Connection, OfferedAction } from "./SessionView.ts"

/**
 * A snapshot as it travels. The server renders a first view from one, and sends the same one along as JSON: so both agree.
 *
 * @category models
 */
export interface RemoteSnapshot {
  /** Names the snapshot: a stream that is taken up again begins after it. */
  readonly id: string
  /** When it was sent, by the clock that its times are of (epoch ms). */
  readonly now: number
  readonly status: "active" | "done"
  readonly value: unknown
  readonly context: SessionContext
  /** What this screen may ask for; left out: everything. */
  readonly may?: ReadonlyArray<OfferedAction>
  /** This end's own word: what is wrong with the way to the server. */
  readonly connection?: Connection | null
}

/**
 * What is needed of a page; `window` is one. Given and not taken, so that this module runs in a test as in a worker.
 *
 * @category models
 */
export interface RemoteWindow {
  readonly EventSource: new (
    url: string,
  ) => {
    readonly readyState: number
    addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void
    close(): void
  }
  fetch(
    url: string,
    init: RemoteRequest,
  ): Promise<{
    readonly ok: boolean
    readonly status: number
    json(): Promise<unknown>
  }>
  setTimeout(run: () => void, millis: number): unknown
  /** Without it a timer that is over still runs out, and changes nothing. */
  clearTimeout?(timer: unknown): void
  /** Without it a request that is over still runs out, and changes nothing. */
  readonly AbortController?: (new () => { readonly signal: unknown; abort(): void }) | undefined
  readonly Date: { now(): number }
}

/**
 * A request as it is sent.
 *
 * @category models
 */
export interface RemoteRequest {
  readonly method: "GET" | "POST"
  readonly headers: Record<string, string>
  readonly body?: string
  readonly credentials: "same-origin"
  readonly redirect: "error"
  readonly cache: "no-store"
  // biome-ignore lint/suspicious/noExplicitAny: an `AbortSignal`, which this package has no type of; its users have
  readonly signal?: any
}

/**
 * @category models
 */
export interface ServerOptions {
  /** Where the server answers for the session, such as `/session`. */
  readonly url: string
  readonly window: RemoteWindow
  /** How long an answer may take, in ms: to an event, and to a new stream. Default: 10 000. */
  readonly deadline?: number | undefined
}

/**
 * @category models
 */
export interface RemoteOptions extends ServerOptions {
  /** What the server rendered the page from. */
  readonly first: RemoteSnapshot
}

/**
 * @category models
 */
export interface RemoteSession {
  /**
   * `useSelector(session.actor, SessionView.of)`. The stream opens with the first subscription. An event that the server did not take
   * is shown as the refusal of the next snapshot, until something gets through again; what did not get through to the server is
   * shown as the view's `connection`.
   */
  readonly actor: SessionRef<RemoteSnapshot>
  /** Sends credentials to the server, to their own endpoint. They are kept by nobody here; what comes of it is in the snapshots. */
  readonly signIn: (credentials: { readonly username: string; readonly password: string }) => Promise<void>
  /** Sends a passcode to the server, to its own endpoint. */
  readonly submitPasscode: (passcode: string) => Promise<void>
  /** Now by the server's clock, as far as the last snapshot tells: for `SessionView.secondsLeft`. */
  readonly now: () => number
  /** Ends the stream, and all that is under way. The session on the server goes on. */
  readonly close: () => void
}

/**
 * Why a page that no server renders has no first snapshot: the server cannot be reached, or nobody is signed in to the app.
 *
 * @category errors
 */
export class NoFirstSnapshot extends Error implements Connection {
  override readonly name = "NoFirstSnapshot"
  readonly code: Connection["code"]
  constructor(code: Connection["code"], detail: string) {
    super(detail)
    this.code = code
  }
}

/** An `EventSource` that will not try again by itself. */
const CLOSED = 2

/** ms. `grace` is for a stream that broke and that the browser takes up again: only then it is news. */
const patience = { first: 1_000, longest: 60_000, deadline: 10_000, grace: 3_000 }

const common = { credentials: "same-origin", redirect: "error", cache: "no-store" } as const

const refusalOf = (body: unknown): Refusal | undefined =>
  typeof body === "object" && body !== null && "code" in body && "remedy" in body
    ? { code: body.code as Refusal["code"], remedy: body.remedy as Refusal["remedy"] }
    : undefined

/** What an answer says: of the way to the server, and of what was asked. */
interface Heard {
  readonly connection: Connection | null
  readonly refusal: Refusal | null
  /** The body of an answer that is none of both. */
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

/** Asks the server, and waits for its answer until the deadline. What gives a request up is in `underWay` as long as it is. */
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

/** Runs something later, and gives what calls it off. No timer that was called off keeps a program alive. */
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
  typeof body === "object" && body !== null && "id" in body && "context" in body

/**
 * Takes up a session that lives on a server, for a page that no server renders: it asks for the first snapshot.
 *
 * Rejects with {@link NoFirstSnapshot}: `unreachable`, or `visit_ended` where nobody is signed in to the app.
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
 * Takes up a session that lives on a server.
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
  /** ms between two signs of life, as the server says; none is waited for until it does. */
  let beat = 0
  /** Calls off what is waited for: a sign of life, or the time to connect anew. */
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

  /** The stream is no good. A page is not told why, so a request asks. */
  const lose = async (): Promise<void> => {
    callOff()
    source?.close()
    source = undefined
    const heard = await ask(...current)
    if (isOver || source !== undefined) return
    // Until there is a stream again nobody knows for how long this is so.
    const connection = heard.connection ?? unreachable.connection
    if (isSnapshot(heard.body)) take(heard.body, { connection, refusal: null })
    else show(told, { connection, refusal: heard.refusal })
    if (isOver) return
    // Somebody may sign in to the app in another window.
    wait(connect, connection?.code === "visit_ended" ? patience.longest : pause)
    pause = Math.min(pause * 2, patience.longest)
  }

  /** Says so at once: what is in between may take its time over the request as well. */
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
        wait(miss, 2 * beat)
      })
    let isBroken = false
    wait(miss, deadline)
    hear("open", () => {
      isBroken = false
      pause = patience.first
      show(told, well)
    })
    hear("message", (data) => take(JSON.parse(String(data)), well))
    hear("beat", (data) => {
      beat = Number(data) || 0
      // The server is there. What it refused stays refused.
      show(told, { ...trouble, connection: null })
    })
    opened.addEventListener("error", () => {
      if (isOver || opened !== source) return
      // It tries again by itself where the connection broke, and not where the server, or something before it, said no.
      if (opened.readyState === CLOSED || trouble.connection !== null) void lose()
      else if (!isBroken) wait(miss, patience.grace)
      isBroken = opened.readyState !== CLOSED
    })
  }

  const post = async (route: "event" | "credentials" | "passcode", body: unknown): Promise<void> => {
    const heard = await ask(route, {
      method: "POST",
      // A page from elsewhere cannot send this header without being asked first, and it will not be let.
      headers: { "content-type": "application/json", "x-pbx-auth": route },
      body: JSON.stringify(body),
    })
    const isLost = isBegun && source === undefined
    show(told, isLost && heard.connection === null ? { ...heard, connection: trouble.connection } : heard)
    // Something gets through again: no need to wait for the next try.
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
        // Field by field: a wider object must not take a secret along by a caller's mistake.
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
