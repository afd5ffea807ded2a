/**
 * P11 needs servers. Without one its rows are missing, and a note says why.
 *
 * @module-tag matrix
 */
import { source as postgres } from "servers/src/Postgres.ts"
import { source as redis } from "servers/src/Redis.ts"
import { titled, unavailable } from "servers/src/Server.ts"
import { describe, expect, it } from "vitest"
import * as ServerHandOver from "../src/benches/ServerHandOver.ts"

const missing = unavailable(postgres) ?? unavailable(redis)

describe.skipIf(missing !== undefined)(titled("P11", missing), () => {
  it("has a row for each hand-over, with a number", async () => {
    const { bars, tables } = await ServerHandOver.bench.run(true)
    const rows = new Map(tables.flatMap(({ rows }) => rows.map(({ estimate, name }) => [name, estimate.value])))
    for (const store of ["PostgreSQL", "Redis, appendfsync always"])
      for (const what of ["by a hint", "asking every 100 ms"])
        expect(rows.get(`${store}: ${what}`), what).toBeGreaterThan(0)
    expect(bars.length).toBeGreaterThan(1)
  })
})
