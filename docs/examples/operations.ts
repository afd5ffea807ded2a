// What an operations team sees of an app's sessions: events in the log, health, and metrics.
//
//   npm run emulator -- --port 4000             in one terminal
//   npm run node docs/examples/operations.ts    in another
import { Ipex } from "@pbx-auth/session/Ipex"
import { Operations } from "@pbx-auth/session/Operations"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as Stream from "effect/Stream"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

// A line per event. It reads in a detached fiber, which nothing interrupts. So it ends with the stream, after the last line.
const Log = Layer.effectDiscard(
  Effect.gen(function* () {
    // #region events
    const { events } = yield* Operations
    const lines = Stream.runForEach(events, ({ at, ...event }) => Console.log(JSON.stringify(event)))
    yield* Effect.forkDetach(lines, { startImmediately: true })
    // #endregion
  }),
)

// #region name
// `name` is what your people call a session. Without it an event has only a random id.
const Watched = Layer.provideMerge(Log, Operations.layer({ name: ({ account }) => `our ${account.provider.name}` }))
// #endregion

const Providers = Layer.mergeAll(
  SkySwitch.layer({
    address,
    client: { id: "your-client-id", secret: "your-client-secret" },
    credentials: { username: "111@abc-company", password: "1234" },
  }),
  Ipex.layer({ address, credentials: { username: "api-user@example.test", password: "a-guess" } }),
)

const program = Effect.gen(function* () {
  const { health } = yield* Operations
  const skyswitch = yield* SkySwitch
  const { generation } = yield* skyswitch.bearer
  yield* skyswitch.reject(generation) // an API answered 401
  yield* skyswitch.bearer

  const ipex = yield* Ipex
  yield* Effect.exit(ipex.bearer) // the password is wrong
  yield* Effect.sleep("50 millis")

  // For a readiness endpoint: 200, or 503 when it is `failing`.
  const { providers, status } = yield* health
  yield* Console.log(`${status}: ${providers.map((one) => `${one.provider} ${one.status} ${one.reasons}`).join("; ")}`)

  // For a scrape. `OtlpMetrics` sends the same metrics to a collector.
  const metrics = yield* PrometheusMetrics.format()
  for (const line of metrics.split("\n")) {
    if (/^pbx_auth_(renewals|sign_ins|refusals|rejections|token)/.test(line)) yield* Console.log(line)
  }
})

// #region live
const Live = Providers.pipe(Layer.provideMerge(Watched), Layer.provide(FetchHttpClient.layer))
// #endregion

await Effect.runPromise(Effect.provide(program, Live))
