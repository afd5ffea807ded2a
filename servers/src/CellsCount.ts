/** Many real processes on one server: no write is lost. */
import { assert, it } from "@effect/vitest"
import { Cells } from "@pbx-auth/store/Cells"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { Peer } from "./Peer.ts"

/** Two sizes of the same test: one in `npm test`, and one in `npm run test:matrix`. */
const sizes = [
  { processes: 4, times: 50, options: {} },
  { processes: 8, times: 200, options: { tags: ["matrix"] } },
]

/** `peer` starts another process, which does what `CellsProcess.ts` says. */
export const suite = (cells: Layer.Layer<Cells, unknown>, peer: (...args: ReadonlyArray<string>) => Peer): void => {
  for (const { options, processes, times } of sizes) {
    const total = String(processes * times)
    const name = `to-${total}`
    it.live(
      `loses no write of ${processes} processes that count to ${total}`,
      () =>
        Effect.gen(function* () {
          const codes = yield* Effect.promise(() =>
            Promise.all(Array.from({ length: processes }, () => peer("count", name, String(times)).ended)),
          )
          assert.deepStrictEqual([...new Set(codes)], [0])
          const { read } = yield* Cells
          assert.strictEqual(new TextDecoder().decode((yield* read(name))?.bytes), total)
        }).pipe(Effect.provide(cells)),
      options,
    )
  }
}
