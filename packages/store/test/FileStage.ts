/** Places for file cells. */
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Cells } from "@pbx-auth/store/Cells"
import * as FileCells from "@pbx-auth/store/FileCells"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"

/** An empty directory that is removed with the scope. In memory where there is one: what is tested is the order of the writes. */
export const place = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "pbx-auth-cells-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
)

export const cellsIn = (directory: string, files: Layer.Layer<FileSystem.FileSystem> = NodeFileSystem.layer) =>
  Layer.provide(FileCells.layer({ directory }), files)

export const openCells = (directory: string, files?: Layer.Layer<FileSystem.FileSystem>) =>
  Effect.map(Layer.build(cellsIn(directory, files)), (context) => Context.get(context, Cells))

/** The program of a process that shares file cells. */
export const program = new URL("./FileCrowd.ts", import.meta.url)
