/** The browser's end of a session that lives on a server, with a simulated page. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { loadRemote, openRemote, type RemoteSnapshot, type RemoteWindow } from "@pbx-auth/machine/RemoteSession"
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
let timers: Array<{ readonly run: () => void; readonly millis: number; isOff: boolean }> = []
let posts: Array<{ readonly url: string; readonly init: Parameters<RemoteWindow["fetch"]>[1] }> = []
/** `undefined`: it never comes. */
let reply: { readonly status: number; readonly body: unknown } | Error | undefined = { status: 202, body: null }

const pending = () => timers.filter(({ isOff }) => !isOff)
/** The only timer that is set rings, and what follows is done. */
const rings = async (millis: number) => {
  const [timer, ...others] = pending()
  expect([timer?.millis, others]).toEqual([millis, []])
  if (timer === undefined) return
  timer.isOff = true
  timer.run()
  await settled()
}
const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

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
    if (reply === undefined) return new Promise(() => {})
    const { body, status } = reply
    return { ok: status < 300, status, json: async () => body }
  },
  setTimeout: (run, millis) => {
    const timer = { run, millis, isOff: false }
    timers.push(timer)
    return timer
  },
  clearTimeout: (timer) => {
    ;(timer as (typeof timers)[number]).isOff = true
  },
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
    seen.push([view.path, view.connection?.code, view.refusal?.code].filter((part) => part).join(" "))
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

it.each([
  ["no JSON", "{"],
  ["no object", "7"],
  ["nothing", undefined],
  ["no state", JSON.stringify({ id: "run.9", now: 1, status: "active", context: {} })],
  ["a context that is none", JSON.stringify({ ...signedIn("run.9"), context: null })],
  ["a status that is none", JSON.stringify({ ...signedIn("run.9"), status: "odd" })],
])("does not show a frame that is no snapshot, and asks for the state: %s", async (_, frame) => {
  const { seen, session, source } = opened()
  source.happens("open")
  reply = { status: 200, body: signedIn("run.2") }
  expect(() => source.happens("message", frame)).not.toThrow()
  await settled()
  expect(source.readyState, "this stream is no good").toBe(2)
  expect(posts.map(({ url }) => url)).toEqual(["/session/snapshot"])
  expect(session.actor.getSnapshot().id).toBe("run.2")
  expect(seen.at(-1)).toMatch(/^authenticated/)
  expect(pending(), "one try is set").toHaveLength(1)
})

it("tells the server's time", () => {
  const { session, source } = opened()
  now += 250
  expect(session.now()).toBe(500_250)
  source.brings({ ...signedIn("run.2"), now: 9_000_000 })
  expect(session.now()).toBe(9_000_000)
})

