/** A session on a server: who is let in, what a browser is sent, what is taken, and what never leaves. */
import { describe, expect, it } from "@effect/vitest"
import type { RemoteSnapshot } from "@pbx-auth/machine/RemoteSession"
import { SessionView } from "@pbx-auth/machine/SessionView"
import type { Misconfigured } from "@pbx-auth/providers/AuthError"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import * as ServerSession from "@pbx-auth/session/ServerSession"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { client, eventually, harness, people, reaches, settle, subjectOf } from "./Harness.ts"

const page = "https://admin.example.test"
const same = { "sec-fetch-site": "same-origin" }
/** Digits that stand by themselves: a time or a random name may have them in it. */
const secrets = /(?<![\da-f-])(5678|246802)(?![\da-f-])|mypassword|your-client-secret|[0-9a-f]{32}/

const posted = (route: string, body: unknown, headers: Record<string, string> = {}) =>
  new Request(`http://inside.test/session/${route}`, {
    method: "POST",
    headers: { origin: page, "content-type": "application/json", "x-pbx-auth": "1", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  })

/** Reads a stream of events as a browser does, and keeps all of its text. */
const reading = (response: Response) => {
  const events: Array<{ readonly id: string; readonly snapshot: RemoteSnapshot }> = []
  const state = { text: "", isOver: false }
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const done = (async () => {
    for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
      state.text += part.value
      for (const [, id = "", data = ""] of part.value.matchAll(/id: (.*)\ndata: (.*)\n\n/g)) {
        events.push({ id, snapshot: JSON.parse(data) })
      }
    }
    state.isOver = true
  })()
  return { cancel: () => reader?.cancel(), done, events, state, paths: () => events.map((e) => pathOf(e.snapshot)) }
}

const pathOf = (snapshot: RemoteSnapshot) => SessionView.of(snapshot).path

const stage = Effect.fnUntraced(function* (
  options: { readonly credentials?: (typeof people)["reseller"] } & Partial<ServerSession.Options> = {},
) {
  const all = yield* harness()
  const { credentials, ...more } = options
  const pbx = yield* all.open(all.accounts.skyswitch(credentials === undefined ? {} : { credentials }))
  const served = yield* all.timed(ServerSession.make({ caller: () => pbx, origin: page, path: "/session", ...more }))
  const ask = (request: Request) => Effect.promise(() => served.handle(request))
  const stream = (headers: Record<string, string> = {}, query = "", signal?: AbortSignal) =>
    Effect.map(
      ask(
        new Request(`http://inside.test/session${query}`, {
          headers: { ...same, ...headers },
          ...(signal && { signal }),
        }),
      ),
      reading,
    )
  return { ...all, ask, pbx, served, stream }
})

const comes = (what: string, is: () => boolean) => eventually(what, Effect.sync(is))

