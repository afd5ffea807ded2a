/** The stream in which a server tells a page of its session. */
import { describe, expect, it } from "@effect/vitest"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import * as ServerSession from "@pbx-auth/session/ServerSession"
import * as Effect from "effect/Effect"
import { client, harness, people, reaches, settle, subjectOf } from "./Harness.ts"
import { comes, page, pathOf, posted, reading, same, secrets, stage } from "./ServedSession.ts"

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
      // Two steps happen while no stream is open.
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
