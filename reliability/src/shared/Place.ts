/** A place where processes share tokens. It goes to another process as JSON. */

import { join } from "node:path"
import type { Cells } from "@pbx-auth/store/Cells"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

export const kinds = ["file", "sqlite", "postgres", "redis"] as const

export type Kind = (typeof kinds)[number]

/** As a table shows them. */
export const titles: Readonly<Record<Kind, string>> = {
  file: "files",
  sqlite: "SQLite",
  postgres: "PostgreSQL",
  redis: "Redis",
}

export interface Place {
  readonly kind: Kind
  /** A directory, or a server with its user and password. */
  readonly at: string
  /** What the table, the keys or the directory of this place are called. */
  readonly name: string
}

/** How long a server may take to answer: a busy machine is not a store that is away. */
const TIMEOUT = "20 seconds"

/** Its cells, by a module that only those load who need it. */
const loaded = async ({ at, kind, name }: Place): Promise<Layer.Layer<Cells, unknown>> => {
  const files = async () => (await import("@effect/platform-node/NodeFileSystem")).layer
  switch (kind) {
    case "file":
      return Layer.provide(
        (await import("@pbx-auth/store/FileCells")).layer({ directory: join(at, name) }),
        await files(),
      )
    case "sqlite":
      return Layer.provide(
        (await import("@pbx-auth/store-node/SqliteCells")).layer({ path: join(at, name, "tokens.db") }),
        await files(),
      )
    case "postgres":
      return (await import("@pbx-auth/store-postgres/PostgresCells")).layer({
        ...{ url: Redacted.make(at), table: name, timeout: TIMEOUT, maxConnections: 1 },
      })
    case "redis":
      return (await import("@pbx-auth/store-redis/RedisCells")).layer({
        ...{ url: Redacted.make(at), prefix: `${name}:`, timeout: TIMEOUT },
      })
  }
}

export const cells = (place: Place): Layer.Layer<Cells, unknown> => Layer.unwrap(Effect.promise(() => loaded(place)))
