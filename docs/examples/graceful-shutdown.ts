// A process gets a signal in the middle of a renewal. It finishes and stores the renewal first.
//
//   npm run emulator -- --port 4000                    in one terminal
//   npm run node docs/examples/graceful-shutdown.ts    in another
//
// It sends SIGTERM to itself, as an orchestrator does. With --wait it waits for your signal.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

// This stands in for your store. It keeps everything in memory and prints what it gets.
const Store = Layer.effect(
  TokenStore.TokenStore,
  Effect.map(TokenStore.makeMemory, (memory) =>
    TokenStore.TokenStore.of({
      ...memory,
      replace: (key, expected, next) =>
        Effect.tap(memory.replace(key, expected, next), () =>
          next === undefined || next.intent !== undefined
            ? Effect.void
            : Console.log(`stored: token ${next.generation}, by ${next.via}`),
        ),
    }),
  ),
)

const SkySwitchLive = SkySwitch.layer({
  address,
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
})

const program = Effect.gen(function* () {
  const pbx = yield* SkySwitch
  const { generation } = yield* pbx.bearer

  // From now on the emulator answers slowly.
  const slowly = { fault: { _tag: "delay", millis: 1_500 }, match: { grant: "refresh_token" } }
  yield* HttpClient.execute(
    HttpClientRequest.bodyJsonUnsafe(HttpClientRequest.post(`${address}/__emulator/faults`), slowly),
  )

  yield* pbx.reject(generation) // an API answered 401, so the token is renewed
  yield* Console.log("renewing")
  if (!process.argv.includes("--wait")) process.kill(process.pid, "SIGTERM")

  yield* Effect.never // your app's work
})

process.once("SIGTERM", () => console.log("SIGTERM"))
process.once("exit", () => console.log("the process ends"))

// #region signal
// A signal interrupts the program. Then the layers close, and a session that closes waits for its renewal.
NodeRuntime.runMain(
  Effect.provide(program, SkySwitchLive.pipe(Layer.provide(Store), Layer.provideMerge(FetchHttpClient.layer))),
  {
    teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1),
  },
)
// #endregion
