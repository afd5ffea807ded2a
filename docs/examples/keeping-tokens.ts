// Tokens that outlive the process: sealed by a key from the configuration, and found again by the next run.
//
//   npm run emulator -- --port 4000                 in one terminal
//   npm run node docs/examples/keeping-tokens.ts    in another
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import { Cells, makeMemory } from "@pbx-auth/store/Cells"
import { KeptRecords } from "@pbx-auth/store/KeptRecords"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as KeyRingConfig from "@pbx-auth/store/KeyRingConfig"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

// The place. These cells end with the process, so that the example leaves nothing behind: an app takes files, SQLite, PostgreSQL or
// Redis here. Below, each `run` is as a process of its own is.
const place = Layer.succeed(Cells, Effect.runSync(makeMemory))

// #region kept
const Kept = SealedTokenStore.layer.pipe(Layer.provide([place, KeyRingConfig.layer()]))
// #endregion

// #region session
const SkySwitchLive = SkySwitch.layer({
  address: process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000",
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
}).pipe(Layer.provide(Kept), Layer.provide(FetchHttpClient.layer))
// #endregion

/** One run of the app, with these keys in its environment. */
const run = <A, E, R, E2>(program: Effect.Effect<A, E, R>, live: Layer.Layer<R, E2>, keys: ReadonlyArray<string>) =>
  program.pipe(
    Effect.provide(Layer.fresh(live)),
    Effect.provideService(
      ConfigProvider.ConfigProvider,
      ConfigProvider.fromEnvRecord({ PBX_AUTH_KEYS: keys.join(",") }),
    ),
    Effect.runPromise,
  )

const token = SkySwitch.use((pbx) => Effect.map(pbx.accessToken, Redacted.value))
const [older, newer] = [
  Redacted.value(await Effect.runPromise(KeyRing.generate)),
  Redacted.value(await Effect.runPromise(KeyRing.generate)),
]

const first = await run(token, SkySwitchLive, [older])
const second = await run(token, SkySwitchLive, [older])
console.log(`the second run has the token of the first: ${first === second}`)

// A new key: first behind the old one in every process, then in front. What is read is sealed again.
console.log(`with a new key in front: ${first === (await run(token, SkySwitchLive, [newer, older]))}`)
console.log(`without the old key: ${first === (await run(token, SkySwitchLive, [newer]))}`)

// What is kept, without secrets.
// #region list
const list = Effect.gen(function* () {
  const { list } = yield* KeptRecords
  for (const one of yield* list) {
    if (one._tag === "Kept") yield* Console.log(`kept: ${one.identity.domain}, ${one.scope}, token ${one.generation}`)
    if (one._tag === "SignedOut") yield* Console.log("signed out")
    if (one._tag === "Unopened") yield* Console.log(`${one.failure.problem}: ${one.failure.message}`)
  }
})
// #endregion
await run(list, Kept, [newer])
await run(list, Kept, [older])
