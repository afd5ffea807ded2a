/**
 * Cells in a table of PostgreSQL, for any number of processes and machines.
 *
 * ```ts
 * const cells = PostgresCells.layer({ url: Redacted.make("postgres://app@db.example.test/app?sslmode=require") })
 * ```
 *
 * - What is acknowledged survives a crash of the server, also where `synchronous_commit` is off. It does not where `fsync` is off:
 *   then a warning is logged. A standby that is behind loses what it has not got; that is a matter of your
 *   `synchronous_standby_names`.
 * - The table is made at the first use, if it is missing. `createTable` is the SQL for people who make it by hand.
 * - It starts also when the server is away, and comes back by itself.
 */

import type { Config } from "@effect/sql-pg/PgPool"
import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import { StoreConflict } from "@pbx-auth/session/TokenStore"
import { Cells } from "@pbx-auth/store/Cells"
import * as Hints from "@pbx-auth/store/Hints"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { SqlError } from "effect/sql/SqlError"
import * as PostgresLine from "./PostgresLine.ts"
import * as PostgresPool from "./PostgresPool.ts"
import * as PostgresProblem from "./PostgresProblem.ts"
import { statementsFor } from "./PostgresTable.ts"

/**
 * How to reach the server: `url` or `host`, `port`, `username`, `password`, `database`, and `ssl` for a certificate authority of your
 * own. Over a network use TLS with `sslmode=require` in the URL or `ssl`: the certificate is then verified.
 *
 * @category models
 */
export interface Options extends Config {
  /** Of the table, with its schema if it has one of its own: small letters, digits and `_`, at most 50. By default `pbx_auth_cells`. */
  readonly table?: string | undefined
  /** How long to wait for an answer, to a connection too. Then an access fails, and may be repeated. By default 5 seconds. */
  readonly timeout?: Duration.Input | undefined
  /** How many connections to hold at most, besides the one that listens. By default 4. */
  readonly maxConnections?: number | undefined
  /**
   * Whether to listen for changes and to notice dead holders, over one more connection. Say `false` behind a pooler that shares a
   * connection between transactions (PgBouncer's `transaction` mode), together with `prepare: false`. By default true.
   */
  readonly hints?: boolean | undefined
}

/** The longest span that `setTimeout` takes, in ms. It fires at once after a longer one. */
const LONGEST = 2 ** 31 - 1

type Rows = ReadonlyArray<ReadonlyArray<unknown>>

const TABLE = "pbx_auth_cells"

/** Made by another process at the same moment: IF NOT EXISTS does not wait for it. */
const MADE_MEANWHILE = ["23505", "42P07", "42710"]
const NO_TABLE = "42P01"

/**
 * The SQL that makes the tables, for people who do that by hand. The user of the store then needs SELECT, INSERT, UPDATE and DELETE
 * on both, and no right to create anything.
 *
 * @category constructors
 */
export const createTable = (table: string = TABLE): string => `${statementsFor(table, true).create.join(";\n")};\n`

/**
 * Cells in a table, for as long as the scope is open. The table is made at the first use. Fails as `StoreFailed`.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Cells["Service"], StoreFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { hints = true, table = TABLE, timeout = Duration.seconds(5), ...rest } = options
    const config = { applicationName: "pbx-auth", connectTimeout: timeout, maxConnections: 4, ...rest }
    const { create, query } = yield* PostgresPool.make("store", table, config)
    const statements = statementsFor(table, hints)
    const running = yield* FiberSet.make<Rows, SqlError>()
    const longest = Math.min(Duration.toMillis(Duration.fromInputUnsafe(timeout)), LONGEST)
    const making = yield* Semaphore.make(1)
    let made = false

    const makeTables = Effect.gen(function* () {
      if (made) return
      const [fsync] = yield* create(statements, MADE_MEANWHILE)
      if (fsync === "off") {
        yield* Effect.logWarning(
          "PostgreSQL runs with fsync = off: a crash of its machine can lose every stored token.",
        )
      }
      made = true
    })

    const tables = Effect.suspend(() => (made ? Effect.void : making.withPermit(makeTables)))

    const access = (sql: string, values: ReadonlyArray<unknown>) => {
      const once = Effect.andThen(tables, query(sql, values))
      return Effect.catchIf(
        once,
        (error) => PostgresProblem.codeOf(error) === NO_TABLE,
        () => {
          made = false
          return once
        },
      )
    }

    // The driver waits some seconds for a statement that it gives up. So the statement runs beside its caller, who waits for the
    // timeout alone. A caller that is interrupted waits, too: a write that is under way is not left behind. One fiber and a timer of
    // Node do this. Effect's race has two more fibers, and cost as much as half of the statement.
    const run = (sql: string, values: ReadonlyArray<unknown>): Effect.Effect<Rows, SqlError | StoreFailed> =>
      Effect.flatMap(Effect.context<never>(), (context) =>
        Effect.uninterruptible(
          Effect.callback<Rows, SqlError | StoreFailed>((resume) => {
            const statement = Effect.runForkWith(context)(access(sql, values))
            FiberSet.addUnsafe(running, statement)
            const pause = setTimeout(() => {
              resume(Effect.fail(PostgresProblem.tooSlow))
              statement.interruptUnsafe()
            }, longest)
            statement.addObserver((exit) => {
              clearTimeout(pause)
              resume(exit)
            })
          }),
        ),
      )

    const failed = (error: SqlError | StoreFailed) =>
      error._tag === "StoreFailed" ? error : PostgresProblem.storeFailure(error)

    const told =
      hints &&
      (yield* Hints.make({
        connect: (wake) => Effect.andThen(tables, PostgresLine.connect(config, statements, wake)),
        seemsGone: (holder) => Effect.map(run(statements.isGone, [holder]), ([row]) => row?.[0] === true),
      }))

    return {
      read: (name) =>
        Effect.map(Effect.mapError(run(statements.read, [name]), failed), ([row]) =>
          row === undefined ? undefined : { version: String(row[0]), bytes: row[1] as Uint8Array },
        ),
      replace: (name, expected, next) =>
        Effect.suspend(() => {
          const version = crypto.randomUUID()
          const [sql, values] =
            next === undefined
              ? expected === undefined
                ? [statements.absent, [name]]
                : [statements.remove, [name, expected]]
              : expected === undefined
                ? [statements.insert, [name, version, next]]
                : [statements.update, [name, version, next, expected]]
          return Effect.flatMap(
            Effect.mapError(run(sql, values), (error) =>
              error._tag === "StoreFailed" ? error : PostgresProblem.replaceFailure(error),
            ),
            (rows) => (rows.length === 0 ? Effect.fail(new StoreConflict()) : Effect.succeed(version)),
          )
        }),
      list: (prefix) =>
        Effect.map(Effect.mapError(run(statements.list, [prefix]), failed), (rows) =>
          rows.map(([name]) => String(name)),
        ),
      ...told,
    }
  })

/**
 * `make` as a layer.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Cells, StoreFailed> => Layer.effect(Cells, make(options))
