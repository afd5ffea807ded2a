/**
 * `npm run site:check`: builds the docs site and tries it as a reader does, in a real Chromium. Prints a line for each thing that
 * holds or failed, and at the end how many. Ends with 1 when one failed.
 *
 *   npm run site:check -- --keep       tries the site that was built, when it is current
 *   npm run site:check -- --only axe   tries what has this word in its name
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as Accessibility from "./check/Accessibility.ts"
import * as Building from "./check/Building.ts"
import { launch } from "./check/Chromium.ts"
import type { Check, Finding, Site } from "./check/Finding.ts"
import * as Layout from "./check/Layout.ts"
import * as Links from "./check/Links.ts"
import * as Machine from "./check/Machine.ts"
import * as Playground from "./check/Playground.ts"
import * as Reading from "./check/Reading.ts"
import * as Weight from "./check/Weight.ts"
import { dist } from "./site/BuiltSite.ts"
import { served } from "./site/LocalServer.ts"

const { values } = parseArgs({
  options: { keep: { type: "boolean", default: false }, only: { type: "string", default: "" } },
})

const checks: ReadonlyArray<Check> = [Links, Weight, Layout, Accessibility, Machine, Reading, Playground]

let held = 0
let failed = 0

const tell = ({ holds, says }: Finding) => {
  console.log(`  ${holds ? "ok    " : "FAILED"} ${says}`)
  if (holds) held++
  else failed++
}

const run = async (name: string, findings: AsyncIterable<Finding>) => {
  console.log(`\n${name}`)
  try {
    for await (const finding of findings) tell(finding)
  } catch (error) {
    tell({ holds: false, says: `it broke off: ${error instanceof Error ? error.stack : error}` })
  }
}

await run("building", Building.findings(values.keep))
if (failed === 0 || existsSync(join(dist, "index.html"))) {
  const server = await served()
  const browser = await launch()
  const site: Site = { address: server.address, dist, browser }
  try {
    for (const { findings, name } of checks) if (name.includes(values.only)) await run(name, findings(site))
  } finally {
    await browser.close()
    await server.close()
  }
}
console.log(`\n${held} held, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