describe("a stream", () => {
  it.live(
    "walks along with the session; credentials and passcode come in by routes of their own, and nothing secret out",
    () =>
      Effect.gen(function* () {
        const { ask, pbx, stream } = yield* stage()
        const response = yield* Effect.promise(async () => undefined)
        expect(response).toBeUndefined()
        const { events, paths, state } = yield* stream()
        const { password, username } = { username: people.withFactor.username, password: "5678" }
        expect((yield* ask(posted("credentials", { username, password }))).status).toBe(202)
        yield* comes("a challenge", () => paths().includes("mfa_required.awaiting_passcode"))
        expect((yield* ask(posted("passcode", { passcode: "000000" }))).status).toBe(202)
        yield* comes("a refusal", () => events.at(-1)?.snapshot.context.refusal?.code === "BadPasscode")
        expect((yield* ask(posted("passcode", { passcode: "246802" }))).status).toBe(202)
        yield* comes("a token", () => paths().includes("authenticated"))
        expect((yield* ask(posted("event", { type: "ActAs", subject: subjectOf.netsapiens }))).status).toBe(202)
        yield* comes("acting", () => paths().at(-1) === "masqueraded.live")
        expect((yield* ask(posted("event", { type: "StopActing" }))).status).toBe(202)
        yield* reaches(pbx, "authenticated")
        expect((yield* ask(posted("event", { type: "SignOut" }))).status).toBe(202)
        yield* comes("the end", () => paths().at(-1) === "unauthenticated.idle" && events.length > 5)
        expect(new Set(events.map(({ id }) => id)).size, "each snapshot has a name of its own").toBe(events.length)
        expect(state.text).not.toMatch(secrets)
        expect(Object.keys(events[0]?.snapshot ?? {}).sort()).toEqual(["context", "id", "now", "status", "value"])
      }),
  )

  it.live("is not kept by anybody, and not buffered", () =>
    Effect.gen(function* () {
      const { ask } = yield* stage()
      const response = yield* ask(new Request("http://inside.test/session", { headers: same }))
      expect(response.status).toBe(200)
      expect(response.headers.get("content-type")).toBe("text/event-stream")
      expect(response.headers.get("cache-control")).toBe("no-store, no-transform")
      expect(response.headers.get("x-accel-buffering")).toBe("no")
      yield* Effect.promise(async () => response.body?.cancel())
    }),
  )

  it.live("that is taken up again goes on after what was seen, and sends nothing twice", () =>
    Effect.gen(function* () {
      const { pbx, served, stream } = yield* stage({ credentials: people.reseller })
      const first = served.snapshot(pbx)
      expect(pathOf(first)).toBe("unauthenticated.idle")
      const rendered = yield* stream({}, `?after=${first.id}`)
      yield* settle
      expect(rendered.events, "the page was rendered from it").toEqual([])
      yield* pbx.accessToken
      yield* comes("signed in", () => rendered.paths().at(-1) === "authenticated")
      const last = rendered.events.at(-1)?.id ?? ""
      yield* Effect.promise(async () => rendered.cancel())

      const same = yield* stream({ "last-event-id": last }, `?after=${first.id}`)
      yield* settle
      expect(same.events).toEqual([])
      yield* Effect.promise(async () => same.cancel())
      // Two steps happen while nobody listens.
      yield* pbx.startActing(subjectOf.netsapiens)
      const later = yield* stream({ "last-event-id": last })
      yield* comes("what is the case now", () => later.events.length > 0)
      expect(later.paths(), "a snapshot is whole, so the one between is of no interest").toEqual(["masqueraded.live"])
      const stranger = yield* stream({ "last-event-id": "of-another-server.1" })
      yield* comes("the state", () => stranger.events.length > 0)
      expect(stranger.paths()).toEqual(["masqueraded.live"])
    }),
  )

  it.live("shows signs of life, and ends when the app no longer lets its caller in", () =>
    Effect.gen(function* () {
      let isIn = true
      const box: { pbx?: ServerSession.Served } = {}
      const { clock, pbx, stream } = yield* stage({
        caller: () => (isIn && box.pbx) || new Response(null, { status: 401 }),
      })
      box.pbx = pbx
      const { state } = yield* stream()
      yield* settle
      const beats = () => state.text.match(/^event: beat\ndata: 15000\n\n/gm)?.length
      expect(beats(), "the first one says how long to wait for the next").toBe(1)
      yield* clock.adjust("16 seconds")
      yield* comes("a sign of life", () => beats() === 2)
      yield* settle
      yield* clock.adjust("16 seconds")
      yield* comes("another", () => beats() === 3)
      isIn = false
      yield* settle
      yield* clock.adjust("16 seconds")
      yield* comes("the end", () => state.isOver)
    }),
  )

  it.live("ends when the app does not say any more who its caller is, and holds nobody up meanwhile", () =>
    Effect.gen(function* () {
      const box: { pbx?: ServerSession.Served } = {}
      let isOut = false
      let asked = 0
      const { clock, pbx, stream } = yield* stage({
        caller: (request) => {
          const isHung = request.headers.get("x-who") === "hung"
          if (isHung && asked++ > 0) return new Promise<never>(() => {})
          return (!isHung && isOut ? undefined : box.pbx) ?? new Response(null, { status: 401 })
        },
      })
      box.pbx = pbx
      const hung = yield* stream({ "x-who": "hung" })
      const other = yield* stream({ "x-who": "other" })
      yield* settle
      for (let beats = 0; beats < 4; beats++) {
        isOut = beats > 0
        yield* clock.adjust("16 seconds")
        yield* settle
      }
      yield* comes("the end of both", () => hung.state.isOver && other.state.isOver)
    }),
  )

  it.live("is looked at on time, however many there are and however long the app takes to say who each is", () =>
    Effect.gen(function* () {
      const box: { pbx?: ServerSession.Served } = {}
      let isOut = false
      let asked = 0
      const { clock, pbx, stream } = yield* stage({
        streamsPerSession: 200,
        caller: async () => {
          if (isOut) {
            asked++
            await new Promise(() => {})
          }
          return box.pbx ?? new Response(null, { status: 401 })
        },
      })
      box.pbx = pbx
      const streams = yield* Effect.forEach(Array.from({ length: 200 }), () => stream())
      yield* settle
      isOut = true
      yield* clock.adjust("15 seconds")
      yield* comes("a look at each", () => asked === 200)
      yield* clock.adjust("15 seconds")
      yield* comes("the end of all", () => streams.every(({ state }) => state.isOver))
    }),
  )

  it.live("is one too many for a session, or in all: it is refused, and there is room again when another ends", () =>
    Effect.gen(function* () {
      const box: { here?: ServerSession.Served; there?: ServerSession.Served } = {}
      const { accounts, ask, open, pbx } = yield* stage({
        streamsPerSession: 2,
        streams: 3,
        caller: (request) => (request.headers.has("x-there") ? box.there : box.here) ?? new Response(),
      })
      box.here = pbx
      box.there = yield* open(accounts.landstar())
      const asked = (more = {}) => ask(new Request("http://inside.test/session", { headers: { ...same, ...more } }))
      const there = { "x-there": "1" }
      const first = yield* asked()
      const all = yield* Effect.forEach([{}, {}, there, there], asked)
      expect(all.map(({ status }) => status)).toEqual([200, 429, 200, 503])
      const bodies = yield* Effect.promise(() => Promise.all([all[1]?.json(), all[3]?.json()]))
      expect(bodies.map(({ code }) => code)).toEqual(["Throttled", "Unavailable"])
      expect(all[1]?.headers.get("retry-after")).toBe("15")
      yield* Effect.promise(async () => first.body?.cancel())
      expect((yield* asked(there)).status).toBe(200)
      expect((yield* asked()).status).toBe(503)
    }),
  )

  it.live("of a session is one of 32 where nothing else is said", () =>
    Effect.gen(function* () {
      const { ask } = yield* stage()
      const all = yield* Effect.forEach(Array.from({ length: 40 }), () =>
        ask(new Request("http://inside.test/session", { headers: same })),
      )
      expect(all.filter(({ status }) => status === 200).length).toBe(32)
    }),
  )

  it.live("ends with the session, with the server, and with whoever reads it", () =>
    Effect.gen(function* () {
      const all = yield* harness()
      const streams = yield* Effect.scoped(
        Effect.gen(function* () {
          const pbx = yield* all.open(all.accounts.skyswitch())
          const served = yield* all.timed(
            ServerSession.make({ caller: () => Effect.succeed(pbx), origin: [page], path: "/session" }),
          )
          const aborting = new AbortController()
          const ask = (signal?: AbortSignal) =>
            Effect.promise(async () =>
              reading(
                await served.handle(
                  new Request("http://inside.test/session", { headers: { origin: page }, ...(signal && { signal }) }),
                ),
              ),
            )
          const aborted = yield* ask(aborting.signal)
          aborting.abort()
          yield* comes("the end of one", () => aborted.state.isOver)
          return [yield* ask(), served] as const
        }),
      )
      const [stream, served] = streams
      yield* comes("the end", () => stream.state.isOver)
      expect((yield* Effect.promise(() => served.handle(posted("event", { type: "SignIn" })))).status).toBe(503)
    }),
  )

  it.live("of a session that closes says so last", () =>
    Effect.gen(function* () {
      const all = yield* harness()
      const pbx = yield* Effect.promise(() =>
        openSkySwitch({ address: "http://127.0.0.1:1", client }, { fetch: all.emulator.fetch }),
      )
      const served = ServerSession.open({ caller: async () => pbx, origin: page, path: "/session" })
      const { events, state } = reading(
        yield* Effect.promise(() => served.handle(new Request("http://inside.test/session", { headers: same }))),
      )
      yield* Effect.promise(() => pbx.close())
      yield* comes("the end", () => state.isOver)
      expect(events.at(-1)?.snapshot.status).toBe("done")
      yield* Effect.promise(() => served.close())
    }),
  )

  it.live("of a session that closes with the visit ends, and does not call that the session's end", () =>
    Effect.gen(function* () {
      const all = yield* harness()
      const box: { pbx?: ServerSession.Served } = {}
      const pbx = yield* Effect.promise(() =>
        openSkySwitch({ address: "http://127.0.0.1:1", client }, { fetch: all.emulator.fetch }),
      )
      box.pbx = pbx
      const served = ServerSession.open({
        caller: () => box.pbx ?? new Response(null, { status: 401 }),
        origin: page,
        path: "/session",
      })
      const request = () => new Request("http://inside.test/session", { headers: same })
      const { events, state } = reading(yield* Effect.promise(() => served.handle(request())))
      delete box.pbx
      yield* Effect.promise(() => pbx.close())
      yield* comes("the end", () => state.isOver)
      expect(events.map(({ snapshot }) => snapshot.status)).toEqual(["active"])
      expect((yield* Effect.promise(() => served.handle(request()))).status, "the browser comes again").toBe(401)
      yield* Effect.promise(() => served.close())
    }),
  )

  it.live("of a session that is closed already says so, and ends", () =>
    Effect.gen(function* () {
      const all = yield* harness()
      const pbx = yield* Effect.promise(() =>
        openSkySwitch({ address: "http://127.0.0.1:1", client }, { fetch: all.emulator.fetch }),
      )
      yield* Effect.promise(() => pbx.close())
      const served = ServerSession.open({ caller: () => pbx, origin: page, path: "/session" })
      const { events, state } = reading(
        yield* Effect.promise(() => served.handle(new Request("http://inside.test/session", { headers: same }))),
      )
      yield* comes("the end", () => state.isOver)
      expect(events.map(({ snapshot }) => snapshot.status)).toEqual(["done"])
      yield* Effect.promise(() => served.close())
    }),
  )

  it.live("that nobody reads does not pile up: who reads at last is sent the latest", () =>
    Effect.gen(function* () {
      const { ask, pbx } = yield* stage({ credentials: people.reseller })
      const response = yield* ask(new Request("http://inside.test/session", { headers: same }))
      for (const _ of Array.from({ length: 20 })) {
        yield* pbx.signIn()
        yield* pbx.signOut
      }
      yield* pbx.signIn()
      const { events, paths } = reading(response)
      yield* comes(
        "the latest",
        () => paths().at(-1) === "authenticated" && events.at(-1)?.snapshot.context.generation === 21,
      )
      expect(events.length).toBeLessThan(12)
    }),
  )
})

