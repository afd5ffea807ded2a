/**
 * A reseller's processes over real stores, for a moment. Row R27 has them at full length; in `npm test` it has no processes.
 *
 * @module-tag matrix
 */
import { titled } from "servers/src/Server.ts"
import { describe, expect, it } from "vitest"
import * as Fleet from "../src/reseller/Fleet.ts"
import * as Ground from "../src/shared/Ground.ts"

for (const kind of ["redis", "postgres"] as const) {
  describe.skipIf(Ground.missing(kind) !== undefined)(
    titled(`five processes over ${kind}`, Ground.missing(kind)),
    () => {
      it("keep to one client id's limits together", async () => {
        const { ofFloor, slowestToFastest, ...seen } = await Fleet.run({ kind, domains: 40, calls: 3, window: 1 })
        expect(seen).toEqual({ refused: 0, requests: expect.any(Number), ended: 5, failed: 0, areShared: true })
        expect(seen.requests).toBeGreaterThan(160)
        expect(ofFloor).toBeGreaterThan(0.9)
        expect(slowestToFastest).toBeGreaterThanOrEqual(1)
      })
    },
  )
}
