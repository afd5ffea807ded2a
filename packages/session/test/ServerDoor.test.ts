/** The doors of a session on a server: what comes in, as the options say. */
import { describe, expect, it } from "@effect/vitest"
import type { Misconfigured } from "@pbx-auth/providers/AuthError"
import * as ServerSession from "@pbx-auth/session/ServerSession"
import * as Effect from "effect/Effect"
import { harness, people, reaches, settle } from "./Harness.ts"
import { comes, page, posted, stage } from "./ServedSession.ts"

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
