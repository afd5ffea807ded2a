import * as Effect from "effect/Effect"
import * as Lab from "./src/Lab.ts"
import { rows } from "./src/rows/All.ts"

for (const row of rows) {
  if (process.argv[2] && row.id !== process.argv[2]) continue
  const t = performance.now()
  const f = await Effect.runPromise(row.run(Lab.make(process.argv[3] === "full" ? "full" : "short")))
  process.stdout.write(
    `${row.id} ${f.held} ${(performance.now() - t).toFixed(0)}ms ${f.figures.map((x) => x.name + "=" + x.value).join(", ")} ${f.why ?? ""}\n`,
  )
}
