/** The Redis of these tests: a server of our own, or the one that is given. Each file has a prefix of its own in it. */

import type { Cells } from "@pbx-auth/store/Cells"
import * as RedisCells from "@pbx-auth/store-redis/RedisCells"
import { createClient } from "@redis/client"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Peer from "servers/src/Peer.ts"
import * as Redis from "servers/src/Redis.ts"
import * as TestServer from "servers/src/TestServer.ts"
import { bundleOf } from "./Built.ts"

export interface Keyspace extends TestServer.TestServer {
  readonly prefix: string
  readonly options: (more?: Partial<RedisCells.Options>) => RedisCells.Options
  readonly layer: (more?: Partial<RedisCells.Options>) => Layer.Layer<Cells, unknown>
  /** Runs a command, and gives its reply. */
  command(...args: ReadonlyArray<string | Buffer>): Effect.Effect<unknown>
  /** Another process with these cells, which does what `CellsProcess.ts` says. */
  peer(...args: ReadonlyArray<string>): Peer.Peer
}

export const make = (settings: Readonly<Record<string, string>> = {}): Keyspace => {
  const prefix = `test-${crypto.randomUUID().slice(0, 8)}:`
  const server = TestServer.make(Redis, settings, async () => {
    const keys = (await Effect.runPromise(command("KEYS", `${prefix}*`))) as ReadonlyArray<string>
    if (keys.length > 0) await Effect.runPromise(command("DEL", ...keys))
  })
  const { url } = server
  const command: Keyspace["command"] = (...args) =>
    Effect.promise(async () => {
      const client = createClient({ url: url() })
      await client.connect()
      try {
        return await client.sendCommand([...args])
      } finally {
        client.destroy()
      }
    })
  const options = (more: Partial<RedisCells.Options> = {}) => ({ url: Redacted.make(url()), prefix, ...more })
  return {
    ...server,
    prefix,
    options,
    layer: (more) => Layer.suspend(() => RedisCells.layer(options(more))),
    command,
    peer: (...args) => Peer.begin(bundleOf("Process.ts"), args, { STORE_URL: url(), STORE_PREFIX: prefix }),
  }
}
