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

export interface Served {
  readonly source: Source
  start(): Promise<{ readonly url: string; close(): Promise<void> }>
}

/** The address of the server that is given, or of one that ends with the scope. */
export const urlOf = ({ source, start }: Served) =>
  source._tag === "Given"
    ? Effect.succeed(Redacted.make(source.url))
    : Effect.map(
        Effect.acquireRelease(
          Effect.promise(() => start()),
          ({ close }) => Effect.promise(close),
        ),
        ({ url }) => Redacted.make(url),
      )

const served = async (
  server: Served,
  cellsAt: (url: Redacted.Redacted) => Layer.Layer<Cells, unknown>,
): Promise<Layer.Layer<Cells, unknown> | undefined> =>
  server.source._tag === "Missing" ? undefined : Layer.unwrap(Effect.map(urlOf(server), cellsAt))

/** A place by its name. An adapter adds a line; `undefined` if its server is not on this machine. */
export const places: Readonly<Record<string, () => Promise<Layer.Layer<Cells, unknown> | undefined>>> = {
  memory: async () => Cells.layerMemory,
  files: async () => inScope((directory) => Neighbours.stores.files(directory)),
  SQLite: async () => inScope((directory) => Neighbours.stores.SQLite(directory)),
  PostgreSQL: () => served(Postgres, (url) => PostgresCells.layer({ url })),
  Redis: () => served(Redis, (url) => RedisCells.layer({ url })),
}
