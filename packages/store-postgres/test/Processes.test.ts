/**
 * Many real processes on one PostgreSQL.
 *
 * @module-tag slow
 */
import { assert, describe, it } from "@effect/vitest"
import { Cells } from "@pbx-auth/store/Cells"
import * as Effect from "effect/Effect"
import { source } from "servers/src/Postgres.ts"
import { titled, unavailable } from "servers/src/Server.ts"
import { afterAll, beforeAll } from "vitest"
import * as Database from "./Database.ts"

const database = Database.make()

// The long form takes half a minute: PBX_TEST_LONG=true.
const [processes, times] = process.env.PBX_TEST_LONG === "true" ? [8, 200] : [4, 50]

describe.skipIf(unavailable(source) !== undefined)(titled("PostgreSQL", unavailable(source)), () => {
  beforeAll(database.start, 60_000)
  afterAll(database.end, 60_000)

  it.live(`loses no write of ${processes} processes that count to ${processes * times}`, () =>
    Effect.gen(function* () {
      const codes = yield* Effect.promise(() =>
        Promise.all(
          Array.from({ length: processes }, () => Database.peer(database, "count", "counter", String(times)).ended),
        ),
      )
      assert.deepStrictEqual([...new Set(codes)], [0])
      const cells = yield* Cells
      assert.strictEqual(new TextDecoder().decode((yield* cells.read("counter"))?.bytes), String(processes * times))
    }).pipe(Effect.provide(database.layer())),
  )
})
