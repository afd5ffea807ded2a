/** A process of its own with cells in PostgreSQL. It does what `CellsProcess.ts` says. */
import * as PostgresCells from "@pbx-auth/store-postgres/PostgresCells"
import * as Redacted from "effect/Redacted"
import { run } from "servers/src/CellsProcess.ts"

await run(
  PostgresCells.layer({
    url: Redacted.make(process.env.STORE_URL ?? ""),
    table: process.env.STORE_TABLE,
    timeout: "20 seconds",
  }),
)
