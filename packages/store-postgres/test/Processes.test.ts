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

/** Two sizes of the same test: one in `npm test`, and one in `npm run test:matrix`. */
const sizes = [
  { processes: 4, times: 50, options: {} },
  { processes: 8, times: 200, options: { tags: ["matrix"] } },
]

describe.skipIf(unavailable(source) !== undefined)(titled("PostgreSQL", unavailable(source)), () => {
  beforeAll(database.start, 60_000)
  afterAll(database.end, 60_000)

  for (const { options, processes, times } of sizes)
    it.live(
      `loses no write of ${processes} processes that count to ${processes * times}`,
      () =>
        Effect.gen(function* () {
          const codes = yield* Effect.promise(() =>
            Promise.all(
              Array.from(
                { length: processes },
                () => Database.peer(database, "count", `to-${processes * times}`, String(times)).ended,
              ),
            ),
          )
          assert.deepStrictEqual([...new Set(codes)], [0])
          const cells = yield* Cells
          assert.strictEqual(
            new TextDecoder().decode((yield* cells.read(`to-${processes * times}`))?.bytes),
            String(processes * times),
          )
        }).pipe(Effect.provide(database.layer())),
      options,
    )
})
