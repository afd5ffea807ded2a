/** The database of these tests: a server of our own, or the one that is given. Each file has a table of its own in it. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import * as PgConnection from "@effect/sql-pg/PgConnection"
import * as PostgresCells from "@pbx-auth/store-postgres/PostgresCells"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Postgres from "servers/src/Postgres.ts"
import { type Server, unavailable } from "servers/src/Server.ts"

/** Why these tests cannot run here. */
export const missing = unavailable(Postgres.source)

/** Why tests that stop, kill or hold the server cannot run here. */
export const shared =
  missing ??
  (Postgres.source._tag === "Given" ? "the server is not ours to stop: unset PBX_TEST_POSTGRES_URL" : undefined)

export const titled = (title: string, without: string | undefined): string =>
  without === undefined ? title : `${title} (skipped: ${without})`

export interface Database {
  readonly table: string
  /** Of the server's owner. */
  readonly url: () => string
  readonly server: () => Server
  readonly options: (more?: Partial<PostgresCells.Options>) => PostgresCells.Options
  readonly layer: (more?: Partial<PostgresCells.Options>) => Layer.Layer<import("@pbx-auth/store/Cells").Cells, unknown>
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
export const begin = (options: PostgresCells.Options, ...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL("Process.ts", import.meta.url)), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, URL: String(Redacted.value(options.url ?? Redacted.make(""))), TABLE: options.table ?? "" },
  })
  let said = ""
  child.stdout.on("data", (text) => {
    said += text
  })
  const ended = once(child, "close").then(() => said)
  return {
    /** Waits until it has printed something. */
    ready: once(child.stdout, "data"),
    ended,
    kill: () => {
      child.kill("SIGKILL")
      return ended
    },
  }
}
