/** The Redis of these tests: a server of our own, or the one that is given. Each file has a prefix of its own in it. */

import type { Cells } from "@pbx-auth/store/Cells"
import * as RedisCells from "@pbx-auth/store-redis/RedisCells"
import { createClient } from "@redis/client"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Peer from "servers/src/Peer.ts"
import * as Redis from "servers/src/Redis.ts"
import type { Server } from "servers/src/Server.ts"

export interface Keyspace {
  readonly prefix: string
  readonly url: () => string
  readonly server: () => Server
  readonly options: (more?: Partial<RedisCells.Options>) => RedisCells.Options
  readonly layer: (more?: Partial<RedisCells.Options>) => Layer.Layer<Cells, unknown>
  /** Runs a command, and gives its reply. */
  command(...args: ReadonlyArray<string | Buffer>): Effect.Effect<unknown>
  readonly start: () => Promise<void>
  readonly end: () => Promise<void>
}

export const make = (settings: Readonly<Record<string, string>> = {}): Keyspace => {
  const prefix = `test-${crypto.randomUUID().slice(0, 8)}:`
  let server: Server | undefined
  const url = () => (Redis.source._tag === "Given" ? Redis.source.url : (server?.url ?? ""))
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
    prefix,
    url,
    server: () => {
      if (server === undefined) throw new Error("the server is not started")
      return server
    },
    options,
    layer: (more) => Layer.suspend(() => RedisCells.layer(options(more))),
    command,
    start: async () => {
      if (Redis.source._tag === "Installed") server = await Redis.start(settings)
    },
    end: async () => {
      if (server !== undefined) return server.close()
      const keys = (await Effect.runPromise(command("KEYS", `${prefix}*`))) as ReadonlyArray<string>
      if (keys.length > 0) await Effect.runPromise(command("DEL", ...keys))
    },
  }
}

/** Another process with cells, which does what `Process.ts` says. */
export const peer = (keyspace: Keyspace, ...args: ReadonlyArray<string>): Peer.Peer =>
  Peer.begin(new URL("Process.ts", import.meta.url), args, { STORE_URL: keyspace.url(), STORE_PREFIX: keyspace.prefix })
