/**
 * A session that lives on a server, as a screen in a browser holds it: snapshots come in as server-sent events, wishes go out by
 * POST. The token, its renewal and its clock stay on the server (`@pbx-auth/session/ServerSession` is the other end); what is
 * here is plain JSON, and needs neither Effect nor XState.
 *
 * It has the shape of a session in the tab: `actor` for XState's bindings, `signIn`, `submitPasscode`. A screen is written once.
 */
import type { SessionContext } from "./SessionContext.ts"
import type { Refusal } from "./SessionEvent.ts"
import type { PlainWish, SessionRef, SnapshotObserver } from "./SessionRef.ts"

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
    init: {
      readonly method: "POST"
      readonly headers: Record<string, string>
      readonly body: string
      readonly credentials: "same-origin"
      readonly redirect: "error"
      readonly cache: "no-store"
    },
  ): Promise<{ readonly ok: boolean; readonly status: number; json(): Promise<unknown> }>
  setTimeout(run: () => void, millis: number): unknown
  readonly Date: { now(): number }
}

/**
 * @category models
 */
export interface RemoteOptions {
  /** Where the server answers for the session, such as `/session`. */
  readonly url: string
  /** What the server rendered the page from. */
  readonly first: RemoteSnapshot
  readonly window: RemoteWindow
}

/**
 * @category models
 */
export interface RemoteSession {
  /**
   * `useSelector(session.actor, SessionView.of)`. The stream opens with the first subscription. What did not get through to the
   * server is shown as the refusal of the next snapshot, until something gets through again.
   */
  readonly actor: SessionRef<RemoteSnapshot>
  /** Sends credentials to the server, to their own endpoint. They are kept by nobody here; what comes of it is in the snapshots. */
  readonly signIn: (credentials: { readonly username: string; readonly password: string }) => Promise<void>
  /** Sends a passcode to the server, to its own endpoint. */
  readonly submitPasscode: (passcode: string) => Promise<void>
  /** Now by the server's clock, as far as the last snapshot tells: for `SessionView.secondsLeft`. */
  readonly now: () => number
  /** Ends the stream. The session on the server goes on. */
  readonly close: () => void
}

/** An `EventSource` that will not try again by itself. */
const CLOSED = 2

const patience = { first: 1_000, longest: 60_000 }

const refusalOf = (status: number, body: unknown): Refusal => {
  if (typeof body === "object" && body !== null && "code" in body && "remedy" in body) {
    return { code: body.code as Refusal["code"], remedy: body.remedy as Refusal["remedy"] }
  }
  if (status === 401) return { code: "SignedOut", remedy: "sign_in" }
  if (status === 403) return { code: "NotAllowed", remedy: "ask_administrator" }
  return { code: "Unavailable", remedy: "retry" }
}

/**
 * Takes up a session that lives on a server.
 *
 * @category constructors
 */
export const openRemote = ({ url, first, window }: RemoteOptions): RemoteSession => {
  const observers = new Set<SnapshotObserver<RemoteSnapshot>>()
  let told = first
  let shown = first
  let trouble: Refusal | null = null
  let ahead = first.now - window.Date.now()
  let source: InstanceType<RemoteWindow["EventSource"]> | undefined
  let isOver = first.status === "done"
  let pause = patience.first

  const show = (next: RemoteSnapshot, refusal: Refusal | null): void => {
    if (next === told && refusal?.code === trouble?.code) return
    told = next
    trouble = refusal
    shown = refusal === null ? next : { ...next, context: { ...next.context, refusal } }
    for (const observer of [...observers]) observer.next?.(shown)
  }

  const end = (): void => {
    isOver = true
    source?.close()
    for (const observer of [...observers]) observer.complete?.()
    observers.clear()
  }

  const take = (data: unknown): void => {
    const next: RemoteSnapshot = JSON.parse(String(data))
    ahead = next.now - window.Date.now()
    show(next.id === told.id ? told : next, null)
    if (next.status === "done") end()
  }

  const connect = (): void => {
    if (isOver) return
    const opened = new window.EventSource(`${url}?after=${encodeURIComponent(told.id)}`)
    source = opened
    opened.addEventListener("open", () => {
      pause = patience.first
      show(told, null)
    })
    opened.addEventListener("message", ({ data }) => take(data))
    opened.addEventListener("error", () => {
      // It tries again by itself where the connection broke, and not where the server, or something before it, said no.
      if (opened.readyState !== CLOSED || isOver) return
      show(told, { code: "Unavailable", remedy: "retry" })
      window.setTimeout(connect, pause)
      pause = Math.min(pause * 2, patience.longest)
    })
  }

  const post = async (door: "wish" | "credentials" | "passcode", body: unknown): Promise<void> => {
    try {
      const reply = await window.fetch(`${url}/${door}`, {
        method: "POST",
        // A page from elsewhere cannot send this header without being asked first, and it will not be let.
        headers: { "content-type": "application/json", "x-pbx-auth": door },
        body: JSON.stringify(body),
        credentials: "same-origin",
        redirect: "error",
        cache: "no-store",
      })
      show(told, reply.ok ? null : refusalOf(reply.status, await reply.json().catch(() => null)))
    } catch {
      show(told, { code: "Unavailable", remedy: "retry" })
    }
  }

  return {
    actor: {
      getSnapshot: () => shown,
      subscribe: (given: SnapshotObserver<RemoteSnapshot> | ((snapshot: RemoteSnapshot) => void)) => {
        const observer = typeof given === "function" ? { next: given } : { ...given }
        if (isOver) observer.complete?.()
        else {
          observers.add(observer)
          if (source === undefined) connect()
        }
        return { unsubscribe: () => void observers.delete(observer) }
      },
      send: (wish: PlainWish) => {
        // Field by field: a wider object must not take a secret along by a caller's mistake.
        const { type } = wish
        void post("wish", type === "ActAs" ? { type, subject: wish.subject } : { type })
      },
    },
    signIn: ({ username, password }) => post("credentials", { username, password }),
    submitPasscode: (passcode) => post("passcode", { passcode }),
    now: () => window.Date.now() + ahead,
    close: end,
  }
}
