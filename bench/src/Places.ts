/** Where tokens can be kept, each as cells that end with a scope. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Cells } from "@pbx-auth/store/Cells"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
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

/** A place by its name. An adapter adds a line; `undefined` if its server is not on this machine. */
export const places: Readonly<Record<string, () => Promise<Layer.Layer<Cells, unknown> | undefined>>> = {
  memory: async () => Cells.layerMemory,
  files: async () => inScope((directory) => Neighbours.stores.files(directory)),
  SQLite: async () => inScope((directory) => Neighbours.stores.SQLite(directory)),
}
