import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// Tests start hundreds of processes that load the same files. Node compiles each file once and keeps the result here, by the
// file's content. The workers and their children inherit the variable.
process.env.NODE_COMPILE_CACHE ??= at("node_modules/.compile-cache")

/** Files that take longest, so that none of them is left alone at the end: first the longest, each beside one that mostly waits. */
const long = [
  "reliability/test/Smoke.test.ts",
  "browser/test/Chromium.test.ts",
  "docs/test/Examples.test.ts",
  "reliability/test/Runtimes.test.ts",
  "test/AddedProvider.test.ts",
  "packages/cli/test/BrowserLogin.test.ts",
  "packages/cli/test/Week.test.ts",
  "packages/emulator/test/Process.test.ts",
  "packages/cli/test/Keyring.test.ts",
  "packages/providers/test/Deadline.test.ts",
].map(at)

/** The order of vitest, behind the long files. In a fresh clone it knows the sizes of files, and not yet what they take. */
class LongFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const place = ({ moduleId }: TestSpecification) => (long.includes(moduleId) ? long.indexOf(moduleId) : long.length)
    return (await super.sort(files)).sort((one, other) => place(one) - place(other))
  }
}

interface Part {
  /** For `--project`. */
  readonly name: string
  readonly root: string
  readonly setupFiles?: ReadonlyArray<string>
  readonly globalSetup?: ReadonlyArray<string>
}

/** A package, with what is built before its tests. */
const pkg = (name: string, isBuilt = false): Part => {
  const root = `packages/${name}`
  return isBuilt ? { name, root, globalSetup: [at(`${root}/test/Built.ts`)] } : { name, root }
}

const parts: ReadonlyArray<Part> = [
  ...["machine", "providers", "session", "cluster"].map((name) => pkg(name)),
  ...["store", "store-node", "store-postgres", "store-redis", "emulator"].map((name) => pkg(name, true)),
  { ...pkg("cli", true), setupFiles: [at("packages/cli/test/Setup.ts")] },
  { name: "bench", root: "bench" },
  { name: "browser", root: "browser" },
  { name: "docs", root: "docs", globalSetup: [at("docs/test/Built.ts")] },
  { name: "release", root: "release" },
  { name: "reliability", root: "reliability" },
  { name: "workspace", root: "." },
]

const common = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // Files share a worker's modules, which would else be loaded for each of them. No file may leave anything behind.
  isolate: false,
}

const tests = "test/**/*.test.ts"

/**
 * Each package by itself, for whoever names one. Without a name all of them are one: a worker loads a module once, and not once for
 * each package that has it.
 */
const split = process.argv.some((argument) => /^--project\b/.test(argument))
  ? {
      projects: parts.map(({ globalSetup = [], setupFiles = [], ...part }) => ({
        test: { ...common, ...part, include: [tests], globalSetup: [...globalSetup], setupFiles: [...setupFiles] },
      })),
    }
  : {
      ...common,
      include: parts.map(({ root }) => (root === "." ? tests : `${root}/${tests}`)),
      globalSetup: parts.flatMap(({ globalSetup = [] }) => globalSetup),
      setupFiles: parts.flatMap(({ setupFiles = [] }) => setupFiles),
      sequence: { sequencer: LongFirst },
    }

// vitest 5 no longer finds this file by its name, so the test script passes it with --config.
export default defineConfig({
  test: {
    ...split,
    // What is logged on purpose is no news; of a test that fails it is shown.
    silent: "passed-only",
    // One more than there are processors: a file that waits for a process, a server or a browser leaves its processor to another.
    maxWorkers: availableParallelism() + 1,
    // A file's docblock says `@module-tag slow`. `npm run test:quick` leaves the slow ones out, `npm test` the matrices.
    tags: [
      { name: "slow", description: "takes seconds: starts many processes, or has a long day of many sessions" },
      { name: "matrix", description: "every case of many: npm run test:matrix" },
    ],
  },
})