describe("a request is refused", () => {
  const refused = (name: string, request: () => Request, status: number) =>
    it.live(name, () =>
      Effect.gen(function* () {
        const { ask, count, pbx } = yield* stage({ credentials: people.reseller })
        const response = yield* ask(request())
        const text = yield* Effect.promise(() => response.text())
        expect(response.status).toBe(status)
        expect(JSON.parse(text)).toMatchObject({ code: "Misconfigured", remedy: "configure" })
        expect(text).not.toMatch(secrets)
        expect(response.headers.get("cache-control")).toBe("no-store")
        yield* settle
        expect(yield* count(() => true), "nobody was asked for a token").toBe(0)
        expect((yield* pbx.view).path).toBe("unauthenticated.idle")
      }),
    )

  const signIn = { type: "SignIn" }
  const without = (request: Request, name: string) => {
    request.headers.delete(name)
    return request
  }
  const elsewhere = "https://elsewhere.example.test"

  refused("from a page elsewhere", () => posted("event", signIn, { origin: elsewhere }), 403)
  refused("from a page with no origin to speak of", () => posted("event", signIn, { origin: "null" }), 403)
  refused("from a subdomain", () => posted("event", signIn, { origin: "https://x.admin.example.test" }), 403)
  refused("by plain http", () => posted("event", signIn, { origin: page.replace("https", "http") }), 403)
  refused("that does not say where it is from", () => without(posted("event", signIn), "origin"), 403)
  refused(
    "that a browser calls cross-site",
    () => without(posted("event", signIn, { "sec-fetch-site": "cross-site" }), "origin"),
    403,
  )
  refused(
    "for a stream, from elsewhere",
    () => new Request("http://inside.test/session", { headers: { ...same, origin: elsewhere } }),
    403,
  )
  refused(
    "for a stream, from the same site but not the same origin",
    () => new Request("http://inside.test/session", { headers: { "sec-fetch-site": "same-site" } }),
    403,
  )
  refused("without the header that a form cannot send", () => without(posted("event", signIn), "x-pbx-auth"), 403)
  refused(
    "as a form",
    () => posted("event", "type=SignIn", { "content-type": "application/x-www-form-urlencoded" }),
    415,
  )
  refused("as text", () => posted("event", signIn, { "content-type": "text/plain" }), 415)
  refused("with a body that is no JSON", () => posted("credentials", `{"password": "5678`), 400)
  refused("with a body that is no object", () => posted("event", ["SignIn"]), 400)
  refused("with a body that is too large", () => posted("event", { type: "SignIn", pad: "x".repeat(5_000) }), 413)
  refused("with a secret in an event", () => posted("event", { type: "SignIn", password: "5678" }), 400)
  refused("with a passcode as an event", () => posted("event", { type: "SubmitPasscode", passcode: "246802" }), 400)
  refused("with an outcome as an event", () => posted("event", { type: "Issued", attempt: 1 }), 400)
  refused("to act for nobody", () => posted("event", { type: "ActAs" }), 400)
  refused("with half of the credentials", () => posted("credentials", { username: "x" }), 400)
  refused("with a password that is no text", () => posted("credentials", { username: "x", password: 5678 }), 400)
  refused("with empty credentials", () => posted("credentials", { username: "", password: "" }), 422)
  refused("with an empty passcode", () => posted("passcode", { passcode: "" }), 422)
  refused("at another route", () => posted("token", {}), 404)
  refused("at another path", () => new Request("http://inside.test/", { headers: same }), 404)
  refused("by another method", () => new Request("http://inside.test/session/event", { headers: same }), 405)
})

