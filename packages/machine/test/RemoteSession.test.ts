/** The browser's end of a session that lives on a server, with a page made of paper. */
import { openRemote, type RemoteSnapshot, type RemoteWindow } from "@pbx-auth/machine/RemoteSession"
import { SessionView } from "@pbx-auth/machine/SessionView"
import { beforeEach, expect, it } from "vitest"
import { attended, issued, signIn, walk } from "./Walk.ts"

type Listener = (event: { readonly data?: unknown }) => void

class Source {
  static opened: Array<Source> = []
  readonly url: string
  readyState = 1
  readonly #listeners: Record<string, Array<Listener>> = {}
  constructor(url: string) {
    this.url = url
    Source.opened.push(this)
  }
  addEventListener(type: string, listener: Listener) {
    this.#listeners[type] = [...(this.#listeners[type] ?? []), listener]
  }
  close() {
    this.readyState = 2
  }
  happens(type: string, data?: unknown) {
    for (const listener of this.#listeners[type] ?? []) listener({ data })
  }
  brings(snapshot: RemoteSnapshot) {
    this.happens("message", JSON.stringify(snapshot))
  }
}

let now = 0
let timers: Array<{ readonly run: () => void; readonly millis: number }> = []
let posts: Array<{ readonly url: string; readonly init: Parameters<RemoteWindow["fetch"]>[1] }> = []
let reply: { readonly status: number; readonly body: unknown } | Error = { status: 202, body: null }

beforeEach(() => {
  Source.opened = []
  now = 1_000
  timers = []
  posts = []
  reply = { status: 202, body: null }
})

const page: RemoteWindow = {
  EventSource: Source,
  fetch: async (url, init) => {
    posts.push({ url, init })
    if (reply instanceof Error) throw reply
    const { body, status } = reply
    return { ok: status < 300, status, json: async () => body }
  },
  setTimeout: (run, millis) => timers.push({ run, millis }),
  Date: { now: () => now },
}

const snapshot = (id: string, at = walk(attended), status: RemoteSnapshot["status"] = "active"): RemoteSnapshot => {
  const { context, value } = JSON.parse(JSON.stringify(at.snapshot))
  return { id, now: 500_000, status, value, context }
}
const signedIn = (id: string, status?: RemoteSnapshot["status"]) =>
  snapshot(id, walk(attended).through(signIn, issued()), status)

const opened = (first = snapshot("run.1")) => {
  const session = openRemote({ url: "/session", first, window: page })
  const seen: Array<string> = []
  const subscription = session.actor.subscribe((next) => {
    const view = SessionView.of(next)
    seen.push(view.refusal === null ? view.path : `${view.path}: ${view.refusal.code}`)
  })
  const [source] = Source.opened
  if (source === undefined) throw new Error("no stream")
  return { seen, session, source, subscription }
}

it("shows what the page was rendered from until there is something newer, and asks for what comes after it", () => {
  const first = snapshot("run.1")
  const { seen, session, source } = opened(first)
  expect(session.actor.getSnapshot()).toBe(first)
  expect(source.url).toBe("/session?after=run.1")
  source.happens("open")
  source.brings(first)
  expect(session.actor.getSnapshot(), "the same one again is no step").toBe(first)
  source.brings(signedIn("run.2"))
  expect(seen).toEqual(["authenticated"])
  expect(session.actor.getSnapshot()).toBe(session.actor.getSnapshot())
})

it("opens one stream for all who look, with the first of them, and none for a page on the server", () => {
  const session = openRemote({ url: "/session", first: snapshot("run.1"), window: page })
  expect(Source.opened).toEqual([])
  // A screen in React's StrictMode: in, out, in again.
  session.actor.subscribe(() => {}).unsubscribe()
  session.actor.subscribe({ next: () => {} })
  expect(Source.opened).toHaveLength(1)
})

it("tells the server's time", () => {
  const { session, source } = opened()
  now += 250
  expect(session.now()).toBe(500_250)
  source.brings({ ...signedIn("run.2"), now: 9_000_000 })
  expect(session.now()).toBe(9_000_000)
})

it("sends each thing to its own door, marked, and nothing but what belongs there", async () => {
  const { session } = opened()
  session.actor.send({ type: "SignIn", password: "p" } as never)
  session.actor.send({ type: "ActAs", subject: "1001@x", token: "t" } as never)
  await session.signIn({ username: "u", password: "p", token: "t" } as never)
  await session.submitPasscode("1")
  expect(posts.map(({ init, url }) => [url, JSON.parse(init.body)])).toEqual([
    ["/session/wish", { type: "SignIn" }],
    ["/session/wish", { type: "ActAs", subject: "1001@x" }],
    ["/session/credentials", { username: "u", password: "p" }],
    ["/session/passcode", { passcode: "1" }],
  ])
  for (const { init } of posts) {
    expect(init.headers).toMatchObject({ "content-type": "application/json" })
    expect(init.headers).toHaveProperty("x-pbx-auth")
    expect(init).toMatchObject({ method: "POST", credentials: "same-origin", redirect: "error", cache: "no-store" })
  }
})

it.each([
  [new TypeError("Failed to fetch"), "Unavailable"],
  [{ status: 401, body: null }, "SignedOut"],
  [{ status: 403, body: null }, "NotAllowed"],
  [{ status: 502, body: "<html>" }, "Unavailable"],
  [{ status: 422, body: { code: "Misconfigured", remedy: "configure" } }, "Misconfigured"],
])("shows what did not get through, until something does: %o", async (answer, code) => {
  const { seen, session } = opened()
  reply = answer
  await session.signIn({ username: "u", password: "p" })
  expect(seen).toEqual([`unauthenticated.idle: ${code}`])
  reply = { status: 202, body: null }
  await session.signIn({ username: "u", password: "p" })
  expect(seen).toEqual([`unauthenticated.idle: ${code}`, "unauthenticated.idle"])
})

it("leaves a broken connection to the browser, and takes up a refused one itself, with growing pauses", () => {
  const { seen, source } = opened()
  source.brings(signedIn("run.2"))
  source.readyState = 0
  source.happens("error")
  expect([seen, timers]).toEqual([["authenticated"], []])
  for (const pause of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    const last = Source.opened.at(-1)
    if (last === undefined) throw new Error("no stream")
    last.readyState = 2
    last.happens("error")
    expect(timers.at(-1)?.millis).toBe(pause)
    timers.at(-1)?.run()
  }
  expect(seen).toEqual(["authenticated", "authenticated: Unavailable"])
  expect(Source.opened.at(-1)?.url).toBe("/session?after=run.2")
  Source.opened.at(-1)?.happens("open")
  expect(seen.at(-1)).toBe("authenticated")
})

it("ends with the session", () => {
  const { session, source } = opened()
  let isComplete = false
  session.actor.subscribe({ complete: () => (isComplete = true) })
  source.brings(signedIn("run.2", "done"))
  expect([isComplete, source.readyState]).toEqual([true, 2])
  expect(SessionView.of(session.actor.getSnapshot()).actions).toEqual([])
  let isLate = false
  session.actor.subscribe({ complete: () => (isLate = true) })
  expect(isLate).toBe(true)
  expect(Source.opened).toHaveLength(1)
})

it("ends when it is closed, and tells nobody who left", () => {
  const { seen, session, source, subscription } = opened()
  subscription.unsubscribe()
  source.brings(signedIn("run.2"))
  expect(seen).toEqual([])
  session.close()
  expect(source.readyState).toBe(2)
  source.happens("error")
  expect(timers).toEqual([])
})
