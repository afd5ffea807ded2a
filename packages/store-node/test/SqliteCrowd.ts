/**
 * A process of a crowd that shares SQLite cells. Arguments: the directory of the database, cell, how often, and `announce` with a
 * holder's name.
 */
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as SqliteCells from "@pbx-auth/store-node/SqliteCells"
import * as Layer from "effect/Layer"
import { crowd } from "../../store/test/CellsCrowd.ts"

const [directory = "", name = "", times = "0", , holder] = process.argv.slice(2)

await crowd(Layer.provide(SqliteCells.layer({ path: join(directory, "tokens.db") }), NodeFileSystem.layer), {
  ...{ name, times: Number(times), holder },
})
