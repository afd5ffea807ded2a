/** Programs that tests start many times, as bundles: each starts in less than half of the time of its sources. */
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Plugin } from "esbuild"
import { requiredBuiltins } from "./RequiredBuiltins.ts"

/** A native module stays where it is. The bundle does not leave this machine. */
const nativeModules: Plugin = {
  name: "native-modules",
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.node$/ }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule("node:module").createRequire("/")(${JSON.stringify(path)})`,
    }))
  },
}

export interface BuiltPrograms {
  /** The path of the bundle of a program, by the name of its source. */
  readonly bundleOf: (name: string) => string
  /** Writes the bundles. A project's `globalSetup` calls it once before the tests. */
  readonly setup: () => Promise<void>
}

/** The programs in a folder. What several of them contain is written once. */
export const of = (sources: URL, names: ReadonlyArray<string>): BuiltPrograms => {
  const folder = fileURLToPath(new URL("../node_modules/.built/", sources))
  return {
    bundleOf: (name) => join(folder, name.replace(/\.ts$/, ".js")),
    setup: async () => {
      // Whoever only starts a program does not load it.
      const { build } = await import("esbuild")
      await rm(folder, { recursive: true, force: true })
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }))
      await build({
        entryPoints: names.map((name) => fileURLToPath(new URL(name, sources))),
        outdir: folder,
        bundle: true,
        splitting: true,
        format: "esm",
        platform: "node",
        target: "node22",
        // Not made smaller: an uncaught error shows its line.
        plugins: [requiredBuiltins, nativeModules],
        logLevel: "warning",
        // Such imports only put modules in order.
        logOverride: { "ignored-bare-import": "silent" },
      })
    },
  }
}
