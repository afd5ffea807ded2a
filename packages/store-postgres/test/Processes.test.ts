/**
 * Many real processes on one PostgreSQL.
 *
 * @module-tag slow
 */
import * as CellsCount from "servers/src/CellsCount.ts"
import { source } from "servers/src/Postgres.ts"
import { titled, unavailable } from "servers/src/Server.ts"
import { afterAll, beforeAll, describe } from "vitest"
import * as Database from "./Database.ts"

const database = Database.make()

describe.skipIf(unavailable(source) !== undefined)(titled("PostgreSQL", unavailable(source)), () => {
  beforeAll(database.start, 60_000)
  afterAll(database.end, 60_000)

  CellsCount.suite(database.layer(), database.peer)
})
