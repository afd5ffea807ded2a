/** File cells in front of the suite of all cells, on a file system of their own where this machine lets a test mount one. */
import { chmodSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as CellsTest from "@pbx-auth/store/testing/CellsTest"
import * as Effect from "effect/Effect"
import { fileNameOf } from "../src/file/FileNames.ts"
import { killed } from "./CrowdStage.ts"
import { during, makeDisk, useDisk } from "./DiskStage.ts"
import { cellsIn, program } from "./FileStage.ts"

const disk = makeDisk("file-cells")
const directory = join(disk.root, "cells")

describe("file cells", () => {
  useDisk(disk)

  const readOnly = during(
    () => disk.mount("-o", "remount,ro"),
    () => disk.mount("-o", "remount,rw"),
  )

  const directories = () =>
    readdirSync(directory)
      .map((name) => join(directory, name))
      .filter((path) => statSync(path).isDirectory())
  const forbidden = during(
    () => directories().map((path) => chmodSync(path, 0o500)),
    () => directories().map((path) => chmodSync(path, 0o700)),
  )
  // The superuser may write in spite of a mode.
  const refusing = disk.isMounted ? readOnly : process.getuid?.() === 0 ? undefined : forbidden

  const corrupt = Effect.fnUntraced(function* (name: string, bytes: Uint8Array) {
    const cell = join(directory, yield* fileNameOf("cell", name))
    for (const file of readdirSync(cell)) writeFileSync(join(cell, file), bytes)
  })

  CellsTest.suite(
    "files",
    cellsIn(directory),
    { assert, describe, it },
    {
      shared: true,
      ordeals: {
        corrupt,
        away: during(
          () => renameSync(directory, `${directory}.away`),
          () => renameSync(`${directory}.away`, directory),
        ),
        full: disk.full,
        forbidden: refusing,
        kill: process.platform === "linux" ? killed(program, directory) : undefined,
      },
    },
  )
})
