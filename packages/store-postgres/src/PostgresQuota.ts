/**
 * A quota in PostgreSQL: processes on any number of machines that use one client id keep to the provider's limits together.
 *
 * ```ts
 * const quota = PostgresQuota.layer({ url: Redacted.make("postgres://app@db.example.test/app?sslmode=require") })
 * const sessions = Sessions.layer().pipe(Layer.provide(quota))
 * ```
 *
 * - A turn is one statement, by the server's clock. It holds a lock of its client id until it is done, whatever becomes of the process.
 * - The tables name nobody: client ids and subscribers are in them as hashes. Nothing in there is a secret.
 * - A crash of the server may lose the places of its last second.
 * - The tables and the function are made at the first use, if they are missing. `createQuota` is the SQL for people who make them by hand.
 * - It starts also when the server is away. Then each process keeps to its own share, and goes back to the shared quota by itself.
 */

import type { Config } from "@effect/sql-pg/PgPool"
import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import { type Answer, type Request, type Ring, SharedQuota } from "@pbx-auth/session/SharedQuota"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { SqlError } from "effect/sql/SqlError"
import * as PostgresPool from "./PostgresPool.ts"
import * as PostgresProblem from "./PostgresProblem.ts"
import { quotaStatementsFor } from "./QuotaTable.ts"

/**
 * How to reach the server, as `PostgresCells` is told.
 *
 * @category models
 */
export interface Options extends Config {
  /** What the tables' names begin with, with their schema if they have one of their own: small letters, digits and `_`, at most 50. By
   * default `pbx_auth_quota`. */
  readonly table?: string | undefined
  /** How long to wait for an answer, to a connection too. By default 5 seconds. */
  readonly timeout?: Duration.Input | undefined
  /** How many connections to hold at most. By default 2. */
  readonly maxConnections?: number | undefined
}

const TABLE = "pbx_auth_quota"

/** Made by another process at the same moment: IF NOT EXISTS and OR REPLACE do not wait for it. */
const MADE_MEANWHILE = ["23505", "42P07", "42710", "42723", "XX000"]

/** Somebody has removed a table or the function. */
const NOT_THERE = ["42P01", "42883"]

/** Two turns at once, where the database's default isolation is above `read committed`. */
const AT_ONCE = ["40001", "23505"]

/** How often to try a turn that met another one. */
const TRIES = 20

/** How often a process removes what does not matter any more, in ms. */
const SWEEP = 600_000

/**
 * The SQL that makes the tables and the function, for people who do that by hand. The user of the quota then needs SELECT, INSERT,
 * UPDATE and DELETE on both tables and EXECUTE on the function, and no right to create anything.
 *
 * @category constructors
 */
export const createQuota = (table: string = TABLE): string => `${quotaStatementsFor(table).create.join(";\n")};\n`

const hash = (text: string): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
    (bytes) => Array.from(new Uint8Array(bytes, 0, 16), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  )

/** A request in the words of the function. */
const valuesOf = Effect.fnUntraced(function* ({ client, member, partitions, rings }: Request) {
  const parts = yield* Effect.forEach(partitions, ({ limits, name, waiting }) =>
    Effect.map(hash(name), (hashed) => ({
      name: hashed,
      waiting,
      limits: limits.map(({ places, policy, window }) => ({ policy, window: Math.ceil(window), ...places })),
    })),
  )
  return [member, yield* hash(client), JSON.stringify(rings), JSON.stringify(parts)]
})

const answerOf = (said: unknown): Answer => {
  const { members, spent, taken } = JSON.parse(String(said)) as {
    readonly taken: Ring | null
    readonly members: number
    readonly spent: ReadonlyArray<readonly [Ring, number, number, number]>
  }
  return {
    taken: taken ?? undefined,
    members,
    spent: spent.map(([ring, partition, limit, wait]) => ({ ring, partition, limit, wait })),
  }
}

/**
 * A quota in a table, for as long as the scope is open. The table is made at the first use. Fails as `StoreFailed`.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<SharedQuota["Service"], StoreFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { table = TABLE, timeout = "5 seconds", ...rest } = options
    const config = { applicationName: "pbx-auth", connectTimeout: timeout, maxConnections: 2, ...rest }
    const scope = yield* Scope.Scope
    const { create, query } = yield* PostgresPool.make("quota", table, config)
    const statements = quotaStatementsFor(table)
    let made = false
    let sweepAt = 0

    const makeTables = Effect.gen(function* () {
      if (made) return
      yield* create(statements, MADE_MEANWHILE)
      made = true
    })

    const sweep = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now < sweepAt) return Effect.void
      sweepAt = now + SWEEP
      return Effect.forkIn(Effect.ignore(query(statements.sweep)), scope)
    })

    const turn = (values: ReadonlyArray<string>, tries = TRIES): Effect.Effect<Answer, SqlError> =>
      Effect.andThen(makeTables, query(statements.take, values)).pipe(
        Effect.map(([row]) => answerOf(row?.[0])),
        Effect.catch((error) => {
          const code = PostgresProblem.codeOf(error)
          if (NOT_THERE.includes(code)) made = false
          return tries > 1 && (NOT_THERE.includes(code) || AT_ONCE.includes(code))
            ? turn(values, tries - 1)
            : Effect.fail(error)
        }),
      )

    return {
      // The driver waits some seconds for a statement that it gives up. So the statement runs beside its caller.
      take: (request) =>
        Effect.flatMap(valuesOf(request), (values) => turn(values)).pipe(
          Effect.tap(sweep),
          Effect.forkIn(scope),
          Effect.flatMap(Fiber.join),
          Effect.mapError(PostgresProblem.storeFailure),
          Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(PostgresProblem.tooSlow) }),
        ),
    }
  })

/**
 * `make` as a layer.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<SharedQuota, StoreFailed> =>
  Layer.effect(SharedQuota, make(options))
