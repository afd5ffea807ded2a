/** The site builds, and in time. */
import { performance } from "node:perf_hooks"
import { build, isCurrent } from "../site/BuiltSite.ts"
import { atMost, type Finding } from "./Finding.ts"

/** In seconds, on two cores. */
const LIMIT = 60

export async function* findings(keeps: boolean): AsyncGenerator<Finding> {
  if (keeps && isCurrent()) return
  const begun = performance.now()
  await build()
  yield atMost("the site builds in", (performance.now() - begun) / 1_000, LIMIT, "s")
}