describe("a wrong origin is named in the answer and in the log", () => {
  const logged = (lines: Array<string>) =>
    Logger.layer([Logger.make(({ message }) => void lines.push([message].flat().join(" ")))])

  const named = (name: string, headers: Record<string, string>, where: string) =>
    it.live(name, () => {
      const lines: Array<string> = []
      return Effect.gen(function* () {
        const { ask } = yield* stage({ origin: [page, "http://127.0.0.1:4000"] })
        for (const request of [
          new Request("http://inside.test/session", { headers }),
          new Request("http://inside.test/session/snapshot", { headers }),
        ]) {
          const response = yield* ask(request)
          expect(response.status).toBe(403)
          expect((yield* Effect.promise(() => response.json())).detail).toBe(
            `This request ${where}, which is none of the server session's option origin.`,
          )
        }
        expect(lines, "once").toEqual([
          `pbx-auth: a request to /session was refused: it ${where}. The option origin has ${page}, http://127.0.0.1:4000.`,
        ])
      }).pipe(Effect.provide(logged(lines)))
    })

  named("one that is another", { origin: "https://elsewhere.test" }, "is from https://elsewhere.test")
  named("by another port", { origin: `${page}:8443` }, `is from ${page}:8443`)
  named("of a sandbox", { origin: "null" }, "is from a page without an origin")
  named("none", {}, "does not say where it is from")
  named("by the browser's word alone", { "sec-fetch-site": "cross-site" }, "is cross-site, as the browser says")
  named(
    "that is none: it may hold anything",
    { origin: "https://me:5678@x.test/mypassword" },
    "has an Origin that is none",
  )
  named("with a host beyond all bounds", { origin: `https://${"x".repeat(400)}.test` }, "has an Origin that is none")

  it.live("and not for ever: whoever sends many fills no log", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const { ask } = yield* stage()
      for (let i = 0; i < 100; i++) yield* ask(posted("event", { type: "SignIn" }, { origin: `https://x${i}.test` }))
      expect(lines.length).toBe(32)
    }).pipe(Effect.provide(logged(lines)))
  })
})

