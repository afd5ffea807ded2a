// The suites of cells and of stores, and what several tabs do at once, for a test that drives this page.
import * as TokenStoreTest from "@pbx-auth/session/testing/TokenStoreTest"
import { Cells } from "@pbx-auth/store/Cells"
import * as IndexedDbCells from "@pbx-auth/store/IndexedDbCells"
import * as IndexedDbKeyRing from "@pbx-auth/store/IndexedDbKeyRing"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import * as CellsTest from "@pbx-auth/store/testing/CellsTest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Scope from "effect/Scope"

/** What the test does for this page, from outside. */
declare global {
  interface Window {
    /** Gives this site so many bytes; `undefined`: as before. */
    outside: (what: {
      readonly quota?: number | null
      readonly killHolder?: string
      readonly counted?: number
    }) => Promise<void>
  }
}

const same = (actual: unknown, expected: unknown): boolean => Object.is(actual, expected)
const shown = (value: unknown) => JSON.stringify(value, (_, one) => (one === undefined ? "undefined" : one))

const check = (isRight: boolean, actual: unknown, expected: unknown, message = "") => {
  if (!isRight)
    throw new Error(`${message} got ${shown(actual)?.slice(0, 300)}, expected ${shown(expected)?.slice(0, 300)}`)
}

const assert: CellsTest.Runner["assert"] = {
  strictEqual: (actual, expected, message) => check(same(actual, expected), actual, expected, message),
  notStrictEqual: (actual, expected, message) => check(!same(actual, expected), actual, expected, message),
  deepStrictEqual: (actual, expected, message) => check(shown(actual) === shown(expected), actual, expected, message),
}

/** Each test of a suite with its failure. */
const run = async (suite: (runner: CellsTest.Runner) => void) => {
  const tests: Array<readonly [string, () => Effect.Effect<void, unknown, Scope.Scope>]> = []
  suite({ assert, describe: (_, body) => body(), it: { live: (name, test) => tests.push([name, test]) } })
  const results: Array<readonly [name: string, failure: string | undefined]> = []
  for (const [name, test] of tests) {
    const failure = await Effect.runPromise(Effect.scoped(test())).then(
      () => undefined,
      (error: unknown) => String(error),
    )
    results.push([name, failure])
  }
  return results
}

const outside = (what: Parameters<Window["outside"]>[0]) => Effect.promise(() => window.outside(what))

/** One write behind the library's back. Returns whether the browser took it. */
const put = (database: string, name: string, value: unknown) =>
  new Promise<boolean>((resolve) => {
    const request = indexedDB.open(database)
    request.onsuccess = () => {
      const transaction = request.result.transaction("cells", "readwrite", { durability: "strict" })
      transaction.objectStore("cells").put(value, name)
      const end = (isTaken: boolean) => {
        request.result.close()
        resolve(isTaken)
      }
      transaction.oncomplete = () => end(true)
      transaction.onabort = () => end(false)
    }
  })

const corrupt = (name: string, bytes: Uint8Array) => Effect.promise(() => put("suite", name, bytes))

/** Takes all the room that the site has, in ever smaller pieces. */
const fill = Effect.promise(async () => {
  for (const size of [262_144, 16_384, 1_024]) {
    for (let piece = 0; piece < 64; piece++) {
      const bytes = crypto.getRandomValues(new Uint8Array(Math.min(size, 65_536)))
      if (!(await put("suite", `filler.${size}.${piece}`, [bytes, bytes, bytes, bytes].slice(0, size / bytes.length))))
        break
    }
  }
})

const SuiteCells = IndexedDbCells.layer({ database: "suite" })

const runtime = ManagedRuntime.make(IndexedDbCells.layer({ database: "tabs" }))
const bytesOf = (number: number) => new TextEncoder().encode(String(number))
const numberOf = (bytes: Uint8Array | undefined) => Number(new TextDecoder().decode(bytes) || "0")

/** Counts one further in a cell that all tabs share, and returns the count. */
const count = (name: string): Effect.Effect<number, unknown, Cells> =>
  Effect.gen(function* () {
    const cells = yield* Cells
    const seen = yield* cells.read(name)
    const next = numberOf(seen?.bytes) + 1
    yield* cells.replace(name, seen?.version, bytesOf(next))
    return next
  }).pipe(Effect.catchTag("StoreConflict" as never, () => count(name)))

const page = {
  cellsSuite: () =>
    run((runner) =>
      CellsTest.suite("IndexedDB", SuiteCells, runner, {
        shared: true,
        ordeals: {
          corrupt,
          full: Effect.acquireRelease(fill, () => outside({ quota: null })),
          kill: (holder) => outside({ killHolder: holder }),
        },
      }),
    ),
  storeSuite: () =>
    run((runner) =>
      TokenStoreTest.suite(
        "sealed in IndexedDB",
        SealedTokenStore.layer.pipe(Layer.provide([SuiteCells, IndexedDbKeyRing.layer({ database: "suite" })])),
        runner,
      ),
    ),
  /** Counts so often, and tells the test of each. */
  count: (name: string, times: number) =>
    runtime.runPromise(
      Effect.forEach(Array.from({ length: times }), () => Effect.tap(count(name), (to) => outside({ counted: to })), {
        discard: true,
      }),
    ),
  counted: (name: string) =>
    runtime.runPromise(Cells.use((cells) => Effect.map(cells.read(name), (seen) => numberOf(seen?.bytes)))),
  announce: (holder: string) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const cells = yield* Scope.provide(IndexedDbCells.make({ database: "suite" }), scope)
        yield* cells.presence === undefined ? Effect.void : Scope.provide(cells.presence.announce(holder), scope)
      }),
    ),
  /** The problem of a first read, where storage is denied. */
  problem: () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const cells = yield* IndexedDbCells.make()
        return (yield* Effect.flip(cells.read("a"))).problem
      }).pipe(Effect.scoped),
    ),
  keyProblem: () => Effect.runPromise(Effect.map(Effect.flip(IndexedDbKeyRing.make()), ({ problem }) => problem)),
}

export type Page = typeof page

Object.assign(window, { page })
