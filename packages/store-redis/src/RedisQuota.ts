/**
 * A quota in Redis: processes on any number of machines that use one client id keep to the provider's limits together.
 *
 * ```ts
 * const quota = RedisQuota.layer({ url: Redacted.make("rediss://user:password@redis.example.test") })
 * const sessions = Sessions.layer().pipe(Layer.provide(quota))
 * ```
 *
 * - A turn is one script, by the server's clock. All keys of a client id have one hash tag.
 * - The keys name nobody: client ids and subscribers are in them as hashes. Nothing in there is a secret.
 * - It needs no append-only file. If the server loses its data, the counting begins anew, and what the provider says still counts.
 * - It starts also when the server is away. Then each process keeps to its own share, and goes back to the shared quota by itself.
 */

import { createHash } from "node:crypto"
import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import { type Answer, type Ring, SharedQuota, type Spent } from "@pbx-auth/session/SharedQuota"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { argumentsOf, script } from "./QuotaScript.ts"
import type { Address } from "./RedisConnection.ts"
import * as RedisConnection from "./RedisConnection.ts"
import { storeFailure } from "./RedisProblem.ts"
import * as RedisScript from "./RedisScript.ts"

/**
 * Where the server is, and what its keys are called.
 *
 * @category models
 */
export interface Options extends Address {
  /** What the keys begin with. By default `pbx-auth:`. */
  readonly prefix?: string | undefined
  /** How long to wait for an answer, to a connection too. By default 5 seconds. */
  readonly timeout?: Duration.Input | undefined
}

const hash = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, 22)

const answerOf = (reply: RedisConnection.Reply): Answer => {
  const [taken, members, ...rest] = reply as ReadonlyArray<RedisConnection.Reply>
  const spent: Array<Spent> = []
  for (let at = 0; at + 3 < rest.length; at += 4) {
    spent.push({
      ring: RedisConnection.text(rest[at]) as Ring,
      partition: Number(rest[at + 1]),
      limit: Number(rest[at + 2]),
      wait: Number(rest[at + 3]),
    })
  }
  const ring = RedisConnection.text(taken)
  return { taken: ring === "" ? undefined : (ring as Ring), members: Number(members), spent }
}

/**
 * A quota in Redis or Valkey, for as long as the scope is open. Fails as `StoreFailed`.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<SharedQuota["Service"], StoreFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { prefix = "pbx-auth:" } = options
    const scope = yield* Scope.Scope
    const timeout = Duration.fromInputUnsafe(options.timeout ?? "5 seconds")
    const count = RedisScript.make(yield* RedisConnection.make("quota", options, timeout), script)
    return {
      take: (request) => {
        const client = `${prefix}quota:{${hash(request.client)}}`
        const { keys, values } = argumentsOf(request, (...parts) => `${client}:${hash(JSON.stringify(parts))}`)
        // A command is not given up before its timeout, but its caller may be.
        return Effect.flatMap(Effect.forkIn(count(keys, values), scope), Fiber.join).pipe(
          Effect.mapBoth({ onFailure: storeFailure, onSuccess: answerOf }),
        )
      },
    }
  })

/**
 * `make` as a layer.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<SharedQuota, StoreFailed> =>
  Layer.effect(SharedQuota, make(options))
