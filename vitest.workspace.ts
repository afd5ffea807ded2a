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
    // vitest would leave one processor idle, which is half of a small machine.
    maxWorkers: "100%",
    // A file's docblock says `@module-tag slow`. `npm run test:quick` leaves the slow ones out, `npm test` the matrices.
    tags: [
      { name: "slow", description: "takes seconds: starts many processes, or has a long day of many sessions" },
      { name: "matrix", description: "every case of many: npm run test:matrix" },
    ],
    projects: [
      ...["machine", "providers", "session", "store", "store-node", "store-postgres", "store-redis", "cluster"].map(
        (name) => project(name, `packages/${name}`),
      ),
      project("emulator", "packages/emulator", { globalSetup: [at("packages/emulator/test/Built.ts")] }),
      project("cli", "packages/cli", {
        setupFiles: [at("packages/cli/test/Setup.ts")],
        globalSetup: [at("packages/cli/test/Built.ts")],
      }),
      project("bench", "bench"),
      project("browser", "browser"),
      project("docs", "docs"),
      project("release", "release"),
      project("reliability", "reliability"),
      project("workspace", "."),
    ],
  },
})
