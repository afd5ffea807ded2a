import { spawn } from "node:child_process"
import { globSync } from "node:fs"
import { availableParallelism } from "node:os"

// Each room and each room's tests are a compilation of their own: the rooms differ in what they may see (a chart sees
// no DOM, no Node), so one shared program would hide exactly the mistakes that the walls are there to catch.
const projects = globSync([
  "packages/*/tsconfig.json",
  "packages/*/test/tsconfig.json",
  "packages/*/typetest/tsconfig.json",
  "bench/tsconfig.json",
  "browser/tsconfig.json",
  "docs/tsconfig.json",
  "release/tsconfig.json",
  "reliability/tsconfig.json",
  "tsconfig.json",
]).sort()

const check = (project: string) =>
  new Promise<boolean>((resolve) => {
    const tsc = spawn("tsc", ["-p", project, "--pretty"], { stdio: ["ignore", "pipe", "pipe"] })
    let output = ""
    tsc.stdout.on("data", (chunk) => (output += chunk))
    tsc.stderr.on("data", (chunk) => (output += chunk))
    tsc.on("close", (code) => {
      process.stdout.write(`${code === 0 ? "ok  " : "FAIL"} ${project}\n${output}`)
      resolve(code === 0)
    })
  })

const queue = [...projects]
const results: Array<boolean> = []
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let project = queue.shift(); project !== undefined; project = queue.shift()) results.push(await check(project))
  }),
)
process.exitCode = results.every(Boolean) ? 0 : 1
