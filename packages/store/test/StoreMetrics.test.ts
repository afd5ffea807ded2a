/** What a sealed store counts: which keys are in use, and writes that came too late. */
import { readFileSync } from "node:fs"
import { assert, it } from "@effect/vitest"
import * as StoreMetrics from "@pbx-auth/store/StoreMetrics"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { glass, key, processOn, record } from "./Made.ts"

const countOf = (metric: Metric.Metric<number, Metric.CounterState<number>>) =>
  Effect.map(Metric.value(metric), ({ count }) => count)

it.effect("uses of each key are counted by its id, and conflicts", () =>
  Effect.gen(function* () {
    const uses = (keyId: string, what: string) =>
      countOf(Metric.withAttributes(StoreMetrics.keyUses, { "pbx_auth.key_id": keyId, "pbx_auth.what": what }))
    const { cells } = yield* glass
    const old = yield* processOn(cells, key(1))
    const rotated = yield* processOn(cells, key(2), key(1))
    const [oldId, newId] = [old.records.keyId, rotated.records.keyId]
    const before = yield* countOf(StoreMetrics.conflicts)

    const version = yield* old.store.replace("one", undefined, record(1))
    assert.deepStrictEqual([yield* uses(oldId, "sealed"), yield* uses(newId, "sealed")], [1, 0])
    yield* rotated.store.read("one")
    assert.deepStrictEqual([yield* uses(oldId, "opened"), yield* uses(newId, "opened")], [1, 0])
    // It was sealed again with the new key, so the version of the old process has passed.
    yield* rotated.store.read("one")
    assert.deepStrictEqual([yield* uses(oldId, "opened"), yield* uses(newId, "opened")], [1, 1])
    assert.strictEqual((yield* Effect.flip(old.store.replace("one", version, record(2))))._tag, "StoreConflict")
    assert.strictEqual((yield* countOf(StoreMetrics.conflicts)) - before, 1)
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
)

it("are described where operators look", () => {
  const page = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8")
  for (const { id } of [StoreMetrics.keyUses, StoreMetrics.conflicts]) assert.include(page, `| \`${id}\` |`)
})
