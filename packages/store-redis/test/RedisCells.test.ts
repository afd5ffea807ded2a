/** Cells in a real Redis, which is killed, stopped, filled and spoiled. */
import { assert, describe, it } from "@effect/vitest"
import * as TokenStoreTest from "@pbx-auth/session/testing/TokenStoreTest"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import * as CellsTest from "@pbx-auth/store/testing/CellsTest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CellsOrdeals from "servers/src/CellsOrdeals.ts"
import { source } from "servers/src/Redis.ts"
import { notOurs, titled, unavailable } from "servers/src/Server.ts"
import { afterAll, beforeAll } from "vitest"
import * as Keyspace from "./Keyspace.ts"

const keyspace = Keyspace.make()
const { command, layer, prefix } = keyspace

describe.skipIf(unavailable(source) !== undefined)(titled("Redis", unavailable(source)), () => {
  beforeAll(keyspace.start, 60_000)
  afterAll(keyspace.end, 60_000)
  const ours = notOurs(source) === undefined

  /** For as long as the scope is open. */
  const set = (parameter: string, value: string, usual: string) =>
    Effect.acquireRelease(command("CONFIG", "SET", parameter, value), () => command("CONFIG", "SET", parameter, usual))

  CellsTest.suite(
    "Redis",
    layer(),
    { assert, describe, it },
    {
      shared: true,
      ordeals: {
        ...CellsOrdeals.make({
          ...keyspace,
          ours,
          isAnnounced: (holder) => Effect.map(command("GET", `${prefix}holder:${holder}`), (kept) => kept !== null),
        }),
        full: ours ? set("maxmemory", "1", "0") : undefined,
        forbidden: ours
          ? Effect.acquireRelease(command("ACL", "SETUSER", "default", "-hset", "-del"), () =>
              command("ACL", "SETUSER", "default", "+hset", "+del"),
            )
          : undefined,
        corrupt: (name, bytes) => command("HSET", `${prefix}cell:${name}`, "bytes", Buffer.from(bytes)),
      },
    },
  )

  const keys = KeyRing.layer(Effect.runSync(KeyRing.generate))
  TokenStoreTest.suite("sealed, in Redis", SealedTokenStore.layer.pipe(Layer.provide([layer(), keys])), {
    assert,
    describe,
    it,
  })
})
