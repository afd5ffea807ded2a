/** The database of these tests: a server of our own, or the one that is given. Each file has a table of its own in it. */
import * as PgConnection from "@effect/sql-pg/PgConnection"
import type { Cells } from "@pbx-auth/store/Cells"
import * as PostgresCells from "@pbx-auth/store-postgres/PostgresCells"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Peer from "servers/src/Peer.ts"
import * as Postgres from "servers/src/Postgres.ts"
import type { Server } from "servers/src/Server.ts"

export interface Database {
  readonly table: string
  /** Of the server's owner. */
  readonly url: () => string
  readonly server: () => Server
  readonly options: (more?: Partial<PostgresCells.Options>) => PostgresCells.Options
  readonly layer: (more?: Partial<PostgresCells.Options>) => Layer.Layer<Cells, unknown>
  /** Runs statements as the owner, one after the other, and gives the last one's rows. */
  sql(...statements: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<ReadonlyArray<unknown>>, unknown>
  readonly start: () => Promise<void>
  readonly end: () => Promise<void>
}

export const make = (settings: Readonly<Record<string, string>> = {}): Database => {
  const table = `test_${crypto.randomUUID().slice(0, 8)}`
  let server: Server | undefined
  const url = () => (Postgres.source._tag === "Given" ? Postgres.source.url : (server?.url ?? ""))
  const sql: Database["sql"] = (...statements) =>
    Effect.scoped(
      Effect.flatMap(
        Effect.suspend(() => PgConnection.make({ url: Redacted.make(url()) })),
        (connection) =>
          Effect.map(
            Effect.forEach(statements, (statement) => connection.queryValues(statement)),
            (results) => results.at(-1) ?? [],
          ),
      ),
    )
  const options = (more: Partial<PostgresCells.Options> = {}) => ({ url: Redacted.make(url()), table, ...more })
  return {
    table,
    url,
    server: () => {
      if (server === undefined) throw new Error("the server is not started")
      return server
    },
    options,
    layer: (more) => Layer.suspend(() => PostgresCells.layer(options(more))),
    sql,
    start: async () => {
      if (Postgres.source._tag === "Installed") server = await Postgres.start(settings)
    },
    end: async () => {
      if (server !== undefined) return server.close()
      await Effect.runPromise(sql(`DROP TABLE IF EXISTS ${table}, ${table}_holders`))
    },
  }
}

/** Another process with cells, which does what `Process.ts` says. */
export const peer = (database: Database, ...args: ReadonlyArray<string>): Peer.Peer =>
  Peer.begin(new URL("Process.ts", import.meta.url), args, { STORE_URL: database.url(), STORE_TABLE: database.table })
