/**
 * The vendors, played by one web handler: a `Request` goes in, a `Response` comes out.
 *
 * An independent witness for clients of the vendors' token endpoints: it shares no code with the client that it tests, so
 * a misreading of a page cannot hide in both. It needs no socket and nothing of Node: give `fetch` to an HTTP client in
 * the same process, or in a browser's tab. `Server.ts` puts it on a port.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import * as Control from "./Control.ts"
import { type Answer, type Call, html, json, type Provider, type Reply, type Route, read } from "./Exchange.ts"
import * as IpexRoutes from "./IpexRoutes.ts"
import type { JournalEntry } from "./Journal.ts"
import * as Journal from "./Journal.ts"
import * as NetSapiensRoutes from "./NetSapiensRoutes.ts"
import * as SangomaCxRoutes from "./SangomaCxRoutes.ts"
import { defaultWorld, type World } from "./World.ts"

/** All vendors over one world, one journal and one clock. */
export interface Emulator {
  /** Answers one request. Rejects when the request's signal aborts (with its reason) or the emulator's scope closes. */
  readonly handle: (request: Request) => Promise<Response>
  /** `handle` in the shape of `fetch`, for a client in this process. Which host a URL names does not matter. */
  readonly fetch: typeof globalThis.fetch
  /** What the providers were asked so far, the oldest first (the last 100 000). It holds no secret. */
  readonly journal: Effect.Effect<ReadonlyArray<JournalEntry>>
  readonly clearJournal: Effect.Effect<void>
  /** The world as it is now, secrets included. */
  readonly world: Effect.Effect<World>
  /** Changes the world from the next request on. Tokens of an account that is left out die. */
  readonly updateWorld: (f: (world: World) => World) => Effect.Effect<void>
  /** Kills every living access token before its time, as an operator may; gives how many. */
  readonly killAccessTokens: Effect.Effect<number>
  /** Kills every living refresh token before its time; gives how many. */
  readonly killRefreshTokens: Effect.Effect<number>
  /** How many requests to the providers are being answered right now, held ones included. */
  readonly inFlight: Effect.Effect<number>
  /**
   * Holds back every answer that is not yet on its way until it is released. A held request has been carried out and
   * stands in the journal: only the answer waits. Holds add up.
   */
  readonly hold: Effect.Effect<{ readonly release: Effect.Effect<void> }>
}

/** Makes an emulator. All its time is that of the `Clock` in the context. Its requests end with its scope. */
export const make: (options?: { readonly world?: World }) => Effect.Effect<Emulator, never, Scope.Scope> =
  Effect.fnUntraced(function* (options) {
    const clock = yield* Clock.Clock
    const journal = Journal.make()
    const holds = new Set<Latch.Latch>()
    let world = options?.world ?? defaultWorld
    let inFlight = 0

    const providers: ReadonlyArray<Provider> = [
      NetSapiensRoutes.make(() => world.netsapiens),
      IpexRoutes.make(() => world.ipex),
      SangomaCxRoutes.make(() => world.sangomaCx),
    ]

    const control = Control.make({ clock, providers, journal, world: () => world })

    /** Routes a call to its provider and lets it answer; what is asked of no provider goes unjournalled. */
    const answer = (call: Call, pathname: string): Reply => {
      const found = find(providers, pathname)
      if (!found) return html(404, "Not Found")
      const { provider, route, path, rest } = found
      const fits = route.methods.includes(call.method)
      const { reply, finding } = fits ? route.answer({ ...call, rest }) : wrongMethod(route)
      const method = methods.has(call.method) ? call.method : "OTHER"
      journal.add({ at: call.now, provider: provider.name, method, path, ...finding, status: reply.status })
      return reply
    }

    /**
     * Every exchange with a provider passes here, after it was carried out and before it is answered: the one place where
     * answers can be held back, altered or dropped.
     */
    const deliver = Effect.fnUntraced(function* (reply: Reply) {
      for (const latch of holds) yield* latch.await
      return reply
    })

    const exchange = Effect.fnUntraced(function* (request: Request) {
      const call = yield* read(request, clock.currentTimeMillisUnsafe())
      return yield* deliver(answer(call, new URL(request.url).pathname))
    })

    const counted = <A>(effect: Effect.Effect<A>) =>
      Effect.acquireUseRelease(
        Effect.sync(() => inFlight++),
        () => effect,
        () => Effect.sync(() => inFlight--),
      )

    const run = yield* FiberSet.makeRuntimePromise()

    const handle: Emulator["handle"] = (request) => {
      const controlled = control(request)
      return run(Effect.map(controlled ?? counted(exchange(request)), toResponse), { signal: request.signal }).catch(
        (error) => {
          throw request.signal.aborted ? request.signal.reason : error
        },
      )
    }

    const kill = (of: (provider: Provider) => number) =>
      Effect.sync(() => providers.reduce((killed, provider) => killed + of(provider), 0))

    return {
      handle,
      fetch: async (input, init) => handle(new Request(input, init)),
      journal: Effect.sync(journal.entries),
      clearJournal: Effect.sync(journal.clear),
      world: Effect.sync(() => world),
      updateWorld: (f) =>
        Effect.sync(() => {
          world = f(world)
        }),
      killAccessTokens: kill((provider) => provider.killAccess(clock.currentTimeMillisUnsafe())),
      killRefreshTokens: kill((provider) => provider.killRefresh(clock.currentTimeMillisUnsafe())),
      inFlight: Effect.sync(() => inFlight),
      hold: Effect.sync(() => {
        const latch = Latch.makeUnsafe()
        holds.add(latch)
        return {
          release: Effect.sync(() => {
            holds.delete(latch)
            latch.openUnsafe()
          }),
        }
      }),
    }
  })

// A method is any word that the client likes, so only these get into the journal.
const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

interface Found {
  readonly provider: Provider
  readonly route: Route
  /** What the journal calls the path. */
  readonly path: string
  readonly rest: string
}

const find = (providers: ReadonlyArray<Provider>, pathname: string): Found | undefined => {
  for (const provider of providers) {
    for (const route of provider.routes) {
      for (const path of route.paths) {
        if (pathname === path || pathname === `${path}/`) return { provider, route, path: pathname, rest: "" }
        if (path.endsWith("/*") && pathname.startsWith(path.slice(0, -1))) {
          return { provider, route, path, rest: pathname.slice(path.length - 1) }
        }
      }
    }
  }
  return undefined
}

const wrongMethod = (route: Route): Answer => ({
  reply: json(405, { error: "method_not_allowed" }, { allow: route.methods.join(", ") }),
  finding: { outcome: "refused: wrong method" },
})

const toResponse = ({ status, headers, body }: Reply): Response => new Response(body, { status, headers })
