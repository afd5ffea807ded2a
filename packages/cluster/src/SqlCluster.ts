/**
 * A runner of the cluster in this process: it finds the others by tables of a SQL database, and speaks with them over TCP.
 *
 * ```ts
 * const Sql = PgClient.layer({ url: Redacted.make("postgres://app@db.example.test/app?sslmode=require") })
 * const Runner = SqlCluster.layer({ host: "10.0.0.7", port: 34431 }).pipe(Layer.provide(Sql))
 * ```
 *
 * - The tables (`cluster_runners`, `cluster_locks`, `cluster_runner_migrations`) hold addresses and which runner has which shard. No message
 *   is stored.
 * - The port has no TLS and no authentication. Messages hold no secret, and a message of somebody without your store is not obeyed.
 *   Somebody who reaches the port can still disturb the cluster. Let it be reached from your own machines only.
 * - Times are tuned for a takeover in some 3 seconds; Effect's own take 28.
 */

import * as NodeClusterSocket from "@effect/platform-node-shared/NodeClusterSocket"
import * as MessageStorage from "effect/cluster/MessageStorage"
import { RunnerAddress } from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import type { Sharding } from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SocketRunner from "effect/cluster/SocketRunner"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as Schedule from "effect/Schedule"
import type { SocketServerError } from "effect/socket/SocketServer"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

/**
 * The cluster's times. Give all machines the same ones.
 *
 * @category models
 */
export interface Times {
  /** How often runners look whether the others live. By default 1 second; a dead one is given up after some failed looks. */
  readonly healthCheck: Duration.Input
  /** How often runners read who is there, and share the shards out again. By default 500 ms. */
  readonly assignments: Duration.Input
  /**
   * How long a runner that is stopped, or has lost the database, keeps its shards. By default 6 seconds. Meanwhile their sessions
   * renew by themselves.
   */
  readonly lockExpiry: Duration.Input
  /** How often a runner extends its hold of its shards. By default 2 seconds: at most a third of `lockExpiry`. */
  readonly lockRefresh: Duration.Input
  /** How often a runner looks for what it should do. By default 1 second. */
  readonly poll: Duration.Input
}

/**
 * Where this runner is reached, and how it finds the others.
 *
 * @category models
 */
export interface Options {
  /** Where the other machines reach this one: its address in your network. */
  readonly host: string
  /** A TCP port. Each process of a machine needs one of its own. */
  readonly port: number
  /** Where to listen, if it is not the address above, as behind a proxy or in a container. */
  readonly listen?:
    | {
        /** The local address: `0.0.0.0` for all. */
        readonly host: string
        /** The local TCP port. */
        readonly port: number
      }
    | undefined
  /** What the names of the tables begin with, by default `cluster`. Two clusters in one database need two. */
  readonly tablePrefix?: string | undefined
  /**
   * How many sessions this runner may be renewing at once, by default 10 000. Each costs some 15 kB while it is renewed and 10 seconds
   * longer. Sessions beyond it renew by themselves.
   */
  readonly maxResidentEntities?: number | "unbounded" | undefined
  /** How soon a dead machine is noticed. What you leave out is as in `defaultTimes`. */
  readonly times?: Partial<Times> | undefined
}

/**
 * The default times.
 *
 * @category defaults
 */
export const defaultTimes: Times = {
  healthCheck: /* @__PURE__ */ Duration.seconds(1),
  assignments: /* @__PURE__ */ Duration.millis(500),
  lockExpiry: /* @__PURE__ */ Duration.seconds(6),
  lockRefresh: /* @__PURE__ */ Duration.seconds(2),
  poll: /* @__PURE__ */ Duration.seconds(1),
}

/**
 * As `RunnerHealth.layerPing`, with 2 retries in place of 5, because the takeover waits for them. A runner that lives takes the
 * connection even if it is busy, and then has the same 10 seconds to answer. A dead one's machine refuses the connection at once.
 */
const health = /* @__PURE__ */ Layer.effect(
  RunnerHealth.RunnerHealth,
  /* @__PURE__ */ Effect.map(Runners.Runners, ({ ping }) =>
    RunnerHealth.RunnerHealth.of({
      isAlive: (address) =>
        ping(address).pipe(
          Effect.timeout("10 seconds"),
          Effect.retry({ times: 2, schedule: Schedule.spaced("300 millis") }),
          Effect.isSuccess,
        ),
    }),
  ),
)

/**
 * Fails as `SqlError` if the database is away, and as `SocketServerError` if the port is taken. `RenewalCluster.layer` then tries
 * again.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Sharding, SqlError | SocketServerError, SqlClient> => {
  const { host, listen, maxResidentEntities = 10_000, port, tablePrefix } = options
  const times = { ...defaultTimes, ...options.times }
  const config = ShardingConfig.layer({
    runnerAddress: Option.some(RunnerAddress.make({ host, port })),
    runnerListenAddress: Option.map(Option.fromUndefinedOr(listen), (at) => RunnerAddress.make(at)),
    maxResidentEntities,
    runnerHealthCheckInterval: times.healthCheck,
    refreshAssignmentsInterval: times.assignments,
    shardLockExpiration: times.lockExpiry,
    shardLockRefreshInterval: times.lockRefresh,
    entityMessagePollInterval: times.poll,
  })
  const alive = health.pipe(Layer.provide(Runners.layerRpc), Layer.provide(NodeClusterSocket.layerClientProtocol))
  return SocketRunner.layer.pipe(
    Layer.provide([NodeClusterSocket.layerSocketServer, NodeClusterSocket.layerClientProtocol]),
    Layer.provide(alive),
    Layer.provide(MessageStorage.layerNoop),
    Layer.provide(SqlRunnerStorage.layerWith({ prefix: tablePrefix })),
    Layer.provide(config),
    Layer.provide(RpcSerialization.layerSchemaBinary()),
  )
}
