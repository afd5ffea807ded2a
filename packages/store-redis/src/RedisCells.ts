/**
 * Cells in Redis, for any number of processes and machines. It also works with Valkey and other servers that speak Redis' protocol.
 *
 * ```ts
 * const cells = RedisCells.layer({ url: Redacted.make("rediss://user:password@redis.example.test") })
 * ```
 *
 * - What is acknowledged survives a crash of the server only with its append-only file (`appendonly yes`, `appendfsync always`), and
 *   stays only if nothing evicts it. The server is asked at the first connection, and each lack is logged as a warning. A replica that
 *   takes over has lost what it had not got yet: Redis does not wait for replicas.
 * - Each access is one command. It fails at once while the server is away, starts also then, and comes back by itself.
 * - It needs one primary server. A Redis Cluster does not work.
 */

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import { StoreConflict } from "@pbx-auth/session/TokenStore"
import { Cells } from "@pbx-auth/store/Cells"
import * as Hints from "@pbx-auth/store/Hints"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { Address } from "./RedisConnection.ts"
import * as RedisConnection from "./RedisConnection.ts"
import * as RedisDurability from "./RedisDurability.ts"
import * as RedisLine from "./RedisLine.ts"
import { type RedisFault, storeFailure, unreadable } from "./RedisProblem.ts"
import * as RedisScript from "./RedisScript.ts"

/**
 * Where the server is, and what its keys are called.
 *
 * @category models
 */
export interface Options extends Address {
  /** What the store's keys and channels begin with. By default `pbx-auth:`. */
  readonly prefix?: string | undefined
  /** How long to wait for an answer, to a connection too. Then an access fails, and may be repeated. By default 5 seconds. */
  readonly timeout?: Duration.Input | undefined
  /** Whether to listen for changes and to notice dead holders, over one more connection. By default true. */
  readonly hints?: boolean | undefined
}

/**
 * (key, expected or "", next version or "" to remove, bytes, channel or "", name) → 1 if it was done.
 *
 * Versions are random and made by the writer: a number would come back when a replica takes over that missed the last of them.
 */
const REPLACE = `
local seen = redis.call('HGET', KEYS[1], 'version')
if (seen or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
else redis.call('HSET', KEYS[1], 'version', ARGV[2], 'bytes', ARGV[3]) end
if ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[4], ARGV[5]) end
return 1`

/** In a pattern of SCAN. */
const literally = (prefix: string): string => prefix.replace(/[\\*?[\]^-]/g, "\\$&")

/**
 * Cells in Redis or Valkey, for as long as the scope is open. Fails as `StoreFailed`.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Cells["Service"], StoreFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { hints = true, prefix = "pbx-auth:" } = options
    const timeout = Duration.fromInputUnsafe(options.timeout ?? "5 seconds")
    const scope = yield* Scope.Scope
    const connection = yield* RedisConnection.make("store", options, timeout)
    const { send } = connection
    const names = {
      changed: `${prefix}changed`,
      alive: (own: string) => `${prefix}alive:${own}`,
      holder: (holder: string) => `${prefix}holder:${holder}`,
    }
    const told =
      hints &&
      (yield* Hints.make({
        connect: (wake) => RedisLine.connect(options, timeout, connection, names, wake),
        seemsGone: (holder) => RedisLine.seemsGone(connection, names, holder),
      }))
    const keyOf = (name: string) => `${prefix}cell:${name}`
    const replace = RedisScript.make(connection, REPLACE)

    let checked = false
    const access = <A>(effect: Effect.Effect<A, RedisFault>): Effect.Effect<A, StoreFailed> =>
      Effect.mapError(effect, storeFailure).pipe(
        Effect.tap(() => {
          if (checked) return Effect.void
          checked = true
          const again = Effect.sync(() => {
            checked = false
          })
          return Effect.forkIn(
            Effect.catch(RedisDurability.check(connection), () => again),
            scope,
          )
        }),
      )

    const list = (prefixed: string) =>
      Effect.gen(function* () {
        const found = new Set<string>()
        let cursor = "0"
        do {
          const reply = yield* send("SCAN", cursor, "MATCH", `${literally(keyOf(prefixed))}*`, "COUNT", "1000")
          const [next, keys] = reply as readonly [RedisConnection.Reply, ReadonlyArray<RedisConnection.Reply>]
          cursor = RedisConnection.text(next)
          // A key may come twice.
          for (const key of keys) found.add(RedisConnection.text(key).slice(keyOf("").length))
        } while (cursor !== "0")
        return [...found]
      })

    return {
      read: (name) =>
        Effect.flatMap(access(send("HMGET", keyOf(name), "version", "bytes")), (reply) => {
          const [version, bytes] = reply as ReadonlyArray<RedisConnection.Reply>
          if (version === null && bytes === null) return Effect.succeed(undefined)
          if (!(version instanceof Uint8Array && bytes instanceof Uint8Array)) return Effect.fail(unreadable)
          return Effect.succeed({ version: RedisConnection.text(version), bytes: new Uint8Array(bytes) })
        }),
      replace: (name, expected, next) =>
        Effect.suspend(() => {
          const version = crypto.randomUUID()
          const channel = hints ? names.changed : ""
          const values = [expected ?? "", next === undefined ? "" : version, next ?? "", channel, name]
          return Effect.flatMap(access(replace([keyOf(name)], values)), (done) =>
            done === 1 ? Effect.succeed(version) : Effect.fail(new StoreConflict()),
          )
        }),
      list: (prefixed) => access(list(prefixed)),
      ...told,
    }
  })

/**
 * `make` as a layer.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Cells, StoreFailed> => Layer.effect(Cells, make(options))
