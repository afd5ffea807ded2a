/**
 * `typecheck`: checks each project of the workspace, as many at once as there are processors. Ours: `tsc -b` is for projects that refer
 * to each other, and these are apart on purpose. Vue and Svelte have checkers of their own.
 */
import { globSync } from "node:fs"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { execa } from "execa"
import pLimit from "p-limit"

// Each room and each room's tests are a compilation of their own: the rooms differ in what they may see (a chart sees
// no DOM, no Node), so one shared program would hide exactly the mistakes that the walls are there to catch.
const projects = globSync([
  "packages/*/tsconfig.json",
  "packages/*/test/tsconfig.json",
  "packages/*/typetest/tsconfig.json",
  "bench/tsconfig.json",
  "browser/tsconfig.json",
  "browser/examples/solid/tsconfig.json",
  "docs/tsconfig.json",
  "docs/playground/tsconfig.json",
  "docs/site/tsconfig.json",
  "release/outside/tsconfig.json",
  "release/tsconfig.json",
  "reliability/tsconfig.json",
  "servers/tsconfig.json",
  "tsconfig.json",
]).sort()

const inBrowser = (name: string) => fileURLToPath(new URL(`../browser/node_modules/.bin/${name}`, import.meta.url))

const checks = [
  ...projects.map((project) => [project, "tsc", ["-p", project, "--pretty"]] as const),
  ["what must compile and what must not", "tstyche", []] as const,
  ["browser/examples/vue", inBrowser("vue-tsc"), ["-p", "browser/examples/vue"]] as const,
  [
    "browser/examples/svelte",
    inBrowser("svelte-check"),
    ["--workspace", "browser/examples/svelte", "--tsconfig", "./tsconfig.json", "--fail-on-warnings"],
  ] as const,
]

// TypeScript 7 has no JavaScript API yet. So tstyche gets the last version that has one, and need not fetch any.
const env = { TSTYCHE_TYPESCRIPT_MODULE: import.meta.resolve("typescript-api") }

const inTurn = pLimit(availableParallelism())
const results = await Promise.all(
  checks.map(([project, checker, args]) =>
    inTurn(async () => {
      const { all, failed } = await execa(checker, args, { all: true, env, reject: false, stdin: "ignore" })
      process.stdout.write(`${failed ? "FAIL" : "ok  "} ${project}\n${all === "" || !failed ? "" : `${all}\n`}`)
      return !failed
    }),
  ),
)
process.exitCode = results.every(Boolean) ? 0 : 1
