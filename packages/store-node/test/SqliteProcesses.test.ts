/**
 * SQLite cells between real processes: many that write at once, and some that are killed in the middle of it.
 *
 * @module-tag slow
 */
import * as Effect from "effect/Effect"
import { crowdSuite } from "../../store/test/CrowdStage.ts"
import { place } from "../../store/test/FileStage.ts"
import { openCells, program } from "./SqliteStage.ts"

crowdSuite("SQLite cells", {
  program,
  place: Effect.gen(function* () {
    const at = yield* place
    return { at, cells: yield* openCells(at) }
  }),
})
