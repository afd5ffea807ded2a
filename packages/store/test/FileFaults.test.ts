/** What file cells say of a directory that they cannot trust or use, and of files that are damaged. */
import { chmodSync, chownSync, mkdirSync, readdirSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { systemError } from "effect/PlatformError"
import { encode } from "../src/file/FileFrame.ts"
import { writer } from "./CrowdStage.ts"
import { bytesOf, failure, modeOf, openCells, place, program } from "./FileStage.ts"

const isRoot = process.getuid?.() === 0
/** A user that is not this one: nobody, as Linux numbers it. */
const NOBODY = 65_534

const refusal = (directory: string, files?: Layer.Layer<FileSystem.FileSystem>) =>
  Effect.flip(Effect.scoped(openCells(directory, files)))

describe.skipIf(process.platform === "win32")("a directory of file cells", () => {
  it.live("is made for this user alone, and so is every file in it", () =>
    Effect.gen(function* () {
      const directory = join(yield* place, "state", "pbx-auth")
      const cells = yield* openCells(directory)
      yield* cells.replace("a", yield* cells.replace("a", undefined, bytesOf(1)), bytesOf(2))
      yield* cells.presence?.announce("holder") ?? Effect.void
      const seen = readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => {
        const path = join(directory, name)
        return [name, statSync(path).isDirectory() ? "directory" : "file", modeOf(path)]
      })
      assert.strictEqual(modeOf(directory), "700")
      assert.strictEqual(modeOf(join(directory, "..")), "700")
      assert.isAtLeast(seen.length, 3)
      for (const [name, kind, mode] of seen) assert.strictEqual(mode, kind === "file" ? "600" : "700", name)
    }).pipe(Effect.scoped),
  )

  it.live(
    "is refused if others may write there, if it is another user's, a file, or named from a working directory",
    () =>
      Effect.gen(function* () {
        const directory = yield* place
        for (const mode of [0o720, 0o702, 0o777]) {
          chmodSync(directory, mode)
          const { fix, problem, remedy } = yield* refusal(directory)
          assert.deepStrictEqual([remedy, problem], ["configure", "forbidden"])
          assert.include(fix, "chmod go-w")
        }
        chmodSync(directory, 0o755)
        yield* Effect.scoped(openCells(directory))

        const other = isRoot ? join(directory, "other") : "/usr"
        if (isRoot) {
          mkdirSync(other, { mode: 0o700 })
          chownSync(other, NOBODY, NOBODY)
        }
        const foreign = yield* refusal(other)
        assert.strictEqual(foreign.problem, "forbidden")
        assert.include(foreign.fix, "another user")

        writeFileSync(join(directory, "file"), "")
        assert.include((yield* refusal(join(directory, "file"))).fix, "is a file")
        assert.include((yield* refusal(join(directory, "file", "deeper"))).fix, "no directory")
        assert.include((yield* refusal("state/pbx-auth")).fix, "whole path")
      }).pipe(Effect.scoped),
  )

  it.live("is refused where there are no hard links, before anything is kept there", () =>
    Effect.gen(function* () {
      const directory = yield* place
      // What FAT, exFAT and some network file systems answer. Few machines can mount one for a test.
      const withoutLinks = Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (files) =>
          FileSystem.make({
            ...files,
            link: () =>
              Effect.fail(
                systemError({
                  _tag: "PermissionDenied",
                  module: "FileSystem",
                  method: "link",
                  cause: { code: "EPERM" },
                }),
              ),
          }),
        ),
      ).pipe(Layer.provide(NodeFileSystem.layer))
      const { fix, remedy } = yield* refusal(directory, withoutLinks)
      assert.strictEqual(remedy, "configure")
      assert.include(fix, "no hard links")
      assert.deepStrictEqual(readdirSync(directory), [])
    }).pipe(Effect.scoped),
  )

  it.live("that is gone is away, and its cells are not absent", () =>
    Effect.gen(function* () {
      const directory = join(yield* place, "cells")
      const cells = yield* openCells(directory)
      const version = yield* cells.replace("a", undefined, bytesOf(1))
      renameSync(directory, `${directory}.away`)
      mkdirSync(directory)
      for (const access of [
        cells.read("a"),
        cells.read("b"),
        cells.replace("a", version, bytesOf(2)),
        cells.replace("b", undefined, bytesOf(2)),
      ]) {
        const { problem, remedy } = yield* failure<unknown>(access)
        assert.deepStrictEqual([remedy, problem], ["retry", "unreachable"])
      }
      assert.deepStrictEqual(readdirSync(directory), [])
      renameSync(`${directory}.away`, directory)
      assert.strictEqual((yield* cells.read("a"))?.version, version)
    }).pipe(Effect.scoped),
  )

  it.live("of a later version is refused, and so is a later record", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const cells = yield* openCells(directory)
      yield* cells.replace("a", undefined, bytesOf(1))
      const later = encode({ name: "a", nonce: "0123456789abcdef", bytes: bytesOf(1) })
      later[4] = 2
      writeFileSync(join(directory, "cell-a", "2"), later)
      assert.strictEqual((yield* failure(cells.read("a"))).problem, "newer")
      writeFileSync(join(directory, "format"), "pbx-auth cells 2\n")
      assert.strictEqual((yield* refusal(directory)).problem, "newer")
    }).pipe(Effect.scoped),
  )

  it.live("is swept of what a killed process was about to begin, once that is old", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const cells = yield* openCells(directory)
      for (const name of ["new-old", "new-young"]) mkdirSync(join(directory, name))
      const twoHoursAgo = new Date(Date.now() - 2 * 3_600_000)
      utimesSync(join(directory, "new-old"), twoHoursAgo, twoHoursAgo)
      yield* cells.replace("a", undefined, bytesOf(1))
      assert.deepStrictEqual(readdirSync(directory).sort(), ["cell-a", "format", "new-young"])
    }).pipe(Effect.scoped),
  )
})