describe("a caller who may not do everything", () => {
  it.live("is offered what they may, and refused the rest", () =>
    Effect.gen(function* () {
      const box: { caller?: ServerSession.Caller } = {}
      const { ask, pbx, served, stream } = yield* stage({
        credentials: people.reseller,
        caller: () => box.caller ?? new Response(null, { status: 401 }),
      })
      yield* pbx.accessToken
      box.caller = { session: pbx, may: [] }
      const sent: ReadonlyArray<readonly [string, unknown]> = [
        ["event", { type: "SignIn" }],
        ["event", { type: "Cancel" }],
        ["event", { type: "ActAs", subject: subjectOf.netsapiens }],
        ["event", { type: "StopActing" }],
        ["event", { type: "SignOut" }],
        ["credentials", { username: "x", password: "y" }],
        ["passcode", { passcode: "1" }],
      ]
      for (const [route, body] of sent) {
        const response = yield* ask(posted(route, body))
        expect(response.status, JSON.stringify(body)).toBe(403)
        expect(yield* Effect.promise(() => response.json())).toEqual({
          code: "NotAllowed",
          remedy: "ask_administrator",
        })
      }
      yield* settle
      expect((yield* pbx.view).path).toBe("authenticated")
      const { events } = yield* stream()
      yield* comes("a snapshot", () => events.length === 1)
      const actions = () => events.map(({ snapshot }) => SessionView.of(snapshot).actions)
      expect(actions()).toEqual([[]])
      expect(SessionView.of(served.snapshot(box.caller)).actions).toEqual([])
      expect(SessionView.of(served.snapshot(pbx)).actions, "for whoever may").toEqual(["act_as", "sign_out"])

      box.caller = { session: pbx, may: ["sign_out", "stop_acting"] }
      expect((yield* ask(posted("event", { type: "SignIn" }))).status).toBe(403)
      expect((yield* ask(posted("event", { type: "SignOut" }))).status).toBe(202)
      yield* reaches(pbx, "unauthenticated.idle")
    }),
  )

  it.live("may more, or less, from the next heartbeat on", () =>
    Effect.gen(function* () {
      const box: { caller?: ServerSession.Caller } = {}
      const { clock, pbx, stream } = yield* stage({ caller: () => box.caller ?? new Response() })
      box.caller = { session: pbx, may: ["sign_in"] }
      const { events } = yield* stream()
      yield* comes("a snapshot", () => events.length === 1)
      box.caller = { session: pbx, may: [] }
      yield* settle
      yield* clock.adjust("15 seconds")
      yield* comes("another", () => events.length === 2)
      expect(events.map(({ snapshot }) => SessionView.of(snapshot).actions)).toEqual([["sign_in"], []])
      expect(events[0]?.id, "named apart, as they are not the same").not.toBe(events[1]?.id)
    }),
  )

  it.live("with a name that is no action may nothing by it, and gets nothing into a name", () =>
    Effect.gen(function* () {
      const box: { caller?: ServerSession.Caller } = {}
      const { ask, pbx } = yield* stage({ caller: () => box.caller ?? new Response() })
      box.caller = { session: pbx, may: ["sign_out", "x\n\ndata: y" as "sign_out"] }
      const response = yield* ask(new Request("http://inside.test/session/snapshot", { headers: same }))
      const snapshot: RemoteSnapshot = yield* Effect.promise(() => response.json())
      expect(snapshot.may).toEqual(["sign_out"])
      expect(snapshot.id).toMatch(/^[\w-]+\.1\.sign_out$/)
    }),
  )
})

