/**
 * Many real processes on one Redis.
 *
 * @module-tag slow
 */
import * as CellsCount from "servers/src/CellsCount.ts"
import { source } from "servers/src/Redis.ts"
import { titled, unavailable } from "servers/src/Server.ts"
import { afterAll, beforeAll, describe } from "vitest"
import * as Keyspace from "./Keyspace.ts"

const keyspace = Keyspace.make()

describe.skipIf(unavailable(source) !== undefined)(titled("Redis", unavailable(source)), () => {
  beforeAll(keyspace.start, 60_000)
  afterAll(keyspace.end, 60_000)

  CellsCount.suite(keyspace.layer(), keyspace.peer)
})
