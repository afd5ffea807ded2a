/** The site builds, and in time. */
import { performance } from "node:perf_hooks"
import { build, isCurrent } from "../site/BuiltSite.ts"
import type { Finding } from "./Finding.ts"

/** In seconds, on two cores that do nothing else. */
const LIMIT = 60

export async function* findings(keeps: boolean): AsyncGenerator<Finding> {
  if (keeps && isCurrent()) return
  const begun = performance.now()
  const used = process.cpuUsage()
  await build()
  const wall = (performance.now() - begun) / 1_000
  const { user, system } = process.cpuUsage(used)
  const busy = (user + system) / 1e6
  // Where others take the processors, a clock says nothing of the build. On idle ones it takes no longer than its processor time.
  yield {
    holds: Math.min(wall, busy) <= LIMIT,
    says: `the site builds in: ${wall.toFixed(1)} s, ${busy.toFixed(1)} s of a processor, at most ${LIMIT} s`,
  }
}
