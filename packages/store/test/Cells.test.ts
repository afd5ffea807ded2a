/** Cells in memory, and a suite that finds cells that break the contract. */
import { assert, describe, it } from "@effect/vitest"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import { StoreConflict } from "@pbx-auth/session/TokenStore"
import { Cells } from "@pbx-auth/store/Cells"
import * as CellsTest from "@pbx-auth/store/testing/CellsTest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

type Service = Cells["Service"]

CellsTest.suite("in memory", Cells.layerMemory, { assert, describe, it })

/** One place for all builds of the layer, which can be spoiled. */
const place = (break_: (right: Service) => Service = (right) => right) => {
  const right = Effect.runSync(Effect.provide(Cells, Cells.layerMemory))
  const harm: { away?: true; full?: true; forbidden?: true } = {}
  const failed = (problem: "unreachable" | "full" | "forbidden") =>
    new StoreFailed({ remedy: problem === "unreachable" ? "retry" : "configure", problem, fix: "Mend it." })
  const unlessAway = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.suspend(
      (): Effect.Effect<A, E | StoreFailed> => (harm.away === undefined ? effect : Effect.fail(failed("unreachable"))),
    )
  const cells: Service = {
    read: (name) => unlessAway(right.read(name)),
    replace: (name, expected, next) =>
      unlessAway(
        Effect.suspend(() => {
          if (harm.full !== undefined) return Effect.fail(failed("full"))
          if (harm.forbidden !== undefined) return Effect.fail(failed("forbidden"))
          return right.replace(name, expected, next)
        }),
      ),
    list: (prefix) => unlessAway(right.list(prefix)),
  }
  const doing = (what: keyof typeof harm) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        harm[what] = true
      }),
      () => Effect.sync(() => delete harm[what]),
    )
  const ordeals: CellsTest.Ordeals = {
    crash: Effect.void,
    away: doing("away"),
    full: doing("full"),
    forbidden: doing("forbidden"),
    corrupt: (name, bytes) => Effect.flatMap(right.read(name), (seen) => right.replace(name, seen?.version, bytes)),
  }
  return { layer: Layer.succeed(Cells, break_(cells)), ordeals, right }
}

describe("the suite", () => {
  /** Runs it against cells, and gives the names of the tests that fail. */
  const failures = (break_?: (right: Service) => Service, ordeals: CellsTest.Ordeals = {}) =>
    Effect.gen(function* () {
      const tests: Array<readonly [string, () => Effect.Effect<void, unknown>]> = []
      const { layer, ordeals: kind } = place(break_)
      const runner = {
        assert,
        describe: (_: string, run: () => void) => run(),
        it: {
          live: (name: string, test: Parameters<CellsTest.Runner["it"]["live"]>[1]) =>
            tests.push([name, () => Effect.scoped(test())]),
        },
      }
      CellsTest.suite("broken", layer, runner, { shared: true, ordeals: { ...kind, ...ordeals } })
      assert.lengthOf(tests, 15)
      const failed: Array<string> = []
      for (const [name, test] of tests) {
        if ((yield* Effect.exit(test()))._tag === "Failure") failed.push(name)
      }
      return failed
    })

  it.live("passes cells that are right", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* failures(), [])
    }),
  )

  const breaks: Record<string, readonly [(right: Service) => Service, string]> = {
    "compare nothing": [
      (right) => ({
        ...right,
        replace: (name, _, next) =>
          Effect.flatMap(right.read(name), (seen) => right.replace(name, seen?.version, next)),
      }),
      "are written only over the version that the writer has seen, and use no version twice",
    ],
    "compare first and write later": [
      (right) => ({
        ...right,
        replace: (name, expected, next) =>
          Effect.gen(function* () {
            if ((yield* right.read(name))?.version !== expected) return yield* Effect.fail(new StoreConflict())
            yield* Effect.yieldNow
            return yield* right.replace(name, (yield* right.read(name))?.version, next)
          }),
      }),
      "lose no update of many who read, count and write",
    ],
    "take no notice of case": [
      (right) => ({
        read: (name) => right.read(name.toLowerCase()),
        replace: (name, expected, next) => right.replace(name.toLowerCase(), expected, next),
        list: (prefix) => right.list(prefix.toLowerCase()),
      }),
      "keep names apart, whatever letters they have and however long they are",
    ],
    "cut names": [
      (right) => ({
        ...right,
        read: (name) => right.read(name.slice(0, 64)),
        replace: (name, expected, next) => right.replace(name.slice(0, 64), expected, next),
      }),
      "keep names apart, whatever letters they have and however long they are",
    ],
    "keep text alone": [
      (right) => ({
        ...right,
        replace: (name, expected, next) =>
          right.replace(name, expected, next && new TextEncoder().encode(new TextDecoder().decode(next))),
      }),
      "give back every byte that was written, and none, and 256 kB, with the version of the write",
    ],
    "take a prefix for a pattern": [
      (right) => ({
        ...right,
        list: (prefix) =>
          Effect.map(right.list(""), (names) => {
            const pattern = new RegExp(`^${prefix.replaceAll(".", "\\.").replaceAll("%", ".*").replaceAll("_", ".")}`)
            return names.filter((name) => pattern.test(name))
          }),
      }),
      "are listed by the beginning of their names, which is no pattern",
    ],
    "take a spoiled cell for an absent one": [
      (right) => ({
        ...right,
        read: (name) => Effect.map(right.read(name), (seen) => (seen && seen.bytes.length < 8 ? undefined : seen)),
      }),
      "never take a spoiled cell for an absent one",
    ],
    "hide that the place does not answer": [
      (right) => ({ ...right, read: (name) => Effect.orElseSucceed(right.read(name), () => undefined) }),
      "say that it may pass while the place does not answer, and go on afterwards",
    ],
  }

  for (const [what, [break_, found]] of Object.entries(breaks)) {
    it.live(`finds cells that ${what}`, () =>
      Effect.gen(function* () {
        assert.include(yield* failures(break_), found)
      }),
    )
  }

  it.live("finds versions that come again after a removal", () =>
    Effect.gen(function* () {
      const found = yield* failures((right) => {
        const versions = new Map<string, number>()
        const own = (name: string, version: string | undefined) => version && `${versions.get(name) ?? 0}`
        return {
          ...right,
          read: (name) =>
            Effect.map(right.read(name), (seen) => seen && { ...seen, version: own(name, seen.version) ?? "" }),
          replace: (name, expected, next) =>
            Effect.gen(function* () {
              const seen = yield* right.read(name)
              if (own(name, seen?.version) !== expected) return yield* Effect.fail(new StoreConflict())
              yield* right.replace(name, seen?.version, next)
              const version = next === undefined ? 0 : (versions.get(name) ?? 0) + 1
              versions.set(name, version)
              return String(version)
            }),
        }
      })
      assert.include(found, "are written only over the version that the writer has seen, and use no version twice")
    }),
  )

  it.live("finds a crash that loses what was acknowledged", () =>
    Effect.gen(function* () {
      let all: ReadonlyArray<string> = []
      let cells: Service | undefined
      const found = yield* failures(
        (right) => {
          cells = right
          return right
        },
        {
          crash: Effect.gen(function* () {
            if (cells === undefined) return
            all = yield* cells.list("")
            for (const name of all) yield* cells.replace(name, (yield* cells.read(name))?.version, undefined)
          }),
        },
      )
      assert.deepStrictEqual(found, ["keep what was acknowledged before a crash, and go on"])
      assert.isNotEmpty(all)
    }),
  )
})
