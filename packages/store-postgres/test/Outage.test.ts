/** What becomes of sessions' accesses and hints when PostgreSQL is held, restarted, full or wrongly configured. */
import { inspect } from "node:util"
import * as PgConnection from "@effect/sql-pg/PgConnection"
import { assert, describe, it } from "@effect/vitest"
import * as PostgresCells from "@pbx-auth/store-postgres/PostgresCells"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as CellsOutage from "servers/src/CellsOutage.ts"
import { source } from "servers/src/Postgres.ts"
import { notOurs, titled, unavailable } from "servers/src/Server.ts"
import { afterAll, beforeAll } from "vitest"
import * as Database from "./Database.ts"

const database = Database.make({ fsync: "off" })
const { options, sql, table } = database
const { failure } = CellsOutage
const bytes = Uint8Array.of(1)

describe("options", () => {
  it.effect("that cannot be meant are refused with a sentence that says what to write", () =>
    Effect.gen(function* () {
      for (const [wrong, word] of [
        [{ table: "Cells; DROP TABLE x" }, /small letters/],
        [{ table: "a".repeat(51) }, /at most 50/],
        [{ url: Redacted.make("https://db.example.test") }, /must begin with postgres/],
      ] as const) {
        const { fix, remedy } = yield* failure(Effect.scoped(PostgresCells.make(wrong)))
        assert.strictEqual(remedy, "configure")
        assert.match(String(fix), word)
      }
    }),
  )

  it.live("with a URL that is none fail at the first access, and the error shows nothing of it", () =>
    Effect.gen(function* () {
      const cells = yield* PostgresCells.make({ url: Redacted.make("postgres://user:made-up-canary@[nowhere/x") })
      const failed = yield* failure(cells.read("a"))
      assert.strictEqual(failed.remedy, "configure")
      assert.notInclude(inspect(failed, { depth: 20, showHidden: true }), "canary")
    }),
  )
})

describe.skipIf(unavailable(source) !== undefined)(titled("PostgreSQL", unavailable(source)), () => {
  beforeAll(database.start, 60_000)
  afterAll(database.end, 60_000)
  const make = (more: Partial<PostgresCells.Options> = {}) => Effect.suspend(() => PostgresCells.make(options(more)))

  it.live("has the tables made once, whoever comes first", () =>
    Effect.gen(function* () {
      const all = yield* Effect.forEach(Array.from({ length: 8 }), () =>
        make({ table: `${table}_new`, maxConnections: 1 }),
      )
      const writes = yield* Effect.forEach(all, (cells) => Effect.result(cells.replace("a", undefined, bytes)), {
        concurrency: "unbounded",
      })
      assert.lengthOf(writes.filter(Result.isSuccess), 1)
      assert.deepStrictEqual(
        writes.flatMap((write) => (Result.isFailure(write) ? [write.failure._tag] : [])),
        Array.from({ length: 7 }, () => "StoreConflict"),
      )
      // Somebody drops them, and the store goes on: what a session holds is then written again.
      yield* sql(`DROP TABLE ${table}_new, ${table}_new_holders`)
      assert.strictEqual(yield* all[0]?.read("a") ?? Effect.succeed("no cells"), undefined)
      yield* sql(`DROP TABLE ${table}_new, ${table}_new_holders`)
    }),
  )

  it.live("is waited for without end if you say so, and no longer than until the layer is closed", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const cells = yield* Scope.provide(make({ timeout: Duration.infinity }), scope)
      const version = yield* cells.replace("locked", undefined, bytes)
      const { pin } = yield* PgConnection.make({ url: options().url })
      const other = yield* pin
      yield* other.query("BEGIN")
      yield* other.query(`SELECT FROM ${table} WHERE name = 'locked' FOR UPDATE`)
      const write = yield* Effect.forkDetach(cells.replace("locked", version, bytes))
      const waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'WITH changed%'"
      while ((yield* sql(waiting)).length === 0) yield* Effect.sleep(5)
      assert.isUndefined(write.pollUnsafe())
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(write)))
      yield* other.query("ROLLBACK")
    }),
  )

  it.live("says which problem it is, by the server's own code", () =>
    Effect.gen(function* () {
      const cells = yield* make({ table: `${table}_codes` })
      yield* cells.list("")
      const refuse = (code: string) =>
        sql(
          `CREATE OR REPLACE FUNCTION ${table}_code() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             RAISE EXCEPTION 'refused' USING ERRCODE = '${code}'; END $$`,
          `CREATE OR REPLACE TRIGGER code BEFORE INSERT ON ${table}_codes FOR EACH ROW EXECUTE FUNCTION ${table}_code()`,
        )
      const said: Record<string, string> = {}
      for (const code of ["53100", "42501", "57P03", "57P01", "57014", "25006", "53300", "53200", "40P01", "55P03"]) {
        yield* refuse(code)
        const { problem, remedy } = yield* failure(cells.replace("a", undefined, bytes))
        said[code] = `${remedy} ${problem}`
      }
      assert.deepStrictEqual(said, {
        "53100": "configure full",
        "42501": "configure forbidden",
        "57P03": "retry unreachable",
        "57P01": "retry unreachable",
        "57014": "retry unreachable",
        "25006": "retry unreachable",
        "53300": "retry unreachable",
        "53200": "retry unreachable",
        "40P01": "retry unreachable",
        "55P03": "retry unreachable",
      })
      // Two transactions at once, where the database's isolation is above the usual one: another writer came in between.
      yield* refuse("40001")
      assert.strictEqual((yield* Effect.flip(cells.replace("a", undefined, bytes)))._tag, "StoreConflict")
      yield* sql(`DROP TABLE ${table}_codes, ${table}_codes_holders`, `DROP FUNCTION ${table}_code`)
    }),
  )

  it.live("hears no password in an error, a log or a span", () =>
    Effect.gen(function* () {
      const words = yield* CellsOutage.hearsNoPassword(database.url(), make(), (url) =>
        PostgresCells.make({ url: Redacted.make(url), table }),
      )
      assert.include(words, "fsync = off", "the warning about a server that loses what it acknowledges")
    }),
  )

  describe.skipIf(notOurs(source) !== undefined)(titled("a server of our own", notOurs(source)), () => {
    it.live("needs no right to create anything where the tables were made by hand", () =>
      Effect.gen(function* () {
        const user = `${table}_user`
        const hand = `${table}_hand`
        yield* sql(`CREATE ROLE ${user} LOGIN PASSWORD 'made-up'`, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        const url = new URL(database.url())
        url.username = user
        url.password = "made-up"
        const cells = yield* PostgresCells.make({ url: Redacted.make(url.href), table: hand })
        const refused = yield* failure(cells.read("a"))
        assert.deepStrictEqual([refused.remedy, refused.problem], ["configure", "forbidden"])
        assert.include(String(refused.fix), "createTable")

        yield* sql(
          ...PostgresCells.createTable(hand)
            .split(";\n")
            .filter((statement) => statement !== ""),
        )
        yield* sql(
          ...[hand, `${hand}_holders`].map((one) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${one} TO ${user}`),
        )
        const version = yield* cells.replace("a", undefined, bytes)
        assert.strictEqual((yield* cells.read("a"))?.version, version)
        yield* sql(`DROP TABLE ${hand}, ${hand}_holders`, `DROP ROLE ${user}`)
      }),
    )

    CellsOutage.suite({
      server: database.server,
      make: make(),
      impatient: make({ timeout: "200 millis", maxConnections: 2 }),
      cut: {
        title: "frees the lock",
        // Its lock is free when this returns.
        run: sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"),
      },
    })
  })
})
