/** The database of these tests: a server of our own, or the one that is given. Each file has a table of its own in it. */
import * as PgConnection from "@effect/sql-pg/PgConnection"
import type { Cells } from "@pbx-auth/store/Cells"
import * as PostgresCells from "@pbx-auth/store-postgres/PostgresCells"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Peer from "servers/src/Peer.ts"
import * as Postgres from "servers/src/Postgres.ts"
import * as TestServer from "servers/src/TestServer.ts"
import { bundleOf } from "./Built.ts"

export interface Database extends TestServer.TestServer {
  readonly table: string
  readonly options: (more?: Partial<PostgresCells.Options>) => PostgresCells.Options
  readonly layer: (more?: Partial<PostgresCells.Options>) => Layer.Layer<Cells, unknown>
  /** Runs statements as the owner, one after the other, and gives the last one's rows. */
  sql(...statements: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<ReadonlyArray<unknown>>, unknown>
  /** Another process with these cells, which does what `CellsProcess.ts` says. */
  peer(...args: ReadonlyArray<string>): Peer.Peer
}

export const make = (settings: Readonly<Record<string, string>> = {}): Database => {
  const table = `test_${crypto.randomUUID().slice(0, 8)}`
  const server = TestServer.make(Postgres, settings, () =>
    Effect.runPromise(sql(`DROP TABLE IF EXISTS ${table}, ${table}_holders`)),
  )
  const { url } = server
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
    ...server,
    table,
    options,
    layer: (more) => Layer.suspend(() => PostgresCells.layer(options(more))),
    sql,
    peer: (...args) => Peer.begin(bundleOf("Process.ts"), args, { STORE_URL: url(), STORE_TABLE: table }),
  }
}
