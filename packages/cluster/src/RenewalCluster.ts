/**
 * One owner for the renewals of sessions that many machines share, by Effect Cluster.
 *
 * ```ts
 * const Owner = RenewalCluster.layer({ cluster: SqlCluster.layer({ host: "10.0.0.7", port: 34431 }).pipe(Layer.provide(Sql)) })
 *
 * const Live = SkySwitch.layer(options).pipe(Layer.provide(Owner), Layer.provideMerge(Kept), Layer.provide(FetchHttpClient.layer))
 * ```
 *
 * - A session that is due asks the owner of its record for a renewal, and takes the token from the store. So 20 machines with the same
 *   session send one request to the provider and write the record once; without an owner they do so, too, and race for it first.
 * - Nothing depends on the cluster. A session that gets no answer claims its record as before, and compare-and-set decides. Two
 *   machines that both believe to be the owner, as happens for a moment after a machine was stopped, harm nobody.
 * - Tokens are served from memory. The cluster is not asked for one.
 * - It starts by itself, beside the sessions, and again as long as it cannot. Sessions do not wait for it.
 */

import * as RenewalOwner from "@pbx-auth/session/RenewalOwner"
import { TokenStore } from "@pbx-auth/session/TokenStore"
import type { Sharding } from "effect/cluster/Sharding"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as RenewalEntity from "./RenewalEntity.ts"

/**
 * Which cluster, and how long a session waits for it.
 *
 * @category models
 */
export interface Options<E, R> {
  /** The runner of this process, such as `SqlCluster.layer`. */
  readonly cluster: Layer.Layer<Sharding, E, R>
  /**
   * How long a session waits for the owner's answer. Then it reads the store and claims its record by itself: if the owner is still
   * presenting, its intent is in the record, and the session goes on waiting for that. By default 5 seconds: longer than a takeover takes.
   */
  readonly patience?: Duration.Input | undefined
}

/** Between two tries to start the cluster. */
const RESTART = /* @__PURE__ */ Duration.seconds(2)

/**
 * What became of the questions to owners, by the attribute `outcome`:
 *
 * - `renewed`: the owner has a later token.
 * - `not_renewed`: the owner could not renew, or has no session with this record.
 * - `no_answer`: the cluster is away, or it took longer than `patience`.
 *
 * @category metrics
 */
export const asked = /* @__PURE__ */ Metric.counter("pbx_auth.cluster.asked", {
  description: "Questions to the owners of renewals",
  incremental: true,
})

const count = (outcome: "renewed" | "not_renewed" | "no_answer") =>
  Metric.update(Metric.withAttributes(asked, { outcome }), 1)

/**
 * The owner, for the sessions that are made over this layer. It needs the `TokenStore` that they share.
 *
 * @category layers
 */
export const layer = <E, R>({
  cluster,
  patience = Duration.seconds(5),
}: Options<E, R>): Layer.Layer<never, never, R | TokenStore> =>
  Layer.effect(
    RenewalOwner.CurrentRenewalOwner,
    Effect.gen(function* () {
      const store = yield* TokenStore
      let isTold = false
      let client: Effect.Success<typeof RenewalEntity.RenewalEntity.client> | undefined

      const ask = (need: RenewalOwner.Need): Effect.Effect<void> =>
        Effect.gen(function* () {
          const { held, isEarly, key } = need
          if (client === undefined) return yield* Effect.fail("away")
          return yield* client(key).Ensure({ held, isEarly, proof: yield* RenewalEntity.proofOf(store, need) })
        }).pipe(
          Effect.timeout(patience),
          Effect.flatMap((generation) => count((generation ?? 0) > need.held ? "renewed" : "not_renewed")),
          // Whatever it is, the session claims by itself. A defect of the cluster must not end a renewal.
          Effect.catchCause(() => count("no_answer")),
        )

      const renewals = RenewalOwner.make(ask)
      const runner = Layer.provideMerge(RenewalEntity.layer(store, renewals.renew), cluster)
      const scope = yield* Effect.scope
      const start = Effect.gen(function* () {
        const own = yield* Scope.fork(scope)
        const context = yield* Effect.onError(Layer.buildWithScope(Layer.fresh(runner), own), (cause) =>
          Scope.close(own, Exit.failCause(cause)),
        )
        client = yield* Effect.provideContext(RenewalEntity.RenewalEntity.client, context)
      })
      const away = "pbx-auth: the cluster could not start yet; until it does, each process renews by itself"
      // Its error is not shown: it may hold the address or the user of a database.
      const started = Effect.sandbox(start).pipe(
        Effect.tapError(() => (isTold ? Effect.void : Effect.logWarning(away))),
        Effect.tapError(() => Effect.sync(() => (isTold = true))),
        Effect.retry(Schedule.spaced(RESTART)),
      )
      yield* Effect.forkScoped(Effect.ignore(started))
      return renewals.owner
    }),
  )
