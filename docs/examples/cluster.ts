// One machine renews for all that share the account: a session whose token ends, or is rejected, asks the owner of its record.
//
//   npm run emulator -- --port 4000                 in one terminal
//   npm run node docs/examples/cluster.ts           in another
//
// Set PBX_AUTH_STORE to postgres://user:password@host/database, PBX_AUTH_KEYS to a key, and PBX_AUTH_HOST and PBX_AUTH_PORT to where
// the other machines reach this one. Without them, the cluster is this process alone.
import * as PgClient from "@effect/sql-pg/PgClient"
import * as RenewalCluster from "@pbx-auth/cluster/RenewalCluster"
import * as SqlCluster from "@pbx-auth/cluster/SqlCluster"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import { Cells, makeMemory } from "@pbx-auth/store/Cells"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as KeyRingConfig from "@pbx-auth/store/KeyRingConfig"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import * as PostgresCells from "@pbx-auth/store-postgres/PostgresCells"
import * as Config from "effect/Config"
import * as TestRunner from "effect/cluster/TestRunner"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

const database = Config.option(Config.Redacted("PBX_AUTH_STORE"))
const here = Config.all({
  host: Config.String("PBX_AUTH_HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.Int("PBX_AUTH_PORT").pipe(Config.withDefault(34431)),
})

const memory = Effect.runSync(makeMemory)
const anyKey = await Effect.runPromise(KeyRing.generate)

const Kept = SealedTokenStore.layer.pipe(
  Layer.provide(
    Layer.unwrap(
      Effect.map(database, (url) =>
        Option.isNone(url) ? Layer.succeed(Cells, memory) : PostgresCells.layer({ url: url.value }),
      ),
    ),
  ),
  Layer.provide(KeyRingConfig.layer(Config.Redacted("PBX_AUTH_KEYS").pipe(Config.withDefault(anyKey)))),
)

// #region runner
const Runner = Layer.unwrap(
  Effect.gen(function* () {
    const url = yield* database
    if (Option.isNone(url)) return TestRunner.layer
    const { host, port } = yield* here
    return SqlCluster.layer({ host, port }).pipe(Layer.provide(PgClient.layer({ url: url.value })))
  }),
)
// #endregion

// #region owner
const Owner = RenewalCluster.layer({ cluster: Runner })
// #endregion

// #region session
const SkySwitchLive = SkySwitch.layer({
  address: process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000",
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
}).pipe(Layer.provide(Owner), Layer.provide(Kept), Layer.provide(FetchHttpClient.layer))
// #endregion

const program = Effect.gen(function* () {
  const { accessToken, bearer, reject } = yield* SkySwitch
  const { generation, token } = yield* bearer
  console.log(`token ${generation}`)
  // An API says 401. The owner gets another token.
  yield* reject(generation)
  console.log(`another one: ${Redacted.value(yield* accessToken) !== Redacted.value(token)}`)
})

await Effect.runPromise(Effect.provide(program, SkySwitchLive))
