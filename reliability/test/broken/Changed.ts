/** A lab in which one part of the library is another. */
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Session from "@pbx-auth/session/Session"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Lab from "../../src/Lab.ts"

type Endpoint = TokenEndpoint["Service"]
type Runtime = SessionRuntime["Service"]

/** The library as it is. */
export const sound = Lab.make("short")

/** Another way to present a grant. */
export const presenting = (
  present: (endpoint: Endpoint, ...asked: Parameters<Endpoint["present"]>) => ReturnType<Endpoint["present"]>,
) =>
  ({
    ...sound,
    endpoint: Lab.changed(TokenEndpoint, sound.endpoint, (endpoint) => ({
      ...endpoint,
      present: (account, grant) => present(endpoint, account, grant),
    })),
  }) satisfies Lab.Lab

/** Another part of what all sessions of a process share. */
export const running = (change: (runtime: Runtime, clock: Clock.Clock) => Partial<Runtime>) =>
  ({
    ...sound,
    runtime: Layer.effect(
      SessionRuntime,
      Effect.gen(function* () {
        const runtime = yield* SessionRuntime
        return { ...runtime, ...change(runtime, yield* Clock.Clock) }
      }),
    ).pipe(Layer.provide(SessionRuntime.layer)),
  }) satisfies Lab.Lab

/** Another way to fetch. */
export const fetching = (change: (fetch: Lab.Fetch) => Lab.Fetch): Lab.Lab => ({
  ...sound,
  http: (fetch) => sound.http(change(fetch)),
})

/** Other options of an account, whatever the app wrote. */
export const configuring = (change: (configured: Parameters<typeof Session.make>[0]) => object): Lab.Lab => ({
  ...sound,
  open: ((configured: Parameters<typeof Session.make>[0]) =>
    Session.make({ ...configured, account: { ...configured.account, ...change(configured) } })) as typeof Session.make,
})
