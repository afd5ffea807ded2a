/** The stores that processes of one machine share, each in a directory, and the thread that is the other process. */
import { once } from "node:events"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import type { Cells } from "@pbx-auth/store/Cells"
import * as FileCells from "@pbx-auth/store/FileCells"
import * as SqliteCells from "@pbx-auth/store-node/SqliteCells"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** The cell that is handed over. */
export const CELL = "hand-over"

export const stores = {
  files: (directory: string): Layer.Layer<Cells, unknown> =>
    Layer.provide(FileCells.layer({ directory: join(directory, "files") }), NodeFileSystem.layer),
  SQLite: (directory: string): Layer.Layer<Cells, unknown> =>
    Layer.provide(SqliteCells.layer({ path: join(directory, "sqlite", "tokens.db") }), NodeFileSystem.layer),
}

export type StoreName = keyof typeof stores

/** Another thread; the effect that it gives has it write the time into the cell. */
export const neighbour = (store: StoreName, directory: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new Worker(new URL("./Neighbour.ts", import.meta.url), { workerData: { directory, store } })),
    (worker) => Effect.promise(() => worker.terminate()),
  ).pipe(
    Effect.map((worker) =>
      Effect.promise(async () => {
        const written = once(worker, "message")
        worker.postMessage("write")
        const [succeeded] = await written
        if (succeeded !== true) throw new Error(`${store}: the other thread could not write`)
      }),
    ),
  )
