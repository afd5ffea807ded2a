// An app whose sessions live on its server: the browser gets a view of them, and no token.

import type { RemoteSnapshot } from "@pbx-auth/machine/RemoteSession"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import * as ServerSession from "@pbx-auth/session/ServerSession"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"

const COOKIE = "visit"

const visitOf = (request: Request): string =>
  new RegExp(`(?:^|; )${COOKIE}=([^;]+)`).exec(request.headers.get("cookie") ?? "")?.[1] ?? ""

export const make = Effect.fnUntraced(function* (options: {
  /** Where this app is, as a browser names it. */
  readonly origin: string
  readonly pbx: SkySwitch.Options
  /** The page around a first view. */
  readonly render: (first: RemoteSnapshot) => Promise<string>
}) {
  const configured = yield* Effect.fromResult(SkySwitch.configure(options.pbx))
  const runtime = yield* SessionRuntime
  const scope = yield* Effect.scope
  // One for each visit. A real app has visitors who signed in to itself, and forgets those who left.
  const sessions = new Map<string, Session.Of<SkySwitch.Capabilities>>()

  // #region served
  const served = yield* ServerSession.make({
    origin: options.origin,
    path: "/session",
    caller: (request) => sessions.get(visitOf(request)) ?? new Response(null, { status: 401 }),
  })
  // #endregion

  const begin = Effect.gen(function* () {
    const visit = crypto.randomUUID()
    // A store of its own for each visit. Sessions of one account that have a store in common renew together, and one visitor's
    // sign-out would end the other's session.
    const store = yield* TokenStore.makeMemory
    const session = yield* Effect.provideService(Session.make(configured), SessionRuntime, { ...runtime, store })
    sessions.set(visit, session)
    return { session, cookie: `${COOKIE}=${visit}; HttpOnly; SameSite=Lax; Path=/` }
  }).pipe(Scope.provide(scope))

  const page = Effect.fnUntraced(function* (request: Request) {
    const known = sessions.get(visitOf(request))
    const { session, cookie } = known === undefined ? yield* begin : { session: known, cookie: undefined }
    const html = yield* Effect.promise(() => options.render(served.snapshot(session)))
    const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }
    return new Response(html, { headers: cookie === undefined ? headers : { ...headers, "set-cookie": cookie } })
  })

  return (request: Request): Promise<Response> =>
    new URL(request.url).pathname === "/" ? Effect.runPromise(page(request)) : served.handle(request)
})
