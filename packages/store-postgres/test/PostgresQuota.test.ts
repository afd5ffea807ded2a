/** A quota in a real PostgreSQL: its contract, and what it says while the server is away. */
import { assert, describe, it } from "@effect/vitest"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import * as SharedQuotaTest from "@pbx-auth/session/testing/SharedQuotaTest"
import * as PostgresQuota from "@pbx-auth/store-postgres/PostgresQuota"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { source } from "servers/src/Postgres.ts"
import { request } from "servers/src/QuotaRequest.ts"
import { notOurs, titled, unavailable } from "servers/src/Server.ts"
import { afterAll, beforeAll } from "vitest"
import * as Database from "./Database.ts"

const database = Database.make({ fsync: "off" })
const { sql, table } = database
const options = (more: Partial<PostgresQuota.Options> = {}): PostgresQuota.Options => ({
  url: Redacted.make(database.url()),
  table,
  timeout: "10 seconds",
  ...more,
})

/** Removes what a quota made. */
const drop = (name: string) =>
  sql(
    `DROP TABLE IF EXISTS ${name}_places, ${name}_members`,
    `DROP FUNCTION IF EXISTS ${name}_take_1(text, text, text[], jsonb)`,
  )

describe("options", () => {
  it.effect("that cannot be meant are refused with a sentence that says what to write", () =>
    Effect.gen(function* () {
      for (const [wrong, word] of [
        [{ table: "Quota; DROP TABLE x" }, /small letters/],
        [{ url: Redacted.make("https://user:made-up-canary@db.example.test") }, /must begin with postgres/],
      ] as const) {
        const failed = yield* Effect.flip(Effect.scoped(PostgresQuota.make(wrong)))
        assert.instanceOf(failed, StoreFailed)
        assert.strictEqual(failed.remedy, "configure")
        assert.match(String(failed.fix), word)
        assert.notInclude(JSON.stringify(failed), "canary")
      }
    }),
  )
})

describe.skipIf(unavailable(source) !== undefined)(titled("PostgreSQL", unavailable(source)), () => {
  beforeAll(database.start, 60_000)
  afterAll(async () => {
    await Effect.runPromise(drop(table))
    await database.end()
  })

  SharedQuotaTest.suite(
    "in PostgreSQL",
    Layer.suspend(() => PostgresQuota.layer(options())),
    { assert, describe, it },
  )

  it.live("is made once, whoever comes first, and again when somebody has dropped it", () =>
    Effect.gen(function* () {
      const name = `${table}_first`
      const all = yield* Effect.forEach(Array.from({ length: 8 }), () => PostgresQuota.make(options({ table: name })))
      const answers = yield* Effect.forEach(all, ({ take }, index) => take(request("first", { member: `${index}` })), {
        concurrency: "unbounded",
      })
      assert.lengthOf(
        answers.filter(({ taken }) => taken !== undefined),
        2,
      )
      yield* drop(name)
      assert.strictEqual((yield* all[0]?.take(request("first")) ?? Effect.die("none")).taken, "calls")
      yield* drop(name)
    }),
  )

  it.live("counts rightly where the database's transactions are serializable by default", () =>
    Effect.gen(function* () {
      const [[own]] = (yield* sql("SELECT current_database()")) as readonly [readonly [string]]
      yield* sql(`ALTER DATABASE "${own}" SET default_transaction_isolation = 'serializable'`)
      const all = yield* Effect.forEach(Array.from({ length: 4 }), () => PostgresQuota.make(options()))
      const answers = yield* Effect.forEach(all, ({ take }, index) => take(request("strict", { member: `${index}` })), {
        concurrency: "unbounded",
      }).pipe(Effect.ensuring(Effect.orDie(sql(`ALTER DATABASE "${own}" RESET default_transaction_isolation`))))
      assert.lengthOf(
        answers.filter(({ taken }) => taken !== undefined),
        2,
      )
    }),
  )

  it.live("names nobody in its tables, goes on when the server's clock was set back, and removes what has ended", () =>
    Effect.gen(function* () {
      yield* sql(`TRUNCATE ${table}_places, ${table}_members`)
      const { take } = yield* PostgresQuota.make(options())
      yield* take(request("12345.made-up"))
      yield* take(request("12345.made-up"))
      const rows = yield* sql(`SELECT ring FROM ${table}_places UNION ALL SELECT part FROM ${table}_members`)
      assert.lengthOf(rows, 6)
      assert.notMatch(JSON.stringify(rows), /made-up|example|1000/)
      // As if both places had been taken a day later.
      yield* sql(`UPDATE ${table}_places SET taken_at = taken_at + 86400000`)
      const { spent, taken } = yield* take(request("12345.made-up"))
      assert.strictEqual(taken, undefined)
      assert.isAtMost(spent[0]?.wait ?? Number.POSITIVE_INFINITY, 60_000, "not a day")
      yield* sql(
        `UPDATE ${table}_places SET taken_at = 0, ends_at = 1`,
        `UPDATE ${table}_members SET seen = 0, until = 0`,
      )
      const another = yield* PostgresQuota.make(options())
      yield* another.take(request("another"))
      const left = Effect.map(sql(`SELECT count(*)::int FROM ${table}_places`), ([row]) => row?.[0])
      for (let times = 0; times < 200 && (yield* left) !== 2; times++) yield* Effect.sleep(20)
      assert.strictEqual(yield* left, 2)
    }),
  )

  it.live.skipIf(notOurs(source) !== undefined)(
    "fails as StoreFailed while the server is away or held, and comes back",
    () =>
      Effect.gen(function* () {
        const server = database.server()
        const { take } = yield* PostgresQuota.make(options({ timeout: "300 millis" }))
        yield* Effect.retry(take(request("away")), { times: 20 })
        yield* Effect.promise(server.stop)
        const failed = yield* Effect.flip(take(request("away")))
        assert.deepStrictEqual([failed.remedy, failed.problem], ["retry", "unreachable"])
        yield* Effect.promise(server.start)
        yield* Effect.retry(take(request("away")), { times: 20 })
        server.hold()
        const silent = yield* Effect.ensuring(Effect.flip(take(request("away"))), Effect.sync(server.letGo))
        assert.deepStrictEqual([silent.remedy, silent.problem], ["retry", "unreachable"])
        yield* Effect.retry(take(request("away")), { times: 20 })
      }),
  )

  it.live.skipIf(notOurs(source) !== undefined)("needs no right to create anything where all was made by hand", () =>
    Effect.gen(function* () {
      const user = `${table}_user`
      const hand = `${table}_hand`
      yield* sql(`CREATE ROLE ${user} LOGIN PASSWORD 'made-up'`, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
      const url = new URL(database.url())
      url.username = user
      url.password = "made-up"
      const { take } = yield* PostgresQuota.make(options({ url: Redacted.make(url.href), table: hand }))
      assert.strictEqual((yield* Effect.flip(take(request("hand")))).problem, "forbidden")
      yield* sql(
        `DO $do$ BEGIN EXECUTE $made$${PostgresQuota.createQuota(hand)}$made$; END $do$`,
        `GRANT SELECT, INSERT, UPDATE, DELETE ON ${hand}_places, ${hand}_members TO ${user}`,
      )
      assert.strictEqual((yield* take(request("hand"))).taken, "calls")
      yield* drop(hand)
      yield* sql(`DROP ROLE ${user}`)
    }),
  )
})