it.live("one snapshot, for a page that no server renders, is the one that a stream goes on after", () =>
  Effect.gen(function* () {
    const { ask, pbx, served, stream } = yield* stage({ credentials: people.reseller })
    yield* pbx.accessToken
    const response = yield* ask(new Request("http://inside.test/session/snapshot", { headers: same }))
    const text = yield* Effect.promise(() => response.text())
    expect(response.headers.get("cache-control")).toBe("no-store")
    expect(text).not.toMatch(secrets)
    const snapshot: RemoteSnapshot = JSON.parse(text)
    expect(snapshot).toEqual({ ...served.snapshot(pbx), now: snapshot.now })
    expect(pathOf(snapshot)).toBe("authenticated")
    const { events } = yield* stream({}, `?after=${snapshot.id}`)
    yield* settle
    expect(events).toEqual([])
    for (const method of ["POST", "HEAD", "PUT"]) {
      expect((yield* ask(new Request("http://inside.test/session/snapshot", { method, headers: same }))).status).toBe(
        405,
      )
    }
  }),
)

it.live("what a caller gives that is no session is answered as failing", () =>
  Effect.gen(function* () {
    for (const given of [undefined, null, {}, { session: {} }, { session: null, may: [] }, { actor: {} }, 3]) {
      const { ask } = yield* stage({ caller: () => given as never })
      expect((yield* ask(posted("event", { type: "SignIn" }))).status, JSON.stringify(given)).toBe(503)
    }
  }),
)

it.live("the app's own answer to a stranger goes out as it is", () =>
  Effect.gen(function* () {
    const { ask } = yield* stage({ caller: () => new Response("who are you?", { status: 401 }) })
    for (const request of [
      posted("event", { type: "SignIn" }),
      new Request("http://inside.test/session", { headers: same }),
    ]) {
      const response = yield* ask(request)
      expect([response.status, yield* Effect.promise(() => response.text())]).toEqual([401, "who are you?"])
    }
  }),
)

it.live("what the app throws is not shown", () =>
  Effect.gen(function* () {
    const { ask } = yield* stage({ caller: () => Promise.reject(new Error("the database's password is 5678")) })
    const response = yield* ask(posted("event", { type: "SignIn" }))
    expect(response.status).toBe(503)
    expect(yield* Effect.promise(() => response.text())).not.toMatch(secrets)
  }),
)

