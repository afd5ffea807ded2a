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

import type { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { StoreConflict } from "@pbx-auth/session/TokenStore"

import type * as TokenStoreTest from "@pbx-auth/session/testing/TokenStoreTest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Cells, MAX_NAME } from "../Cells.ts"

/**
 * The part of a test runner that the suite needs; `@effect/vitest` fits.
 *
 * @category models
 */
export type Runner = TokenStoreTest.Runner

/**
 * What can be done to the place where the cells are. An effect with a scope does its harm for as long as the scope is open.
 *
 * @category models
 */
export interface Ordeals {
  /** Kills the server without a warning (SIGKILL) and starts it again. What was acknowledged must be there afterwards. */
  readonly crash?: Effect.Effect<void, unknown> | undefined
  /** The place does not answer. */
  readonly away?: Effect.Effect<void, unknown, Scope.Scope> | undefined
  /** There is no room left. */
  readonly full?: Effect.Effect<void, unknown, Scope.Scope> | undefined
  /** This process may not write there. */
  readonly forbidden?: Effect.Effect<void, unknown, Scope.Scope> | undefined
  /** Puts other bytes into a cell that exists, as a failing disk or a stranger does. */
  readonly corrupt?: ((name: string, bytes: Uint8Array) => Effect.Effect<void, unknown>) | undefined
  /** Starts another process that announces `holder`, and kills it. */
  readonly kill?: ((holder: string) => Effect.Effect<void, unknown>) | undefined
}

/**
 * @category models
 */
export interface Options {
  /** True if two builds of the layer meet in one place, as two processes do. Only memory's do not. */
  readonly shared?: boolean | undefined
  readonly ordeals?: Ordeals | undefined
}

type Service = Cells["Service"]

/** How many write at once. */
const WRITERS = 32

const bytesOf = (...bytes: ReadonlyArray<number>) => Uint8Array.from(bytes)

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

/** Asks again for some seconds while the store says that it may pass. */
const patiently = <A, E extends StoreConflict | StoreFailed>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.retry(effect, {
    schedule: Schedule.spaced(50),
    times: 400,
    while: (error: StoreConflict | StoreFailed) => error._tag === "StoreFailed" && error.remedy === "retry",
  })

/**
 * Runs the contract against cells. `layer` is built again for every test, and may still hold what an earlier test left.
 *
 * @category testing
 */
export const suite = (
  title: string,
  layer: Layer.Layer<Cells, unknown>,
  { assert, describe, it }: Runner,
  { ordeals = {}, shared = false }: Options = {},
): void => {
  const build = Effect.map(Layer.build(Layer.fresh(layer)), (context) => Context.get(context, Cells))

  const test = (what: string, body: (cells: Service, name: string) => Effect.Effect<void, unknown, Scope.Scope>) =>
    it.live(what, () => Effect.flatMap(build, (cells) => body(cells, `test.${crypto.randomUUID()}`)))

  /** A test that only some stores can take. */
  const testOf = <What>(
    given: What | undefined,
    what: string,
    body: (given: What, cells: Service, name: string) => Effect.Effect<void, unknown, Scope.Scope>,
  ) => given !== undefined && test(what, (cells, name) => body(given, cells, name))

  /** The cells as this process and another one have them. */
  const two = (cells: Service) => (shared ? Effect.map(build, (other) => [cells, other]) : Effect.succeed([cells]))

  const holds = (cells: Service, name: string, version: string, bytes: Uint8Array) =>
    Effect.map(patiently(cells.read(name)), (seen) => {
      assert.strictEqual(seen?.version, version)
      // A store may return a subclass, such as Node's Buffer.
      assert.deepStrictEqual(seen && [...seen.bytes], [...bytes])
    })

  const conflicts = (cells: Service, name: string, expected: string | undefined, next: Uint8Array | undefined) =>
    Effect.map(Effect.flip(cells.replace(name, expected, next)), (error) =>
      assert.strictEqual(error._tag, "StoreConflict"),
    )

  /** The failure of an access, which must be a `StoreFailed`. */
  const failure = <A>(access: Effect.Effect<A, { readonly _tag: string }>) =>
    Effect.map(Effect.flip(access), (error) => {
      assert.strictEqual(error._tag, "StoreFailed")
      return error as unknown as StoreFailed
    })

  describe(`Cells: ${title}`, () => {
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

    testOf(ordeals.kill, "notice that a holder was killed", (kill, cells, name) =>
      Effect.gen(function* () {
        const isGone = cells.presence?.isGone(name) ?? Effect.succeed(false)
        yield* kill(name)
        // It takes the server a moment. The runner's time limit ends a wait without end.
        yield* Effect.repeat(Effect.delay(isGone, 10), { until: (gone) => gone })
      }),
    )

    testOf(ordeals.crash, "keep what was acknowledged before a crash, and go on", (crash, cells, name) =>
      Effect.gen(function* () {
        const versions: Array<string> = []
        let version: string | undefined
        for (let round = 0; round < 3; round++) {
          for (let write = 0; write < 5; write++) {
            version = yield* patiently(cells.replace(name, version, bytesOf(round, write)))
            versions.push(version)
          }
          yield* crash
          yield* holds(cells, name, version ?? "", bytesOf(round, 4))
          for (const old of versions.slice(0, -1)) yield* conflicts(cells, name, old, bytesOf(9))
        }
        yield* cells.replace(name, version, undefined)
        yield* crash
        assert.strictEqual(yield* patiently(cells.read(name)), undefined)
        version = yield* cells.replace(name, undefined, bytesOf(1))
        assert.strictEqual(versions.includes(version), false)
        yield* cells.replace(name, version, undefined)
      }),
    )

    testOf(
      ordeals.away,
      "say that it may pass while the place does not answer, and go on afterwards",
      (away, cells, name) =>
        Effect.gen(function* () {
          const version = yield* cells.replace(name, undefined, bytesOf(1))
          yield* Effect.scoped(
            Effect.gen(function* () {
              yield* away
              for (const access of [cells.read(name), cells.replace(name, version, bytesOf(2)), cells.list(name)]) {
                assert.strictEqual((yield* failure<unknown>(access)).remedy, "retry")
              }
            }),
          )
          yield* holds(cells, name, version, bytesOf(1))
          yield* holds(cells, name, yield* patiently(cells.replace(name, version, bytesOf(3))), bytesOf(3))
        }),
    )

    testOf(
      ordeals.full,
      "say that there is no room, keep what they held, and go on when there is some",
      (full, cells, name) =>
        Effect.gen(function* () {
          const version = yield* cells.replace(name, undefined, bytesOf(1))
          yield* Effect.scoped(
            Effect.gen(function* () {
              yield* full
              const failed = yield* failure(cells.replace(name, version, new Uint8Array(65_536).fill(2)))
              assert.strictEqual(failed.problem, "full")
              assert.strictEqual(typeof failed.fix, "string")
              yield* holds(cells, name, version, bytesOf(1))
            }),
          )
          yield* holds(cells, name, yield* patiently(cells.replace(name, version, bytesOf(3))), bytesOf(3))
        }),
    )

    testOf(ordeals.forbidden, "say that they may not be written, and go on when they may", (forbidden, cells, name) =>
      Effect.gen(function* () {
        const version = yield* cells.replace(name, undefined, bytesOf(1))
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* forbidden
            const failed = yield* failure(cells.replace(name, version, bytesOf(2)))
            assert.strictEqual(failed.problem, "forbidden")
            assert.strictEqual(failed.remedy, "configure")
            assert.strictEqual(typeof failed.fix, "string")
          }),
        )
        yield* holds(cells, name, version, bytesOf(1))
        yield* holds(cells, name, yield* patiently(cells.replace(name, version, bytesOf(3))), bytesOf(3))
      }),
    )

    testOf(ordeals.corrupt, "never take a spoiled cell for an absent one", (corrupt, cells, name) =>
      Effect.gen(function* () {
        for (const bytes of [new Uint8Array(0), bytesOf(0), bytesOf(...new TextEncoder().encode("rubbish"))]) {
          const one = `${name}.${bytes.length}`
          yield* cells.replace(
            one,
            undefined,
            Uint8Array.from({ length: 400 }, (_, at) => at % 256),
          )
          yield* corrupt(one, bytes)
          const seen = yield* Effect.result(cells.read(one))
          // Whether bytes are a record is the seal's to say. The adapter may say so first.
          if (Result.isSuccess(seen)) assert.notStrictEqual(seen.success, undefined)
          else assert.strictEqual(seen.failure._tag, "StoreFailed")
          assert.strictEqual(Result.isFailure(yield* Effect.result(cells.replace(one, undefined, bytesOf(9)))), true)
        }
      }),
    )
  })
}
