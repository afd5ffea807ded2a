/** Places for SQLite cells. */
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Cells } from "@pbx-auth/store/Cells"
import * as SqliteCells from "@pbx-auth/store-node/SqliteCells"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Stage } from "../../store/test/CrowdStage.ts"
import { place } from "../../store/test/FileStage.ts"
import { bundleOf } from "./Built.ts"

export const databaseIn = (directory: string) => join(directory, "tokens.db")

export const cellsIn = (directory: string) =>
  Layer.provide(SqliteCells.layer({ path: databaseIn(directory) }), NodeFileSystem.layer)

export const openCells = (directory: string) =>
  Effect.map(Layer.build(cellsIn(directory)), (context) => Context.get(context, Cells))

/** The program of a process that shares SQLite cells. */
export const program = bundleOf("SqliteCrowd.ts")

export const stage: Stage = {
  program,
  place: Effect.gen(function* () {
    const at = yield* place
    return { at, cells: yield* openCells(at) }
  }),
}
