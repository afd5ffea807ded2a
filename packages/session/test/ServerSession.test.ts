/** A session on a server: which callers are let in, what a browser gets, what is accepted, and what never leaves. */
import { describe, expect, it } from "@effect/vitest"
import type { RemoteSnapshot } from "@pbx-auth/machine/RemoteSession"
import { SessionView } from "@pbx-auth/machine/SessionView"
import * as ServerSession from "@pbx-auth/session/ServerSession"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { configured, signing } from "./BrowserSigning.ts"
import { harness, people, reaches, settle, subjectOf } from "./Harness.ts"
import { comes, page, pathOf, posted, same, secrets, stage } from "./ServedSession.ts"

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
            `This request ${where}, which is not among the origins of the option origin.`,
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

it.live("a sign-in that begins nothing is refused, and says to a developer what to do", () =>
  Effect.gen(function* () {
    const { open } = yield* signing()
    const browser = yield* open(configured("maria"))
    const { accounts, open: opened } = yield* harness()
    const person = yield* opened(accounts.skyswitch())
    for (const [pbx, hint] of [
      [browser, "deviceSignIn"],
      [person, "username"],
    ] as const) {
      const served = yield* ServerSession.make({ caller: () => pbx, origin: page, path: "/session" })
      const answer = yield* Effect.promise(() => served.handle(posted("event", { type: "SignIn" })))
      expect(answer.status).toBe(422)
      const refusal = (yield* Effect.promise(() => answer.json())) as { readonly detail?: string }
      expect(refusal).toMatchObject({ code: "Misconfigured", remedy: "configure" })
      expect(refusal.detail).toContain(hint)
    }
  }),
)
