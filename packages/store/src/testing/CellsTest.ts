/**
 * The contract of every `Cells`, as a suite that its adapters run:
 *
 * ```ts
 * import { assert, describe, it } from "@effect/vitest"
 * import { Cells } from "@pbx-auth/store/Cells"
 * import * as CellsTest from "@pbx-auth/store/testing/CellsTest"
 *
 * CellsTest.suite("in memory", Cells.layerMemory, { assert, describe, it })
 * ```
 *
 * The test runner is passed in, so that this module depends on none. `ordeals` says how to stop, kill, fill or spoil the place behind
 * the adapter's back; each one that is given is a test more.
 */

import type * as TokenStoreTest from "@pbx-auth/session/testing/TokenStoreTest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { type Cells, MAX_NAME } from "../Cells.ts"
import * as CellsStage from "./CellsStage.ts"
import { type Ordeals, tests } from "./Ordeals.ts"

const { bytesOf, patiently } = CellsStage

type Service = Cells["Service"]

/**
 * The part of a test runner that the suite needs; `@effect/vitest` fits.
 *
 * @category models
 */
export type Runner = TokenStoreTest.Runner

export type { Ordeals }

/**
 * What the cells that are tested promise beyond the rest.
 *
 * @category models
 */
export interface Options {
  /** True if two builds of the layer meet in one place, as two processes do. Only memory's do not. */
  readonly shared?: boolean | undefined
  /** How the suite takes their place away. Left out: those tests are not run. */
  readonly ordeals?: Ordeals | undefined
}

/** How many write at once. */
const WRITERS = 32

const CONTENTS: ReadonlyArray<Uint8Array> = [
  Uint8Array.from({ length: 256 }, (_, byte) => byte),
  new Uint8Array(0),
  bytesOf(0),
  // Neither UTF-8 nor a text of any database.
  bytesOf(0xff, 0xfe, 0x00, 0xc3, 0x28, 0x0a, 0x0d, 0x27, 0x5c),
  Uint8Array.from({ length: 262_144 }, (_, at) => (at * 31 + (at >> 8)) % 256),
]

/** Names that a file system, a pattern or a query could take for something else, or for one another. */
const NAMES: ReadonlyArray<string> = [
  ...["a", "A", "a ", "a.", "a/b", "a\\b", "a:b", "a\nb", "../a", "a*", "a%", "a_", "a?", "a[b]", "a'b", 'a"b', "a;--"],
  ...["é", "e\u0301", "☎", "😀", "CON", "nul.txt", "a%2Fb", "a+b", "a~1", "{a}"],
]

/**
 * Runs the contract against cells. `layer` is built again for every test, and may still hold what an earlier test left.
 *
 * @category testing
 */
