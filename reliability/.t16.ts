import * as Lab from "./src/Lab.ts"
import { see } from "./src/Row.ts"
import { rows } from "./src/rows/All.ts"
const lab = Lab.make((process.argv[3] ?? "smoke") as never)
for (const row of rows) if (process.argv[2]?.split(",").includes(row.id)) { const c = process.cpuUsage(); const t = performance.now(); const f = await see(row, lab); const d = process.cpuUsage(c); console.log(row.id, f.held, f.why ?? "", ((d.user + d.system) / 1e6).toFixed(2), "wall", ((performance.now() - t) / 1000).toFixed(1)) }
process.exit()
