/** A machine: sessions over a sealed store in PostgreSQL, and a runner of the cluster. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as RenewalCluster from "@pbx-auth/cluster/RenewalCluster"
import * as SqlCluster from "@pbx-auth/cluster/SqlCluster"
import * as HttpClientTransport from "@pbx-auth/providers/HttpClientTransport"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { Sessions } from "@pbx-auth/session/Sessions"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import * as PostgresCells from "@pbx-auth/store-postgres/PostgresCells"
import * as Context from "effect/Context"
import type { Sharding } from "effect/cluster/Sharding"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

/** The same key for every machine; it is made up. */
const KEY = Redacted.make(Buffer.from(Uint8Array.from({ length: 32 }, (_, at) => at * 7)).toString("base64url"))

/** Begins each secret of these tests, and each token of the emulated vendor comes from a session with one. */
export const CANARY = "made-up-canary"

export interface Options {
  readonly url: string
  /** The cluster's own database, if it is another one. */
  readonly clusterUrl?: string | undefined
  readonly tables: string
  readonly port: number
  /** Where it really listens, if something stands between. */
  readonly listen?: number | undefined
  readonly patience?: RenewalCluster.Options<never, never>["patience"]
}

export const accountOf = (origin: string, extension: number) =>
  SkySwitch.configure({
    address: origin,
    client: { id: "your-client-id", secret: "your-client-secret" },
    credentials: { username: `${extension}@abc-company`, password: Redacted.make(`${CANARY}-${extension}`) },
  })

/** The vendor's world with so many subscribers. `lifetime` of a token, s. */
export const worldOf = (extensions: ReadonlyArray<number>, lifetime: number) => ({
  netsapiens: {
    lifetime,
    rotation: "strict",
    accounts: extensions.map((extension) => ({
      extension: String(extension),
      domain: "abc-company.12345.service",
      password: `${CANARY}-${extension}`,
      scope: "Office Manager",
    })),
  },
})

/** Its sessions, for as long as the scope is open. */
export const start = ({ clusterUrl, listen, patience, port, tables, url }: Options) => {
  const started = Deferred.makeUnsafe<Context.Context<Sharding>>()
  const kept = SealedTokenStore.layer.pipe(
    Layer.provide([PostgresCells.layer({ url: Redacted.make(url), table: `${tables}_cells` }), KeyRing.layer(KEY)]),
  )
  const cluster = SqlCluster.layer({
    host: "127.0.0.1",
    port,
    tablePrefix: tables,
    ...(listen !== undefined && { listen: { host: "127.0.0.1", port: listen } }),
  }).pipe(
    Layer.provide(PgClient.layer({ url: Redacted.make(clusterUrl ?? url) })),
    Layer.tap((context) => Deferred.succeed(started, context)),
  )
  const owner = RenewalCluster.layer({ cluster, patience })
  const endpoint = TokenEndpoint.layer.pipe(
    Layer.provide(HttpClientTransport.layer),
    Layer.provide(FetchHttpClient.layer),
  )
  const live = Sessions.layerRuntime({ respectRateLimits: false }).pipe(
    Layer.provide(SessionRuntime.layerStored),
    Layer.provide([endpoint, owner]),
    Layer.provide(kept),
  )
  return Effect.map(Layer.build(Layer.fresh(live)), (context) => ({
    sessions: Context.get(context, Sessions),
    /** The cluster's own services, once it has started. */
    sharding: Deferred.await(started),
  }))
}
