// Processes that use one client id share its quota: what one of them takes, the others cannot take any more.
//
//   npm run emulator -- --port 4000                in one terminal
//   npm run node docs/examples/shared-quota.ts     in another
//
// Set PBX_AUTH_QUOTA to rediss://user:password@host or to postgres://user:password@host/database. Without it, the processes are apps of
// this one, and it counts for them.
import { configure } from "@pbx-auth/providers/SkySwitch"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { Sessions } from "@pbx-auth/session/Sessions"
import { SharedQuota } from "@pbx-auth/session/SharedQuota"
import * as PostgresQuota from "@pbx-auth/store-postgres/PostgresQuota"
import * as RedisQuota from "@pbx-auth/store-redis/RedisQuota"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

const address = process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000"

const Quota = Layer.unwrap(
  Effect.gen(function* () {
    const url = yield* Config.option(Config.Redacted("PBX_AUTH_QUOTA"))
    if (Option.isNone(url)) return SharedQuota.layerMemory
    const isPostgres = Redacted.value(url.value).startsWith("postgres")
    return isPostgres ? PostgresQuota.layer({ url: url.value }) : RedisQuota.layer({ url: url.value })
  }),
)

/** One process. Eight requests a minute, so that you see the end of them. None waits for more than a second. */
const app = Effect.gen(function* () {
  const quota = Layer.succeed(SharedQuota, yield* SharedQuota)
  const limits = [{ policy: "client_minute", per: "client", quota: 8, window: 60_000 }] as const
  // #region limits
  const SessionsLive = Sessions.layer({ limits, patience: 1_000 }).pipe(
    Layer.provide(quota),
    Layer.provide(FetchHttpClient.layer),
  )
  // #endregion
  const calls = Effect.gen(function* () {
    const sessions = yield* Sessions
    const pbx = yield* sessions.session(
      configure({
        address,
        client: { id: "your-client-id", secret: "your-client-secret" },
        credentials: { username: "111@abc-company", password: "1234" },
      }),
    )
    const api = yield* BearerHttpClient.make(pbx)
    for (let call = 0; call < 3; call++) yield* api.get(`${address}/ns-api/`)
    return `3 calls, counted by: ${yield* sessions.countedBy}`
  })
  return yield* calls.pipe(Effect.provide(Layer.fresh(SessionsLive)), Effect.provide(FetchHttpClient.layer))
}).pipe(Effect.catchReason("AuthError", "Throttled", ({ policy }) => Effect.succeed(`not now: ${policy} is spent`)))

const said = await Effect.runPromise(Effect.replicateEffect(app, 3).pipe(Effect.provide(Quota)))
for (const [index, words] of said.entries()) console.log(`process ${index + 1}: ${words}`)
