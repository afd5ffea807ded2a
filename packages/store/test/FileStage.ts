/** Places for file cells. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert } from "@effect/vitest"
import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import { Cells } from "@pbx-auth/store/Cells"
import * as FileCells from "@pbx-auth/store/FileCells"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { bundleOf } from "./Built.ts"
import type { Stage } from "./CrowdStage.ts"

/** An empty directory that is removed with the scope. In memory where there is one: what is tested is the order of the writes. */
export const place = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "pbx-auth-cells-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
)

export const bytesOf = (...bytes: ReadonlyArray<number>) => Uint8Array.from(bytes)

/** The rights to a file, as `chmod` writes them. */
export const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

export const failure = <A>(access: Effect.Effect<A, unknown>) =>
  Effect.map(Effect.flip(access), (error) => error as StoreFailed)

export const cellsIn = (directory: string, files: Layer.Layer<FileSystem.FileSystem> = NodeFileSystem.layer) =>
  Layer.provide(FileCells.layer({ directory }), files)

export const openCells = (directory: string, files?: Layer.Layer<FileSystem.FileSystem>) =>
  Effect.map(Layer.build(cellsIn(directory, files)), (context) => Context.get(context, Cells))

/** The program of a process that shares file cells. */
export const program = bundleOf("FileCrowd.ts")

export const stage: Stage = {
  program,
  place: Effect.gen(function* () {
    const at = yield* place
    const cells = yield* openCells(at)
    // Whatever the processes did: the last write leaves nothing but the last version.
    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        for (const name of yield* cells.list("")) {
          yield* cells.replace(name, (yield* cells.read(name))?.version, new TextEncoder().encode("last"))
          assert.strictEqual(readdirSync(join(at, `cell-${name}`)).length, 1)
        }
      }).pipe(Effect.orDie),
    )
    return { at, cells }
  }),
}
