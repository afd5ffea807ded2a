import { defineConfig } from "vitest/config"

// vitest 5 no longer finds this file by its name, so the test script passes it with --config.
const project = (name: string, root: string) => ({
  test: {
    name,
    root,
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
  },
})

export default defineConfig({
  test: {
    // What is logged on purpose is no news; of a test that fails it is shown.
    silent: "passed-only",
    projects: [
      ...["machine", "providers", "session", "emulator", "cli"].map((name) => project(name, `packages/${name}`)),
      project("bench", "bench"),
      project("browser", "browser"),
      project("docs", "docs"),
      project("release", "release"),
      project("reliability", "reliability"),
      project("workspace", "."),
    ],
  },
})