describe("a file of a cell", () => {
  it.live("that is torn, empty or rubbish is unreadable, and is mended by who knew the version", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const cells = yield* openCells(directory)
      let version = yield* cells.replace(
        "a",
        undefined,
        Uint8Array.from({ length: 400 }, (_, at) => at % 256),
      )
      const file = () => join(directory, "cell-a", version.split("-")[0] ?? "")
      const whole = encode({ name: "a", nonce: "0123456789abcdef", bytes: bytesOf(1, 2, 3) })
      const damaged = [
        ...[...whole.keys()].map((length) => whole.slice(0, length)),
        ...[...whole.keys()].map((at) => whole.map((byte, other) => (other === at ? byte ^ 0x10 : byte))),
        new Uint8Array(4096),
        new TextEncoder().encode("rubbish"),
      ]
      for (const bytes of damaged) {
        writeFileSync(file(), bytes)
        const { fix, problem, remedy } = yield* failure(cells.read("a"))
        assert.strictEqual(remedy, "configure")
        // A changed number of the format says that the file is a later one's.
        assert.strictEqual(problem, bytes[4] === 0x11 ? "newer" : "unreadable")
        assert.isString(fix)
        assert.deepStrictEqual(yield* cells.list(""), ["a"])
      }
      version = yield* cells.replace("a", version, bytesOf(7))
      assert.deepStrictEqual(yield* cells.read("a"), { version, bytes: bytesOf(7) })
    }).pipe(Effect.scoped),
  )

  it.live("has a version that an old copy of the directory does not bring back", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const cells = yield* openCells(directory)
      const first = yield* cells.replace("a", undefined, bytesOf(1))
      renameSync(join(directory, "cell-a"), join(directory, "backup"))
      const second = yield* cells.replace("a", undefined, bytesOf(2))
      assert.strictEqual((yield* Effect.flip(cells.replace("a", first, bytesOf(3))))._tag, "StoreConflict")
      yield* cells.replace("a", second, bytesOf(4))
    }).pipe(Effect.scoped),
  )
})

describe.skipIf(process.platform === "win32")("a disk", () => {
  it.live("that is full is told, and the last record stays", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const cells = yield* openCells(directory)
      const version = yield* cells.replace("count", undefined, new TextEncoder().encode("5"))
      const { lines, over } = yield* writer(program, [directory, "count", "1"], "0")
      yield* over
      assert.deepStrictEqual(lines, ["ready", "StoreFailed full"])
      assert.strictEqual((yield* cells.read("count"))?.version, version)
      assert.strictEqual(readdirSync(join(directory, "cell-count")).length, 1)
    }).pipe(Effect.scoped),
  )

  it.live("that may not be written is told, and can be read", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const cells = yield* openCells(directory)
      const version = yield* cells.replace("count", undefined, new TextEncoder().encode("5"))
      const paths = readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => join(directory, name))
      for (const path of [directory, ...paths]) {
        if (statSync(path).isDirectory()) chmodSync(path, 0o500)
        if (isRoot) chownSync(path, NOBODY, NOBODY)
      }
      const { lines, over } = yield* writer(program, [directory, "count", "1", "owner"])
      yield* over
      assert.deepStrictEqual(lines, ["ready", "StoreFailed forbidden"])
      assert.strictEqual((yield* cells.read("count"))?.version, version)
      chmodSync(directory, 0o700)
      chmodSync(join(directory, "cell-count"), 0o700)
    }).pipe(Effect.scoped),
  )
})
