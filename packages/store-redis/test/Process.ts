/** A process of its own with cells in Redis. It does what `CellsProcess.ts` says. */
import * as RedisCells from "@pbx-auth/store-redis/RedisCells"
import * as Redacted from "effect/Redacted"
import { run } from "servers/src/CellsProcess.ts"

await run(
  RedisCells.layer({
    url: Redacted.make(process.env.STORE_URL ?? ""),
    prefix: process.env.STORE_PREFIX,
    timeout: "20 seconds",
  }),
)
