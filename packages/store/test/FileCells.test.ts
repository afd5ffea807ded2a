/** File cells in front of the suite of all cells, on a file system of their own where this machine lets a test mount one. */
import { execFileSync } from "node:child_process"
import { chmodSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as CellsTest from "@pbx-auth/store/testing/CellsTest"
import * as Effect from "effect/Effect"
import { fileNameOf } from "../src/file/FileNames.ts"
import { writer } from "./CrowdStage.ts"
import { cellsIn, program } from "./FileStage.ts"

const root = mkdtempSync(join(tmpdir(), "pbx-auth-file-cells-"))
const directory = join(root, "cells")
const mount = (...args: ReadonlyArray<string>) => execFileSync("mount", [...args, root], { stdio: "ignore" })
const isMounted = (() => {
  try {
    mount("-t", "tmpfs", "-o", "size=16m,mode=700", "none")
    return true
  } catch {
    return false
  }
})()

describe("file cells", () => {
  afterAll(() => {
    if (isMounted) execFileSync("umount", [root])
    rmSync(root, { recursive: true, force: true })
  })

  it.skipIf(!isMounted)("have a file system of their own (skipped: this user may not mount one)", () => {})

  const during = (begin: () => void, end: () => void) =>
    Effect.acquireRelease(Effect.sync(begin), () => Effect.sync(end))

  const full = during(
    () => {
      try {
        writeFileSync(join(root, "filler"), new Uint8Array(32 * 1024 * 1024))
      } catch {
        // That is how it becomes full.
      }
    },
    () => rmSync(join(root, "filler")),
  )

  const readOnly = during(
    () => mount("-o", "remount,ro"),
    () => mount("-o", "remount,rw"),
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
  const refusing = isMounted ? readOnly : process.getuid?.() === 0 ? undefined : forbidden

  const corrupt = Effect.fnUntraced(function* (name: string, bytes: Uint8Array) {
    const cell = join(directory, yield* fileNameOf("cell", name))
    for (const file of readdirSync(cell)) writeFileSync(join(cell, file), bytes)
  })

  const kill = (holder: string) =>
    Effect.gen(function* () {
      const { child, over, said } = yield* writer(program, [directory, "-", "0", "announce", holder])
      yield* said("ready")
      child.kill("SIGKILL")
      yield* over
    }).pipe(Effect.scoped)

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
        full: isMounted ? full : undefined,
        forbidden: refusing,
        kill: process.platform === "linux" ? kill : undefined,
      },
    },
  )
})
