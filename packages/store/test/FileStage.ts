/** Places for file cells, and processes that share them. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
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

export interface Writer {
  readonly child: ChildProcess
  /** What it has said until now. */
  readonly lines: ReadonlyArray<string>
  readonly said: (line: string) => Promise<void>
  readonly over: Promise<unknown>
}

/** A process of `FileCrowd.ts`; it is killed with the scope. */
export const writer = (...args: ReadonlyArray<string>) => limitedWriter("unlimited", ...args)

/** A process whose files may have so many blocks of 512 bytes: it meets a full disk, wherever the tests run. */
export const limitedWriter = (blocks: string, ...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync((): Writer => {
      const program = fileURLToPath(new URL("./FileCrowd.ts", import.meta.url))
      const limited = ["-c", 'ulimit -f "$1" && shift && exec "$@"', "sh", blocks, process.execPath, program, ...args]
      const child = spawn("/bin/sh", limited, {
        env: { ...process.env, NODE_OPTIONS: "" },
        stdio: ["ignore", "pipe", "inherit"],
      })
      const lines: Array<string> = []
      const reader = createInterface(child.stdout)
      reader.on("line", (line) => lines.push(line))
      const over = once(reader, "close")
      const said = async (line: string) => {
        while (!lines.includes(line)) await Promise.race([once(reader, "line"), over])
      }
      return { child, lines, said, over }
    }),
    ({ child, over }) =>
      Effect.promise(() => {
        child.kill("SIGKILL")
        return over
      }),
  )