it.live("a provider without a second factor has no route for a passcode; a child has neither route", () =>
  Effect.gen(function* () {
    const all = yield* harness()
    const ipex = yield* all.open(all.accounts.ipex())
    const reseller = yield* all.open(all.accounts.skyswitch({ credentials: people.reseller }))
    const child = yield* reseller.actAs(subjectOf.netsapiens)
    const asked = Effect.fnUntraced(function* (pbx: ServerSession.Served, request: Request) {
      const served = yield* ServerSession.make({ caller: () => pbx, origin: page, path: "/session" })
      return (yield* Effect.promise(() => served.handle(request))).status
    })
    expect(yield* asked(ipex, posted("passcode", { passcode: "1" }))).toBe(404)
    expect(yield* asked(child, posted("passcode", { passcode: "1" }))).toBe(404)
    expect(yield* asked(child, posted("credentials", { username: "x", password: "y" }))).toBe(404)
    expect(yield* asked(child, posted("event", { type: "SignOut" })), "taken, and of no effect").toBe(202)
    expect((yield* child.view).path).toBe("masqueraded.live")
  }),
)

describe("a body", () => {
  const endless = (drop?: string) => {
    let isLetGo = false
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        if (drop === undefined) await new Promise(() => {})
        await new Promise((resolve) => setTimeout(resolve, 1))
        controller.enqueue(new TextEncoder().encode(drop))
      },
      cancel: () => {
        isLetGo = true
      },
    })
    const { headers } = posted("event", {})
    const request = new Request("http://inside.test/session/event", {
      method: "POST",
      headers,
      body,
      duplex: "half",
    } as RequestInit)
    return { request, isLetGo: () => isLetGo }
  }

  it.live("that never ends is refused in seconds, and let go of", () =>
    Effect.gen(function* () {
      const { clock, served } = yield* stage()
      const { isLetGo, request } = endless()
      let status: number | undefined
      void served.handle(request).then((response) => {
        status = response.status
      })
      yield* settle
      yield* clock.adjust("4 seconds")
      yield* settle
      expect(status).toBe(undefined)
      yield* clock.adjust("1 second")
      yield* comes("a refusal", () => status === 408)
      yield* comes("its end", isLetGo)
    }),
  )

  it.live("that has no end in bytes is refused at once, and let go of", () =>
    Effect.gen(function* () {
      const { ask } = yield* stage()
      const { isLetGo, request } = endless(" ".repeat(1_000))
      expect((yield* ask(request)).status).toBe(413)
      yield* comes("its end", isLetGo)
    }),
  )

  it.live("in pieces of a character is read as one", () =>
    Effect.gen(function* () {
      const { ask, pbx } = yield* stage({ credentials: people.reseller })
      const { headers } = posted("event", {})
      const bytes = new TextEncoder().encode('{"type":"SignIn"}')
      const body = new ReadableStream({
        start: (controller) => {
          for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
          controller.close()
        },
      })
      const init = { method: "POST", headers, body, duplex: "half" } as RequestInit
      expect((yield* ask(new Request("http://inside.test/session/event", init))).status).toBe(202)
      yield* reaches(pbx, "authenticated")
    }),
  )
})

describe("the options", () => {
  const right = { caller: () => new Response(), origin: page, path: "/session" }
  const refusedOf = (given: unknown) =>
    Effect.scoped(
      Effect.gen(function* () {
        const error = yield* Effect.flip(ServerSession.make(given as ServerSession.Options))
        expect(error.reason._tag).toBe("Misconfigured")
        expect(() => ServerSession.open(given as ServerSession.Options)).toThrow(error.message)
        return (error.reason as Misconfigured).field
      }),
    )

  const wrong = (name: string, given: unknown, field: string) =>
    it.live(`${name}: ${field} is wrong`, () => Effect.map(refusedOf(given), (named) => void expect(named).toBe(field)))

  wrong("none", undefined, "caller")
  wrong("a text", "/session", "options")
  wrong("without a caller", { ...right, caller: undefined }, "caller")
  wrong("with a session for a caller", { ...right, caller: {} }, "caller")
  wrong("without an origin", { ...right, origin: undefined }, "origin")
  wrong("without any origin", { ...right, origin: [] }, "origin")
  for (const origin of [
    "app.local",
    "null",
    "*",
    "https://*.app.local",
    "https://app.local/admin",
    "https://me@app.local",
    3,
  ]) {
    wrong(`with the origin ${origin}`, { ...right, origin: [page, origin] }, "origin")
  }
  wrong("without a path", { ...right, path: undefined }, "path")
  for (const path of ["session", "", "//session", "/session?x", "https://app.local/session"]) {
    wrong(`with the path "${path}"`, { ...right, path }, "path")
  }
  for (const heartbeat of [0, -1, "soon", Number.NaN]) {
    wrong(`with the heartbeat ${heartbeat}`, { ...right, heartbeat }, "heartbeat")
  }
  for (const count of [0, -1, 1.5, "many", Number.POSITIVE_INFINITY]) {
    wrong(`with ${count} streams`, { ...right, streams: count }, "streams")
    wrong(`with ${count} streams of a session`, { ...right, streamsPerSession: count }, "streamsPerSession")
  }
  wrong("with a field too many", { ...right, origins: [page] }, "origins")

  const meant = (origin: string, path: string, sent: string) =>
    it.live(`${origin} and ${path} are taken as they are meant`, () =>
      Effect.gen(function* () {
        const { ask } = yield* stage({ origin, path })
        const response = yield* ask(
          new Request(`http://inside.test${path.replace(/(.)\/$/, "$1")}`, { headers: { origin: sent } }),
        )
        expect(response.status).toBe(200)
        yield* Effect.promise(async () => response.body?.cancel())
      }),
    )

  it.live("of a class are the class's: its method is asked", () =>
    Effect.gen(function* () {
      const box: { pbx?: ServerSession.Served } = {}
      class Serving {
        readonly origin = page
        readonly path = "/session"
        caller() {
          return box.pbx ?? new Response(null, { status: 401 })
        }
      }
      const { open, accounts, timed } = yield* harness()
      box.pbx = yield* open(accounts.skyswitch({}))
      const { handle } = yield* timed(ServerSession.make(new Serving()))
      const response = yield* Effect.promise(() =>
        handle(new Request("http://inside.test/session", { headers: { origin: page } })),
      )
      expect(response.status).toBe(200)
      yield* Effect.promise(async () => response.body?.cancel())
    }),
  )

  meant("https://Admin.Example.test/", "/session/", page)
  meant("HTTPS://admin.example.test:443", "/", page)
  meant("http://app.local:8080", "/my/session", "http://app.local:8080")
  meant("chrome-extension://abcdefgh/", "/session", "chrome-extension://abcdefgh")
})

