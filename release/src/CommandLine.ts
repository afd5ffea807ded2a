/** The command line tool as one file, with everything in it but Node. */
import { existsSync, globSync, readFileSync } from "node:fs"
import { chmod, writeFile } from "node:fs/promises"
import { builtinModules } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Plugin } from "esbuild"
import * as OneFile from "./OneFile.ts"
import * as Ports from "./Ports.ts"
import { readManifest } from "./Workspace.ts"

/**
 * Node's own modules, loaded when the code that wants them first runs. As `import` statements all of them would stand at
 * the top of the one file, and a command that prints its version would wait for HTTP and TLS to load.
 */
const lazyBuiltins: Plugin = {
  name: "lazy-builtins",
  setup: ({ onLoad, onResolve }) => {
    const names = new Set(builtinModules)
    onResolve({ filter: /^(node:)?[a-z_/]+(\/promises)?$/ }, ({ path }) =>
      path.startsWith("node:") || names.has(path)
        ? { path: path.replace(/^node:/, ""), namespace: "builtin" }
        : undefined,
    )
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(`node:${path}`)})`,
    }))
  },
}

/** What Effect's command line has for a flag `--wizard`, which is not among our flags, and would load at each start. */
const noWizard: Plugin = {
  name: "no-wizard",
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /\/internal\/wizard\.js$/ }, ({ importer, path }) =>
      importer.includes("/effect/dist/cli/") ? { path, namespace: "nothing" } : undefined,
    )
    onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "module.exports = {}" }))
  },
}

export interface Written {
  readonly bytes: number
  /** The packages that are in it. */
  readonly packages: ReadonlyArray<string>
  /** The paths of the modules that are in it. */
  readonly inputs: ReadonlySet<string>
}

/** Writes `outfile`, executable, and beside it the licences of all that it contains. */
export const write = async (entry: string, outfile: string): Promise<Written> => {
  const { bytes, inputs } = await OneFile.write({
    entry,
    outfile,
    reading: {
      plugins: [lazyBuiltins, noWizard],
      define: { "Intl.Segmenter": "LateSegmenter" },
      inject: [fileURLToPath(new URL("LateSegmenter.ts", import.meta.url))],
    },
    writing: {
      platform: "node",
      target: "node22",
      // Fewer bytes to read at each start; names stay, for stack traces and for errors that are told by their class.
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: "none",
    },
  })
  const foreign = [...inputs].filter((path) => path.includes("node_modules/"))
  const homes = new Set(foreign.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []))
  const licences = [...homes].map(noticeOf).sort()
  const ports = [...Ports.noticesOf(foreign)].map(
    ([name, notice]) => `${name}, of which the above contain a part\n\n${notice}`,
  )
  await writeFile(
    join(dirname(outfile), "THIRD-PARTY-LICENSES"),
    `${[...licences, ...ports.sort()].join(`\n\n${"-".repeat(80)}\n\n`)}\n`,
  )
  await chmod(outfile, 0o755)
  return { bytes, packages: licences.map((licence) => licence.slice(0, licence.indexOf("\n"))), inputs }
}

const noticeOf = (home: string): string => {
  const { name, version } = readManifest(join(home, "package.json"))
  const [file] = globSync(join(home, "{LICENSE,LICENCE,License,license}*")).sort()
  if (file === undefined || !existsSync(file)) throw new Error(`${name} has no licence to pass on`)
  return `${name} ${version}\n\n${readFileSync(file, "utf8").trim()}`
}
