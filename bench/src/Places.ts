/** Where tokens can be kept, each as cells that end with a scope. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Cells } from "@pbx-auth/store/Cells"
import * as PostgresCells from "@pbx-auth/store-postgres/PostgresCells"
import * as RedisCells from "@pbx-auth/store-redis/RedisCells"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Postgres from "servers/src/Postgres.ts"
import * as Redis from "servers/src/Redis.ts"
import type { Source } from "servers/src/Server.ts"
import * as Neighbours from "./Neighbours.ts"

/** Cells in a directory that is removed in the end. */
const inScope = (cells: (directory: string) => Layer.Layer<Cells, unknown>) =>
  Layer.unwrap(
    Effect.map(
      Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "pbx-auth-bench-"))),
        (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true })),
      ),
      cells,
    ),
  )

/** The server that is given, or one that ends with the scope. */
const served = async (
  { source, start }: { readonly source: Source; start(): Promise<{ readonly url: string; close(): Promise<void> }> },
  cellsAt: (url: Redacted.Redacted) => Layer.Layer<Cells, unknown>,
): Promise<Layer.Layer<Cells, unknown> | undefined> => {
  if (source._tag === "Missing") return undefined
  if (source._tag === "Given") return cellsAt(Redacted.make(source.url))
  const server = Effect.acquireRelease(Effect.promise(start), ({ close }) => Effect.promise(close))
  return Layer.unwrap(Effect.map(server, ({ url }) => cellsAt(Redacted.make(url))))
}

/** A place by its name. An adapter adds a line; `undefined` if its server is not on this machine. */
export const places: Readonly<Record<string, () => Promise<Layer.Layer<Cells, unknown> | undefined>>> = {
  memory: async () => Cells.layerMemory,
  files: async () => inScope((directory) => Neighbours.stores.files(directory)),
  SQLite: async () => inScope((directory) => Neighbours.stores.SQLite(directory)),
  PostgreSQL: () => served(Postgres, (url) => PostgresCells.layer({ url })),
  Redis: () => served(Redis, (url) => RedisCells.layer({ url })),
}
