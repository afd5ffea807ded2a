/** What an app provides is there where its sessions run: its services, its tracer, its circuit breaker. */
import { assert, it } from "@effect/vitest"
import * as EndpointBreaker from "@pbx-auth/providers/EndpointBreaker"
import * as HttpClientTransport from "@pbx-auth/providers/HttpClientTransport"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as NetSapiens from "@pbx-auth/session/NetSapiens"
import * as ServerSession from "@pbx-auth/session/ServerSession"
import * as SessionActor from "@pbx-auth/session/SessionActor"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { client, eventually, harness, noting, people, reaches } from "./Harness.ts"

class Visits extends Context.Service<Visits, { readonly isOpen: (cookie: string | null) => Effect.Effect<boolean> }>()(
  "test/Visits",
) {}

it.live("a server session's caller is an effect with the app's services", () =>
  Effect.gen(function* () {
    const { accounts, open } = yield* harness()
    const pbx = yield* open(accounts.skyswitch({ credentials: people.reseller }))
    const served = yield* ServerSession.make({
      path: "/session",
      origin: "https://admin.example.test",
      caller: (request) =>
        Effect.gen(function* () {
          const visits = yield* Visits
          const isOpen = yield* visits.isOpen(request.headers.get("cookie"))
          return isOpen ? pbx : new Response(null, { status: 401 })
        }),
    }).pipe(Effect.provideService(Visits, { isOpen: (cookie) => Effect.succeed(cookie === "visit=1") }))
    const asked = (cookie: string) =>
      Effect.promise(() =>
        served.handle(
          new Request("https://admin.example.test/session/snapshot", {
            headers: { cookie, origin: "https://admin.example.test" },
          }),
        ),
      )
    assert.strictEqual((yield* asked("visit=1")).status, 200)
    assert.strictEqual((yield* asked("visit=2")).status, 401)
  }),
)

const breaking = (made: Effect.Success<ReturnType<typeof harness>>) =>
  SessionRuntime.layer.pipe(
    Layer.provide(EndpointBreaker.layer),
    Layer.provide(TokenEndpoint.layer),
    Layer.provide(HttpClientTransport.layer),
    Layer.provide(CircuitBreaker.layer({ tripPolicy: CircuitBreaker.consecutive(1), openDuration: "1 minute" })),
    Layer.provide(CircuitBreaker.layerStoreMemory()),
    Layer.provide(made.http),
  )

class North extends NetSapiens.Service<North>()("test/North", { capabilities: [] }) {}

it.live("the services of providers are opened over a runtime with a circuit breaker, which they share", () =>
  Effect.gen(function* () {
    const made = yield* harness()
    yield* made.emulator.faults.arm({ fault: { _tag: "server_error" }, match: {}, times: "always" })
    const at = { address: made.origin, client }
    const context = yield* made.timed(
      Layer.build(
        Layer.mergeAll(
          SkySwitch.layerRuntime({ ...at, credentials: people.reseller }),
          North.layerRuntime({ ...at, credentials: people.officeManager }),
        ).pipe(Layer.provide(breaking(made))),
      ),
    )
    const first = yield* Effect.flip(Context.get(context, SkySwitch).accessToken)
    const second = yield* Effect.flip(Context.get(context, North).accessToken)
    assert.deepStrictEqual([first.reason._tag, second.reason._tag], ["Unavailable", "Throttled"])
    assert.lengthOf(yield* made.grants, 1)
  }),
)

it.live("a runtime that asks for a store keeps its tokens there", () =>
  Effect.gen(function* () {
    const made = yield* harness()
    const store = noting(yield* TokenStore.makeMemory)
    const runtime = SessionRuntime.layerStored.pipe(
      Layer.provide(TokenEndpoint.layer),
      Layer.provide(HttpClientTransport.layer),
      Layer.provide([made.http, Layer.succeed(TokenStore.TokenStore, store.store)]),
    )
    const options = { address: made.origin, client, credentials: people.reseller }
    const context = yield* made.timed(Layer.build(Layer.provide(SkySwitch.layerRuntime(options), runtime)))
    yield* Context.get(context, SkySwitch).accessToken
    assert.strictEqual(store.keys.size, 1)
  }),
)

it.live("a slow reader of `changes` gets the last steps, and not all of them", () =>
  Effect.gen(function* () {
    const { accounts, open } = yield* harness()
    const pbx = yield* open(accounts.skyswitch({ credentials: people.reseller }))
    const actor = SessionActor.of(pbx)
    let steps = 0
    actor.subscribe(() => {
      steps += 1
    })
    // Its first view is being read while the session takes sixty steps.
    const read = yield* pbx.changes.pipe(
      Stream.tap(({ path }) =>
        path === "unauthenticated.idle" && steps === 0
          ? Effect.forEach(Array.from({ length: 20 }), () => Effect.andThen(pbx.signIn(), pbx.signOut), {
              discard: true,
            }).pipe(Effect.andThen(pbx.signIn()), Effect.asVoid)
          : Effect.void,
      ),
      Stream.takeUntil(({ path }) => path === "authenticated" && steps >= 60),
      Stream.runCollect,
    )
    yield* reaches(pbx, "authenticated")
    assert.isAtLeast(steps, 60)
    assert.isAtMost(read.length, 20)
    assert.strictEqual(read.at(-1)?.path, "authenticated")
  }),
)

it.live("what a screen asks of the actor is done with the app's tracer, to the end", () =>
  Effect.gen(function* () {
    const spans: Array<string> = []
    const tracer = Tracer.make({
      span: (options) => {
        spans.push(options.name)
        return new Tracer.NativeSpan(options)
      },
    })
    const made = yield* harness()
    const layer = SkySwitch.layer({ address: made.origin, client, credentials: people.reseller })
    const context = yield* made.timed(
      Layer.build(Layer.provide(layer, Layer.merge(made.http, Layer.succeed(Tracer.Tracer, tracer)))),
    )
    const pbx = Context.get(context, SkySwitch)
    yield* pbx.signIn()
    spans.length = 0
    SessionActor.of(pbx).send({ type: "SignOut" })
    yield* reaches(pbx, "unauthenticated.idle")
    yield* eventually(
      "a revocation",
      Effect.sync(() => spans.includes("TokenEndpoint.revoke")),
    )
    yield* eventually(
      "a record that is removed",
      Effect.sync(() => spans.includes("TokenStore.replace")),
    )
  }),
)