describe("whoever guesses", () => {
  const guess = (password: string, username = people.withFactor.username) =>
    posted("credentials", { username, password })

  it.live("learns nothing of a password while a challenge is open or somebody is signed in", () =>
    Effect.gen(function* () {
      const { ask, clock, count, pbx } = yield* stage()
      yield* ask(guess("5678"))
      yield* reaches(pbx, "mfa_required.awaiting_passcode")
      const answers = new Set<string>()
      const look = (request: Request) =>
        Effect.flatMap(ask(request), (response) =>
          Effect.promise(async () => void answers.add(`${response.status} ${await response.text()}`)),
        )
      for (const password of ["5678", "5679", "x", ""]) yield* look(guess(password))
      yield* look(guess("5678", "somebody@else"))
      expect([...answers], "the right one like the wrong ones").toHaveLength(1)
      expect([...answers][0]).toMatch(/^422 /)
      yield* ask(posted("passcode", { passcode: "246802" }))
      yield* reaches(pbx, "authenticated")
      yield* clock.adjust("50 minutes")
      for (const password of ["5678", "5679"]) yield* look(guess(password))
      expect([...answers]).toHaveLength(1)
      expect(yield* count(({ grant }) => grant === "password")).toBe(1)
    }),
  )

  it.live("is held to a pace, with credentials and passcodes together, and everybody else is not", () =>
    Effect.gen(function* () {
      const { accounts, ask, clock, count, open, pbx, served } = yield* stage()
      const statusOf = (password: string) => Effect.map(ask(guess(password)), ({ status }) => status)
      const statuses: Array<number> = []
      for (let at = 0; at < 200; at++) {
        statuses.push(yield* statusOf(`guess-${at}`))
        yield* reaches(pbx, "unauthenticated.idle")
      }
      expect(statuses.filter((status) => status === 202)).toHaveLength(10)
      expect(statuses.filter((status) => status === 429)).toHaveLength(190)
      expect(yield* count(({ grant }) => grant === "password")).toBe(10)
      const late = yield* ask(guess("5678"))
      expect(Number(late.headers.get("retry-after"))).toBeGreaterThan(0)
      expect(yield* Effect.promise(() => late.json())).toEqual({ code: "Throttled", remedy: "wait" })
      expect((yield* ask(posted("passcode", { passcode: "000000" }))).status).toBe(429)
      yield* clock.adjust("6 seconds")
      expect(yield* statusOf("5678")).toBe(202)
      yield* reaches(pbx, "mfa_required.awaiting_passcode")
      expect(served.snapshot(pbx).status).toBe("active")
      const other = yield* open(accounts.skyswitch())
      const theirs = ServerSession.open({ caller: () => other, origin: page, path: "/session" })
      expect((yield* Effect.promise(() => theirs.handle(guess("5678")))).status).toBe(202)
      yield* Effect.promise(() => theirs.close())
    }),
  )
})
