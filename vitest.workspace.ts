import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// Tests start hundreds of processes that load the same files. Node compiles each file once and keeps the result here, by the
// file's content. The workers and their children inherit the variable.
process.env.NODE_COMPILE_CACHE ??= at("node_modules/.compile-cache")

// vitest 5 no longer finds this file by its name, so the test script passes it with --config.
const project = (
  name: string,
  root: string,
  more: { setupFiles?: Array<string>; globalSetup?: Array<string> } = {},
) => ({
  test: {
    name,
    root,
    ...more,
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Files of a project share a worker's modules, which would else be loaded for each of them. No file may leave anything behind.
    isolate: false,
  },
})

export default defineConfig({
  test: {
    // What is logged on purpose is no news; of a test that fails it is shown.
    silent: "passed-only",
    // One more than there are processors: a file that waits for a process, a server or a browser leaves its processor to another.
    maxWorkers: availableParallelism() + 1,
    // A file's docblock says `@module-tag slow`. `npm run test:quick` leaves the slow ones out, `npm test` the matrices.
    tags: [
      { name: "slow", description: "takes seconds: starts many processes, or has a long day of many sessions" },
      { name: "matrix", description: "every case of many: npm run test:matrix" },
    ],
    projects: [
      ...["machine", "providers", "session", "cluster"].map((name) => project(name, `packages/${name}`)),
      ...["store", "store-node", "store-postgres", "store-redis"].map((name) =>
        project(name, `packages/${name}`, { globalSetup: [at(`packages/${name}/test/Built.ts`)] }),
      ),
      project("emulator", "packages/emulator", { globalSetup: [at("packages/emulator/test/Built.ts")] }),
      project("cli", "packages/cli", {
        setupFiles: [at("packages/cli/test/Setup.ts")],
        globalSetup: [at("packages/cli/test/Built.ts")],
      }),
      project("bench", "bench"),
      project("browser", "browser"),
      project("docs", "docs", { globalSetup: [at("docs/test/Built.ts")] }),
      project("release", "release"),
      project("reliability", "reliability"),
      project("workspace", "."),
    ],
  },
})
