/**
 * Runs the few lines for each kind of server that docs/embedding.md shows: a screen's own end of the session goes through each, over
 * HTTP. Next itself is not started; its route handlers are the functions that it calls, on node:http.
 */
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { env } from "node:process"
import { createAdaptorServer } from "@hono/node-server"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { loadRemote, type RemoteSession, type RemoteWindow } from "@pbx-auth/machine/RemoteSession"
import { SessionView } from "@pbx-auth/machine/SessionView"
import * as NodeListener from "@pbx-auth/session/NodeListener"
import type { ServerSession } from "@pbx-auth/session/ServerSession"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { EventSource } from "eventsource"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Express from "../examples/servers/express.ts"
import * as Hono from "../examples/servers/hono.ts"
import * as Node from "../examples/servers/node.ts"
import * as Visits from "../examples/servers/visits.ts"

const origin = "https://admin.example.test"
const person = { username: "111@abc-company", password: "1234" }
const client = { id: "your-client-id", secret: "your-client-secret" }

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const closed = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

const scope = Scope.makeUnsafe()
let vendor: Server
let address: string
beforeAll(async () => {
  const emulator = await Effect.runPromise(Scope.provide(Emulator.make({}), scope))
  vendor = createServer(NodeListener.of(emulator.handle))
  address = await listening(vendor)
})
afterAll(async () => {
  await closed(vendor)
  await Effect.runPromise(Scope.close(scope, Exit.void))
})

/** What a browser's page has, with its origin and its cookie; it takes compressed answers, as a browser does. */
const windowOf = (cookie: string): RemoteWindow => {
  const asBrowser: typeof fetch = (url, init) => {
    const headers = new Headers(init?.headers)
    headers.set("origin", origin)
    headers.set("cookie", cookie)
    headers.set("accept-encoding", "gzip, deflate, br")
    return fetch(url, { ...init, headers })
  }
  class Source extends EventSource {
    constructor(url: string) {
      super(url, { fetch: (input, init) => asBrowser(input, init as RequestInit) })
    }
  }
  return {
    EventSource: Source,
    fetch: asBrowser,
    setTimeout,
    clearTimeout: (timer) => clearTimeout(timer as never),
    Date,
  }
}

const reaches = (session: RemoteSession, is: (view: SessionView) => boolean) =>
  new Promise<SessionView>((resolve) => {
    const look = () => {
      const view = SessionView.of(session.actor.getSnapshot())
      if (is(view)) resolve(view)
    }
    session.actor.subscribe(look)
    look()
  })

const next = async (served: ServerSession): Promise<Server> => {
  const { GET, POST } = await import("../examples/servers/next/route.ts")
  expect(served, "its module's own").toBeDefined()
  return createServer(NodeListener.of((request) => (request.method === "GET" ? GET(request) : POST(request))))
}

const servers: Readonly<Record<string, (served: ServerSession) => Server | Promise<Server>>> = {
  "node:http": Node.make,
  "Express, with a body parser, behind compression()": Express.make,
  Hono: (served) => createAdaptorServer({ fetch: Hono.make(served).fetch }) as Server,
  "Next's route handlers": next,
}

describe.each(Object.entries(servers))("%s", (name, make) => {
  let visits: Pick<ReturnType<typeof Visits.open>, "begin" | "served"> & { readonly close?: () => Promise<void> }
  let server: Server
  let url: string
  beforeAll(async () => {
    if (name.startsWith("Next")) {
      Object.assign(env, { APP_ORIGIN: origin, PBX_AUTH_ADDRESS: address })
      Object.assign(env, { PBX_AUTH_CLIENT_ID: client.id, PBX_AUTH_CLIENT_SECRET: client.secret })
      visits = await import("../examples/servers/next/visits.ts")
    } else visits = Visits.open({ origin, address, client, heartbeat: 200 })
    server = await make(visits.served)
    url = `${await listening(server)}/session`
  })
  afterAll(async () => {
    await closed(server)
    await visits.close?.()
  })

  it("serves a screen: the first snapshot, a stream that is not held back, credentials and events", async () => {
    const session = await loadRemote({ url, window: windowOf(await visits.begin()) })
    expect(SessionView.of(session.actor.getSnapshot()).path).toBe("unauthenticated.idle")
    const signedIn = reaches(session, ({ path }) => path === "authenticated")
    await session.signIn(person)
    expect(await signedIn).toMatchObject({ refusal: null, connection: null })
    session.actor.send({ type: "SignOut" })
    const signedOut = await reaches(session, ({ path }) => path === "unauthenticated.idle")
    expect(signedOut).toMatchObject({ refusal: null, connection: null })
    session.close()
  })

  it("says no-transform of a stream, and lets nobody in from elsewhere", async () => {
    const cookie = await visits.begin()
    const gone = new AbortController()
    const stream = await fetch(url, { headers: { origin, cookie }, signal: gone.signal })
    expect([stream.status, stream.headers.get("cache-control")]).toEqual([200, "no-store, no-transform"])
    expect(stream.headers.get("content-encoding")).toBe(null)
    gone.abort()
    const elsewhere = await fetch(url, { headers: { origin: "https://elsewhere.test", cookie } })
    expect(elsewhere.status).toBe(403)
    expect((await elsewhere.json()).detail).toContain("https://elsewhere.test")
    expect((await fetch(`${url}/snapshot`, { headers: { origin } })).status, "without a visit").toBe(401)
  })

  it("offers nothing to somebody who may only look", async () => {
    const session = await loadRemote({ url, window: windowOf(await visits.begin({ mayOnlyLook: true })) })
    expect(SessionView.of(session.actor.getSnapshot()).actions).toEqual([])
    await session.signIn(person)
    expect(SessionView.of(session.actor.getSnapshot()).refusal?.code).toBe("NotAllowed")
    session.close()
  })
})

it("a visit that ended is told as that, whatever the server", async () => {
  const visits = Visits.open({ origin, address, client, heartbeat: 100 })
  const server = Node.make(visits.served)
  const url = `${await listening(server)}/session`
  const cookie = await visits.begin()
  const session = await loadRemote({ url, window: windowOf(cookie) })
  session.actor.subscribe(() => {})
  await session.signIn(person)
  await reaches(session, ({ path }) => path === "authenticated")
  await visits.end(new Headers({ cookie }))
  const view = await reaches(session, ({ connection }) => connection !== null)
  expect([view.connection?.code, view.actions]).toEqual(["visit_ended", []])
  session.close()
  await closed(server)
  await visits.close()
})
