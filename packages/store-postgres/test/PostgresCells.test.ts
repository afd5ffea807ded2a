/** Cells in a real PostgreSQL, which is killed, stopped, held and spoiled. */
import { assert, describe, it } from "@effect/vitest"
import * as TokenStoreTest from "@pbx-auth/session/testing/TokenStoreTest"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import * as CellsTest from "@pbx-auth/store/testing/CellsTest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CellsOrdeals from "servers/src/CellsOrdeals.ts"
import { source } from "servers/src/Postgres.ts"
import { notOurs, titled, unavailable } from "servers/src/Server.ts"
import { afterAll, beforeAll } from "vitest"
import * as Database from "./Database.ts"

// The server acknowledges before it has written: what the cells acknowledge must survive all the same. No machine crashes here, only the
// server, so that it need not wait for the disk.
const database = Database.make({ synchronous_commit: "off", wal_writer_delay: "10s", fsync: "off" })
const { layer, sql, table } = database

describe.skipIf(unavailable(source) !== undefined)(titled("PostgreSQL", unavailable(source)), () => {
  beforeAll(database.start, 60_000)
  afterAll(database.end, 60_000)

  /** The server refuses each write with a code of its own choice. */
  const refusing = (code: string) =>
    Effect.acquireRelease(
      sql(
        `CREATE OR REPLACE FUNCTION ${table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           RAISE EXCEPTION 'refused' USING ERRCODE = '${code}'; END $$`,
        `CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${table}_refuse()`,
      ),
      () => Effect.orDie(sql(`DROP TRIGGER refuse ON ${table}`, `DROP FUNCTION ${table}_refuse`)),
    )

  CellsTest.suite(
    "PostgreSQL",
    layer(),
    { assert, describe, it },
    {
      shared: true,
      ordeals: {
        ...CellsOrdeals.make({
          ...database,
          ours: notOurs(source) === undefined,
          isAnnounced: (holder) =>
            Effect.map(sql(`SELECT true FROM ${table}_holders WHERE holder = '${holder}'`), (rows) => rows.length > 0),
        }),
        full: refusing("53100"),
        forbidden: refusing("42501"),
        corrupt: (name, bytes) =>
          sql(`UPDATE ${table} SET bytes = '\\x${Buffer.from(bytes).toString("hex")}' WHERE name = '${name}'`),
      },
    },
  )

  const keys = KeyRing.layer(Effect.runSync(KeyRing.generate))
  TokenStoreTest.suite("sealed, in PostgreSQL", SealedTokenStore.layer.pipe(Layer.provide([layer(), keys])), {
    assert,
    describe,
    it,
  })
})
