/** What becomes of a write when Redis has carried it out, and the connection is cut before its answer came. */
import { type AddressInfo, connect, createServer } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as RedisCells from "@pbx-auth/store-redis/RedisCells"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { failure } from "servers/src/CellsOutage.ts"
import { source } from "servers/src/Redis.ts"
import { titled, unavailable } from "servers/src/Server.ts"
import { afterAll, beforeAll } from "vitest"
import * as Keyspace from "./Keyspace.ts"

const keyspace = Keyspace.make()

/** Stands before the server for as long as the scope is open. Counts the scripts that pass, and cuts the answer to one if it is told to. */
const relay = Effect.acquireRelease(
  Effect.promise(async () => {
    const state = { cuts: false, scripts: 0, url: "" }
    const { hostname, port } = new URL(keyspace.url())
    const sockets = new Set<{ destroy(): void }>()
    const listener = createServer((near) => {
      const far = connect(Number(port), hostname)
      for (const socket of [near, far]) sockets.add(socket.on("error", () => undefined))
      const end = () => {
        near.destroy()
        far.destroy()
      }
      let isLast = false
      near.on("close", end).on("data", (chunk) => {
        if (/\r\nEVAL(SHA)?\r\n/.test(chunk.toString("latin1"))) {
          state.scripts++
          isLast = state.cuts
        }
        far.write(chunk)
      })
      far.on("close", end).on("data", (chunk) => (isLast ? end() : near.write(chunk)))
    })
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve))
    const url = new URL(keyspace.url())
    url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`
    state.url = url.href
    return { state, listener, sockets }
  }),
  ({ listener, sockets }) =>
    Effect.sync(() => {
      listener.close()
      for (const socket of sockets) socket.destroy()
    }),
)

describe.skipIf(unavailable(source) !== undefined)(titled("Redis", unavailable(source)), () => {
  beforeAll(keyspace.start, 60_000)
  afterAll(keyspace.end, 60_000)

  // A driver that sends it again gets the refusal of its own first try, and takes its write for another process's
  // (findings/ioredis-asks-twice-for-a-lock-and-loses-it.sh).
  it.live("a write whose answer is lost is not sent again: it fails, and the next read tells what became of it", () =>
    Effect.gen(function* () {
      const { state } = yield* relay
      const cells = yield* RedisCells.make(keyspace.options({ url: Redacted.make(state.url), hints: false }))
      const first = yield* cells.replace("cell", undefined, Uint8Array.of(1))
      state.cuts = true
      state.scripts = 0
      const { problem, remedy } = yield* failure(cells.replace("cell", first, Uint8Array.of(2)))
      assert.deepStrictEqual([remedy, problem, state.scripts], ["retry", "unreachable", 1])
      state.cuts = false
      const kept = yield* cells.read("cell")
      assert.deepStrictEqual(kept?.bytes, Uint8Array.of(2))
      assert.notStrictEqual(kept?.version, first)
      yield* cells.replace("cell", kept?.version, Uint8Array.of(3))
    }),
  )
})
