/** SQLite cells in front of the suite of all cells, and what they say of a database that they cannot use. */
import { chmodSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as CellsTest from "@pbx-auth/store/testing/CellsTest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { killed, writer } from "../../store/test/CrowdStage.ts"
import { makeDisk, useDisk } from "../../store/test/DiskStage.ts"
import { bytesOf, failure, modeOf, place } from "../../store/test/FileStage.ts"
import { cellsIn, databaseIn, openCells, program } from "./SqliteStage.ts"

const disk = makeDisk("sqlite")
const directory = join(disk.root, "store")

const refusal = (at: string) => Effect.flip(Effect.scoped(openCells(at)))

/** A transaction of another program, which holds the only right to write. */
const busy = (path: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const other = new DatabaseSync(path)
      other.exec("BEGIN IMMEDIATE")
      return other
    }),
    (other) => Effect.sync(() => other.close()),
  )

describe("SQLite cells", () => {
  useDisk(disk)

  const corrupt = (name: string, bytes: Uint8Array) =>
    Effect.sync(() => {
      const other = new DatabaseSync(databaseIn(directory))
      other.prepare("UPDATE cells SET bytes = ? WHERE name = ?").run(bytes, name)
      other.close()
    })

  CellsTest.suite(
    "SQLite",
    cellsIn(directory),
    { assert, describe, it },
    {
      shared: true,
      ordeals: {
        corrupt,
        full: disk.full,
        kill: process.platform === "linux" ? killed(program, directory) : undefined,
      },
    },
  )
})

describe("a database of SQLite cells", () => {
  it.live("is this user's alone, with all files that SQLite makes beside it", () =>
    Effect.gen(function* () {
      const at = join(yield* place, "new")
      const cells = yield* openCells(at)
      yield* cells.replace("a", undefined, bytesOf(1))
      const modes = readdirSync(at).map((name) => [name, modeOf(join(at, name))])
      assert.deepStrictEqual(modes.sort(), [
        ["tokens.db", "600"],
        ["tokens.db-shm", "600"],
        ["tokens.db-wal", "600"],
      ])
      assert.strictEqual(modeOf(at), "700")
      chmodSync(databaseIn(at), 0o644)
      assert.strictEqual((yield* refusal(at)).problem, "forbidden")
    }).pipe(Effect.scoped),
  )

  it.live("tells of a change when it can be read, by a file that is this user's alone", () =>
    Effect.gen(function* () {
      const at = join(yield* place, "new")
      const [cells, other] = [yield* openCells(at), yield* openCells(at)]
      const watch = cells.watch ?? assert.fail("no hints")
      let version = yield* other.replace("a", undefined, bytesOf(1))
      const changed = yield* watch("a")
      assert.strictEqual(modeOf(`${databaseIn(at)}-changed`), "600")
      for (const n of [2, 3, 4]) {
        version = yield* other.replace("a", version, bytesOf(n))
        yield* changed
        assert.strictEqual((yield* cells.read("a"))?.version, version)
      }
      // A change of another cell is not told. One of this cell is, also after somebody has removed the file.
      yield* other.replace("b", undefined, bytesOf(1))
      assert.isTrue(Option.isNone(yield* Effect.timeoutOption(changed, 50)))
      rmSync(`${databaseIn(at)}-changed`)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const again = yield* watch("a")
          yield* other.replace("a", version, undefined)
          yield* again
        }),
      )
    }).pipe(Effect.scoped),
  )

  it.live("that another process keeps busy stops no event loop, and is told after some seconds", () =>
    Effect.gen(function* () {
      const at = yield* place
      const cells = yield* openCells(at)
      const version = yield* cells.replace("a", undefined, bytesOf(1))
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* busy(databaseIn(at))
          const write = yield* Effect.forkChild(failure(cells.replace("a", version, bytesOf(2))))
          // This process goes on meanwhile, and its readers need not wait.
          let turns = 0
          while (write.pollUnsafe() === undefined) {
            yield* Effect.sleep(1)
            turns += 1
            assert.strictEqual((yield* cells.read("a"))?.version, version)
          }
          assert.isAbove(turns, 10)
          const { problem, remedy } = yield* Fiber.join(write)
          assert.deepStrictEqual([remedy, problem], ["retry", "unreachable"])
        }),
      )
      yield* cells.replace("a", version, bytesOf(3))
    }).pipe(Effect.scoped),
  )

  it.live("that becomes free in time is written", () =>
    Effect.gen(function* () {
      const at = yield* place
      const cells = yield* openCells(at)
      const write = yield* Effect.scoped(
        Effect.gen(function* () {
          yield* busy(databaseIn(at))
          const begun = yield* Effect.forkDetach(cells.replace("a", undefined, bytesOf(1)))
          yield* Effect.sleep(50)
          assert.isUndefined(begun.pollUnsafe())
          return begun
        }),
      )
      const version = yield* Fiber.join(write)
      assert.strictEqual((yield* cells.read("a"))?.version, version)
    }).pipe(Effect.scoped),
  )

  it.live("that is none, or a later version's, is refused and left as it is", () =>
    Effect.gen(function* () {
      const at = yield* place
      chmodSync(at, 0o700)
      writeFileSync(databaseIn(at), "no database ".repeat(1000), { mode: 0o600 })
      const { problem, remedy } = yield* refusal(at)
      assert.deepStrictEqual([remedy, problem], ["configure", "unreadable"])
      rmSync(databaseIn(at))
      yield* Effect.scoped(openCells(at))
      const other = new DatabaseSync(databaseIn(at))
      other.exec("PRAGMA user_version = 2")
      other.close()
      assert.strictEqual((yield* refusal(at)).problem, "newer")
      assert.strictEqual((yield* refusal("relative")).remedy, "configure")
    }).pipe(Effect.scoped),
  )

  it.live("whose files may not grow keeps the last record", () =>
    Effect.gen(function* () {
      const at = yield* place
      const cells = yield* openCells(at)
      const version = yield* cells.replace("count", undefined, new TextEncoder().encode("5"))
      // The process may write files of 64 blocks, 32 kB: its log is full soon.
      const { lines, over } = yield* writer(program, [at, "count", "1000"], "64")
      yield* over
      // SQLite knows a full disk by its word for that; this is an error of input and output to it.
      assert.strictEqual(lines.at(-1), "StoreFailed unreachable")
      const seen = yield* cells.read("count")
      const said = lines.filter((line) => /^\d+$/.test(line)).at(-1) ?? "5"
      assert.strictEqual(new TextDecoder().decode(seen?.bytes), said)
      if (said === "5") assert.strictEqual(seen?.version, version)
    }).pipe(Effect.scoped),
  )
})
