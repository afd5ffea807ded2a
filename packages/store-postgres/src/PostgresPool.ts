/** A pool of connections to PostgreSQL, and the tables that are made in it at the first use. */

import * as PgPool from "@effect/sql-pg/PgPool"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { SqlError } from "effect/sql/SqlError"
import * as PostgresProblem from "./PostgresProblem.ts"
import { isTable } from "./PostgresTable.ts"

type Row = ReadonlyArray<unknown>

export interface PostgresPool {
  query(sql: string, values?: Row): Effect.Effect<ReadonlyArray<Row>, SqlError>
  /**
   * Makes what is not there. `look` says in its first column whether all is there, and what else it says is given back. Each of
   * `create` is one call, and may fail with one of the codes `madeMeanwhile`: another process made the same at the same moment.
   */
  create(
    statements: { readonly look: string; readonly create: ReadonlyArray<string> },
    madeMeanwhile: ReadonlyArray<string>,
  ): Effect.Effect<Row, SqlError>
}

const misused = (fix: string) => new StoreFailed({ remedy: "configure", fix })

/** It fails if the options cannot be meant, and not if the server is away. */
export const make = (
  whose: "store" | "quota",
  table: string,
  config: PgPool.Config,
): Effect.Effect<PostgresPool, StoreFailed, Scope.Scope> =>
  Effect.gen(function* () {
    if (!isTable(table))
      return yield* misused(`A ${whose}'s table is named with small letters, digits and _, at most 50.`)
    if (config.url !== undefined && !/^postgres(?:ql)?:\/\//.test(String(Redacted.value(config.url))))
      return yield* misused(`The ${whose}'s URL must begin with postgres:// or postgresql://.`)
    const pool = yield* Effect.mapError(PgPool.make(config), PostgresProblem.storeFailure)
    const query: PostgresPool["query"] = (sql, values = []) =>
      pool.use((connection) => connection.queryValues(sql, values))
    return {
      query,
      create: ({ create, look }, madeMeanwhile) =>
        Effect.gen(function* () {
          const [[exists, ...rest] = []] = yield* query(look)
          if (exists !== true) {
            for (const sql of create) {
              yield* Effect.catchIf(
                query(sql),
                (error) => madeMeanwhile.includes(PostgresProblem.codeOf(error)),
                () => Effect.succeed([]),
              )
            }
          }
          return rest
        }),
    }
  })
