/** The example of many machines on real servers, twice: the second run finds what the first one left. `npm test` has Redis alone. */
import { randomBytes } from "node:crypto"
import * as Postgres from "servers/src/Postgres.ts"
import * as Redis from "servers/src/Redis.ts"
import { notOurs, titled } from "servers/src/Server.ts"
import { describe, expect, it } from "vitest"
import { run, withEmulator } from "./Example.ts"

const KEY = randomBytes(32).toString("base64")

describe.each([
  { name: "PostgreSQL", server: Postgres },
  { name: "Redis", server: Redis },
])("many-machines.ts", ({ name, server }) => {
  const without = notOurs(server.source)

  it.skipIf(without !== undefined)(titled(name, without), { tags: server === Redis ? [] : ["matrix"] }, async () => {
    const { close, url } = await server.start()
    try {
      await withEmulator(async (address) => {
        for (const _ of ["first", "second"]) {
          const { exitCode, stderr, stdout } = await run("many-machines.ts", {
            PBX_AUTH_ADDRESS: address,
            PBX_AUTH_STORE: url,
            PBX_AUTH_KEYS: KEY,
          })
          expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" })
          expect(stdout).toContain("3 machines, 1 token")
          expect(stdout).toContain("1 record is kept for them")
        }
        const journal: ReadonlyArray<{ readonly path: string; readonly grant?: string | null }> = await (
          await fetch(`${address}/__emulator/journal`)
        ).json()
        expect(journal.filter(({ grant }) => grant === "password")).toHaveLength(1)
      })
    } finally {
      await close()
    }
  })
})
