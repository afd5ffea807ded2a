// Several machines share the tokens of one account: one of them signs in and renews, and all have the token.
//
//   npm run emulator -- --port 4000                 in one terminal
//   npm run node docs/examples/many-machines.ts     in another
//
// Set PBX_AUTH_STORE to postgres://user:password@host/database or to rediss://user:password@host, and PBX_AUTH_KEYS to a key. Without
// them, the machines are apps of this process, and the tokens end with it.
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import { Cells, makeMemory } from "@pbx-auth/store/Cells"
import { KeptRecords } from "@pbx-auth/store/KeptRecords"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as KeyRingConfig from "@pbx-auth/store/KeyRingConfig"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import * as PostgresCells from "@pbx-auth/store-postgres/PostgresCells"
import * as RedisCells from "@pbx-auth/store-redis/RedisCells"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

const memory = Effect.runSync(makeMemory)

/** The place that all machines share. */
const Place = Layer.unwrap(
  Effect.gen(function* () {
    const url = yield* Config.option(Config.Redacted("PBX_AUTH_STORE"))
    if (Option.isNone(url)) return Layer.succeed(Cells, memory)
    // #region place
    const isPostgres = Redacted.value(url.value).startsWith("postgres")
    return isPostgres ? PostgresCells.layer({ url: url.value }) : RedisCells.layer({ url: url.value })
    // #endregion
  }),
)

// Every machine has the same keys.
const anyKey = await Effect.runPromise(KeyRing.generate)
const keys = Config.Redacted("PBX_AUTH_KEYS").pipe(Config.withDefault(anyKey))

const Kept = SealedTokenStore.layer.pipe(Layer.provide([Place, KeyRingConfig.layer(keys)]))

const SkySwitchLive = SkySwitch.layer({
  address: process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000",
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
}).pipe(Layer.provide(FetchHttpClient.layer))

/** What one machine does: it opens its own connections, and asks for a token. */
const machine = Effect.gen(function* () {
  const { accessToken, inspect } = yield* SkySwitch
  const token = yield* accessToken
  const { uid } = yield* inspect
  return { token: Redacted.value(token), uid }
}).pipe(Effect.provide(Layer.fresh(SkySwitchLive.pipe(Layer.provide(Kept)))))

const machines = await Effect.runPromise(Effect.all([machine, machine, machine], { concurrency: "unbounded" }))
console.log(`${machines.length} machines, ${new Set(machines.map(({ token }) => token)).size} token`)
console.log(`all of them are ${[...new Set(machines.map(({ uid }) => uid))].join(", ")}`)

// What the store has of them, without secrets.
const records = await Effect.runPromise(
  Effect.provide(
    Effect.flatMap(KeptRecords, ({ list }) => list),
    Kept,
  ),
)
console.log(`${records.length} record is kept for them`)