it("sends each thing to its own route, marked, and nothing but what belongs there", async () => {
  const { session } = opened()
  session.actor.send({ type: "SignIn", password: "p" } as never)
  session.actor.send({ type: "ActAs", subject: "1001@x", token: "t" } as never)
  await session.signIn({ username: "u", password: "p", token: "t" } as never)
  await session.submitPasscode("1")
  expect(posts.map(({ init, url }) => [url, JSON.parse(init.body ?? "")])).toEqual([
    ["/session/event", { type: "SignIn" }],
    ["/session/event", { type: "ActAs", subject: "1001@x" }],
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
  [new TypeError("Failed to fetch"), "unreachable"],
  [{ status: 401, body: null }, "visit_ended"],
  [{ status: 401, body: { code: "SignedOut", remedy: "sign_in" } }, "visit_ended"],
  [{ status: 403, body: null }, "NotAllowed"],
  [{ status: 502, body: "<html>" }, "unreachable"],
  [{ status: 404, body: "<html>" }, "unreachable"],
  [{ status: 503, body: { code: "Unavailable", remedy: "retry" } }, "unreachable"],
  [{ status: 422, body: { code: "Misconfigured", remedy: "configure" } }, "Misconfigured"],
])("shows what did not get through, until something does: %o", async (answer, code) => {
  const { seen, session } = opened()
  reply = answer
  await session.signIn({ username: "u", password: "p" })
  expect(seen).toEqual([`unauthenticated.idle ${code}`])
  reply = { status: 202, body: null }
  await session.signIn({ username: "u", password: "p" })
  expect(seen).toEqual([`unauthenticated.idle ${code}`, "unauthenticated.idle"])
})

it("tells the three apart in words: the server, the visit, the provider", async () => {
  const unavailable = { code: "Unavailable", remedy: "retry" } as const
  const first = snapshot("run.1")
  const { session } = opened({ ...first, context: { ...first.context, refusal: unavailable } })
  const view = () => SessionView.of(session.actor.getSnapshot())
  expect(view()).toMatchObject({ connection: null, label: "Signed out.", actions: ["sign_in"] })
  expect(view().refusal?.message).toBe("The provider cannot be reached.")
  reply = new TypeError("Failed to fetch")
  await session.signIn({ username: "u", password: "p" })
  expect(view().connection).toEqual({ code: "unreachable", message: "Your server cannot be reached." })
  expect(view(), "the provider's own is apart").toMatchObject({ refusal: unavailable, actions: ["sign_in"] })
  reply = { status: 401, body: null }
  await session.signIn({ username: "u", password: "p" })
  expect(view()).toMatchObject({
    connection: { code: "visit_ended", message: "Your visit has ended: sign in to the app." },
    label: "Your visit has ended: sign in to the app.",
    actions: [],
  })
  expect(SessionView.secondsLeft({ ...view(), expiresAt: 9_000 }, 1_000)).toBe(null)
})

it("waits for the answer to an event until its deadline, and not longer", async () => {
  const { seen, session, source } = opened()
  source.happens("open")
  reply = undefined
  const done = session.signIn({ username: "u", password: "p" })
  await rings(10_000)
  await done
  expect(posts[0]?.init.signal.aborted).toBe(true)
  expect(seen).toEqual(["unauthenticated.idle unreachable"])
})

it("watches for signs of life at the server's pace, and shows at once that two are missing", async () => {
  const { seen, source } = opened()
  source.happens("open")
  expect(pending(), "one that never gave any is not watched").toEqual([])
  source.happens("beat", "15000")
  source.brings(signedIn("run.2"))
  expect(pending().map(({ millis }) => millis)).toEqual([30_000])
  source.happens("beat", "15000")
  reply = new TypeError("Failed to fetch")
  await rings(30_000)
  expect([source.readyState, seen]).toEqual([2, ["authenticated", "authenticated unreachable"]])
  expect(posts.at(-1)).toMatchObject({ url: "/session/snapshot", init: { method: "GET" } })
  source.happens("beat", "15000")
  expect(seen.length, "what comes late from the old stream is nothing").toBe(2)
  await rings(1_000)
  expect(Source.opened.at(-1)?.url).toBe("/session?after=run.2")
  await rings(10_000)
  await rings(2_000)
  Source.opened.at(-1)?.happens("open")
  expect(seen).toEqual(["authenticated", "authenticated unreachable", "authenticated"])
})

it("a stream that is answered 401 is the visit's end; it asks once a minute whether there is another", async () => {
  const { seen, source } = opened(signedIn("run.1"))
  source.happens("open")
  source.happens("beat", "15000")
  source.readyState = 2
  reply = { status: 401, body: null }
  source.happens("error")
  await settled()
  expect(seen).toEqual(["authenticated visit_ended"])
  for (const _ of [1, 2, 3]) {
    await rings(60_000)
    const again = Source.opened.at(-1)
    if (again === undefined) throw new Error("no stream")
    again.readyState = 2
    again.happens("error")
    await settled()
  }
  expect(seen).toEqual(["authenticated visit_ended"])
  await rings(60_000)
  Source.opened.at(-1)?.happens("open")
  expect(seen).toEqual(["authenticated visit_ended", "authenticated"])
})

it("leaves a broken connection to the browser for three seconds, and takes it up itself then, with growing pauses", async () => {
  const { seen, source } = opened()
  source.happens("open")
  source.brings(signedIn("run.2"))
  source.readyState = 0
  reply = new TypeError("Failed to fetch")
  source.happens("error")
  source.happens("error")
  expect(seen).toEqual(["authenticated"])
  await rings(3_000)
  for (const pause of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    await rings(pause)
    const last = Source.opened.at(-1)
    if (last === undefined) throw new Error("no stream")
    last.readyState = 0
    last.happens("error")
    await settled()
  }
  expect(seen).toEqual(["authenticated", "authenticated unreachable"])
  await rings(60_000)
  expect(Source.opened.at(-1)?.url).toBe("/session?after=run.2")
  Source.opened.at(-1)?.happens("open")
  expect(seen.at(-1)).toBe("authenticated")
})

it("a stream that is refused while the server answers: what it answers is shown, and that it is not to be relied on", async () => {
  const { seen, session, source } = opened()
  source.readyState = 2
  reply = { status: 200, body: signedIn("run.2") }
  source.happens("error")
  await settled()
  expect(seen).toEqual(["authenticated unreachable"])
  reply = { status: 202, body: null }
  await session.submitPasscode("1")
  expect(seen.length, "no stream yet").toBe(1)
  await rings(1_000)
  Source.opened.at(-1)?.happens("open")
  expect(seen).toEqual(["authenticated unreachable", "authenticated"])
})

it("a page that the server refuses is told by its refusal", async () => {
  const { seen, source } = opened()
  source.readyState = 2
  reply = { status: 403, body: { code: "Misconfigured", remedy: "configure", detail: "it is from elsewhere" } }
  source.happens("error")
  await settled()
  expect(seen).toEqual(["unauthenticated.idle unreachable Misconfigured"])
})

it("offers what this screen may ask for, and nothing else", () => {
  const { session, source } = opened({ ...snapshot("run.1"), may: [] })
  expect(SessionView.of(session.actor.getSnapshot()).actions).toEqual([])
  source.brings({ ...signedIn("run.2.sign_out"), may: ["sign_out"] })
  expect(SessionView.of(session.actor.getSnapshot()).actions).toEqual(["sign_out"])
})

it("without a server that renders, the first snapshot is asked for", async () => {
  const first = signedIn("run.1")
  reply = { status: 200, body: first }
  const session = await loadRemote({ url: "/session", window: page })
  expect(session.actor.getSnapshot()).toEqual(first)
  expect(posts.map(({ init, url }) => [init.method, url])).toEqual([["GET", "/session/snapshot"]])
  expect(pending()).toEqual([])
})

it.each([
  [new TypeError("Failed to fetch"), "unreachable"],
  [{ status: 401, body: "sign in" }, "visit_ended"],
  [{ status: 200, body: "<html>" }, "unreachable"],
  [{ status: 403, body: { code: "Misconfigured", remedy: "configure" } }, "unreachable"],
])("without one, it says why: %o", async (answer, code) => {
  reply = answer
  await expect(loadRemote({ url: "/session", window: page })).rejects.toMatchObject({ name: "NoFirstSnapshot", code })
})

it("keeps nothing of a program alive once it is closed, and shows nothing more", async () => {
  const { seen, session, source } = opened()
  source.happens("open")
  source.happens("beat", "15000")
  reply = undefined
  const done = session.signIn({ username: "u", password: "p" })
  session.close()
  await done
  expect([seen, pending(), posts[0]?.init.signal.aborted]).toEqual([[], [], true])
})

it("nor where the page has no clearTimeout and no AbortController: Node ends", async () => {
  const server = createServer(() => {}).listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  const before = process.getActiveResourcesInfo()
  const { port } = server.address() as AddressInfo
  const window = { EventSource: Source, fetch, setTimeout, Date }
  const session = openRemote({ url: `http://127.0.0.1:${port}/session`, first: snapshot("run.1"), window })
  session.actor.subscribe(() => {})
  const done = session.signIn({ username: "u", password: "p" })
  expect(process.getActiveResourcesInfo().filter((one) => one === "Timeout").length).toBeGreaterThan(
    before.filter((one) => one === "Timeout").length,
  )
  session.close()
  await done
  expect(process.getActiveResourcesInfo().filter((one) => one === "Timeout")).toEqual(
    before.filter((one) => one === "Timeout"),
  )
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
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
  expect(pending()).toEqual([])
})