export const suite = (
  title: string,
  layer: Layer.Layer<Cells, unknown>,
  runner: Runner,
  { ordeals = {}, shared = false }: Options = {},
): void => {
  const stage = CellsStage.make(layer, runner, shared)
  const { conflicts, holds, test, two } = stage
  const { assert } = runner

  runner.describe(`Cells: ${title}`, () => {
    test("give nothing for a name that nobody wrote", (cells, name) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* cells.read(name), undefined)
        yield* conflicts(cells, name, "no such version", bytesOf(1))
        yield* conflicts(cells, name, "1", undefined)
        assert.strictEqual(yield* cells.read(name), undefined)
      }))

    test("give back every byte that was written, and none, and 256 kB, with the version of the write", (cells, name) =>
      Effect.gen(function* () {
        const all = yield* two(cells)
        let version: string | undefined
        for (const bytes of CONTENTS) {
          version = yield* cells.replace(name, version, bytes)
          for (const one of all) yield* holds(one, name, version, bytes)
        }
        yield* cells.replace(name, version, undefined)
        for (const one of all) assert.strictEqual(yield* one.read(name), undefined)
      }))

    test("are written only over the version that the writer has seen, and use no version twice", (cells, name) =>
      Effect.gen(function* () {
        const all = yield* two(cells)
        const versions: Array<string> = []
        for (let life = 1; life <= 3; life++) {
          const first = yield* cells.replace(name, undefined, bytesOf(life))
          const second = yield* cells.replace(name, first, bytesOf(life))
          versions.push(first, second)
          for (const one of all) {
            yield* conflicts(one, name, undefined, bytesOf(9))
            yield* conflicts(one, name, first, bytesOf(9))
            yield* conflicts(one, name, first, undefined)
            yield* holds(one, name, second, bytesOf(life))
          }
          yield* cells.replace(name, second, undefined)
          for (const one of all) {
            for (const version of versions) yield* conflicts(one, name, version, bytesOf(9))
            yield* conflicts(one, name, second, undefined)
            assert.strictEqual(yield* one.read(name), undefined)
          }
        }
        assert.strictEqual(new Set(versions).size, versions.length)
      }))

    test("keep names apart, whatever letters they have and however long they are", (cells, name) =>
      Effect.gen(function* () {
        const room = MAX_NAME - name.length - 1
        const names = [...NAMES, ...["a", "b"].map((end) => "x".repeat(room - 1) + end)].map((one) => `${name}.${one}`)
        const versions: Array<string> = []
        for (const [at, one] of names.entries()) versions.push(yield* cells.replace(one, undefined, bytesOf(at)))
        for (const [at, one] of names.entries()) yield* holds(cells, one, versions[at] ?? "", bytesOf(at))
        assert.deepStrictEqual([...(yield* cells.list(`${name}.`))].sort(), [...names].sort())
        for (const [at, one] of names.entries()) yield* cells.replace(one, versions[at], undefined)
        assert.deepStrictEqual(yield* cells.list(`${name}.`), [])
      }))

    test("are listed by the beginning of their names, which is no pattern", (cells, name) =>
      Effect.gen(function* () {
        const names = ["one", "two", "t%o", "t_o", "t*o", "T"].map((one) => `${name}.${one}`)
        for (const one of names) yield* cells.replace(one, undefined, bytesOf(1))
        const list = (prefix: string) => Effect.map(cells.list(`${name}.${prefix}`), (found) => [...found].sort())
        assert.deepStrictEqual(yield* list(""), [...names].sort())
        assert.deepStrictEqual(yield* list("tw"), [`${name}.two`])
        assert.deepStrictEqual(yield* list("two"), [`${name}.two`])
        assert.deepStrictEqual(yield* list("wo"), [])
        for (const letter of ["%", "_", "*"]) {
          assert.deepStrictEqual(yield* list(`t${letter}`), [`${name}.t${letter}o`])
        }
        assert.deepStrictEqual(yield* list("T"), [`${name}.T`])
        assert.strictEqual((yield* cells.list("")).filter((one) => one.startsWith(name)).length, names.length)
        for (const one of names) yield* cells.replace(one, (yield* cells.read(one))?.version, undefined)
        assert.deepStrictEqual(yield* list(""), [])
      }))

    test("let one of many writers win, each time", (cells, name) =>
      Effect.gen(function* () {
        const all = yield* two(cells)
        let version: string | undefined
        for (let round = 0; round < 4; round++) {
          const writes = yield* Effect.forEach(
            Array.from({ length: WRITERS }, (_, writer) => all[writer % all.length] ?? cells),
            (one, writer) =>
              // In the last round they remove it.
              Effect.result(patiently(one.replace(name, version, round === 3 ? undefined : bytesOf(round, writer)))),
            { concurrency: "unbounded" },
          )
          const won = writes.flatMap((write, writer) => (Result.isSuccess(write) ? [[write.success, writer]] : []))
          assert.strictEqual(won.length, 1)
          for (const write of writes) {
            if (Result.isFailure(write)) assert.strictEqual(write.failure._tag, "StoreConflict")
          }
          const [[wrote, writer] = []] = won
          if (round < 3) yield* holds(cells, name, String(wrote), bytesOf(round, Number(writer)))
          else assert.strictEqual(yield* cells.read(name), undefined)
          version = String(wrote)
        }
      }))

    test("lose no update of many who read, count and write", (cells, name) =>
      Effect.gen(function* () {
        const all = yield* two(cells)
        // A conflict means that another one was quicker, so nobody has more of them than there are others.
        const count = (one: Service, tries: number): Effect.Effect<void, unknown> =>
          Effect.gen(function* () {
            const seen = yield* patiently(one.read(name))
            yield* Effect.yieldNow
            yield* patiently(one.replace(name, seen?.version, bytesOf((seen?.bytes[0] ?? 0) + 1)))
          }).pipe(
            Effect.catchIf(
              () => tries > 1,
              () => Effect.andThen(Effect.yieldNow, count(one, tries - 1)),
            ),
          )
        yield* Effect.forEach(
          Array.from({ length: WRITERS }, (_, writer) => all[writer % all.length] ?? cells),
          (one) => count(one, WRITERS),
          { concurrency: "unbounded", discard: true },
        )
        const seen = yield* cells.read(name)
        assert.strictEqual(seen?.bytes[0], WRITERS)
        yield* cells.replace(name, seen?.version, undefined)
      }))

    test("are whole after a write that was interrupted", (cells, name) =>
      Effect.gen(function* () {
        let version = yield* cells.replace(name, undefined, bytesOf(0))
        for (let round = 1; round <= 10; round++) {
          const write = yield* Effect.forkChild(cells.replace(name, version, bytesOf(round)))
          for (let turns = 1; turns < round; turns++) yield* Effect.yieldNow
          yield* Fiber.interrupt(write)
          const seen = yield* patiently(cells.read(name))
          const was = seen?.version === version ? round - 1 : round
          assert.deepStrictEqual(seen && [...seen.bytes], [was])
          version = yield* patiently(cells.replace(name, seen?.version, bytesOf(round)))
        }
        yield* cells.replace(name, version, undefined)
      }))

    if (shared) {
      test("tell who watches a name of a change, also of one before the wait, and each who watches", (cells, name) =>
        Effect.gen(function* () {
          const [, other = cells] = yield* two(cells)
          // Hints are optional.
          const { watch } = cells
          if (watch === undefined) return
          let version = yield* other.replace(name, undefined, bytesOf(0))
          for (let round = 1; round <= 2; round++) {
            yield* Effect.scoped(
              Effect.gen(function* () {
                const [first, second] = [yield* watch(name), yield* watch(name)]
                version = yield* other.replace(name, version, bytesOf(round))
                yield* first
                yield* second
                const waiting = yield* Effect.forkChild(first)
                yield* Effect.yieldNow
                version = yield* other.replace(name, version, bytesOf(round + 10))
                yield* Fiber.join(waiting)
              }),
            )
          }
          const gone = yield* Effect.scoped(
            Effect.gen(function* () {
              const change = yield* watch(name)
              yield* other.replace(name, version, undefined)
              yield* change
              return yield* cells.read(name)
            }),
          )
          assert.strictEqual(gone, undefined)
        }))

      test("call no holder dead who lives, or of whom nobody has heard", (cells, name) =>
        Effect.gen(function* () {
          for (const { presence } of yield* two(cells)) {
            if (presence === undefined) return
            assert.strictEqual(yield* presence.isGone(name), false)
            yield* Effect.scoped(
              Effect.gen(function* () {
                yield* presence.announce(name)
                for (const one of yield* two(cells)) {
                  assert.strictEqual(yield* one.presence?.isGone(name) ?? Effect.succeed(false), false)
                }
              }),
            )
          }
        }))
    }

    tests(stage, ordeals)
  })
}
