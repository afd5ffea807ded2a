/**
 * The command line tool as it is installed: with everything in it except Node, so that it needs no other package. What a command
 * loads only when it needs it is in files of its own.
 */
import { existsSync, globSync, readFileSync } from "node:fs"
import { chmod, writeFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { build, type Plugin } from "esbuild"
import * as Ports from "./Ports.ts"
import { requiredBuiltins } from "./RequiredBuiltins.ts"
import { readManifest } from "./Workspace.ts"

/** What is loaded late is left for its own files; their entries are recorded. */
const lateElsewhere = (entries: Map<string, string>): Plugin => ({
  name: "late-elsewhere",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== "dynamic-import") return undefined
      const name = basename(path).replace(/\.[cm]?[jt]s$/, "")
      entries.set(name, join(resolveDir, path))
      return { path: `./${LATE}/${name}.js`, external: true }
    })
  },
})

/** The folder of what is loaded late. */
const LATE = "late"

export interface Written {
  /** Of the file that each start reads. */
  readonly entryBytes: number
  /** Of all files. */
  readonly bytes: number
  /** The packages that are in them. */
  readonly packages: ReadonlyArray<string>
  /** The paths of the modules that are in them. */
  readonly inputs: ReadonlySet<string>
}

const common = {
  bundle: true,
  platform: "node",
  target: "node22",
  // Fewer bytes to read at each start. Names stay, for stack traces and for errors that are recognised by their class.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
  // Such imports only put modules in order.
  logOverride: { "ignored-bare-import": "silent" },
} as const

/**
 * Writes `COMMAND.cjs` into a folder, executable, beside it what it loads late, and the licences of all that these contain. The file
 * is one CommonJS module, which Node starts without its loader of ES modules. What is loaded late is ES modules as esbuild splits
 * them.
 */
export const write = async (entry: string, directory: string, command: string): Promise<Written> => {
  const lateEntries = new Map<string, string>()
  const outfile = join(directory, `${command}.cjs`)
  const first = await build({
    ...common,
    entryPoints: [entry],
    outfile,
    format: "cjs",
    // An older Node has to read it, to say that it is too old.
    target: "node18",
    plugins: [lateElsewhere(lateEntries)],
  })
  await chmod(outfile, 0o755)
  const late = await build({
    ...common,
    entryPoints: Object.fromEntries(lateEntries),
    outdir: join(directory, LATE),
    splitting: true,
    format: "esm",
    // Machine code, which a user installs beside the command to use a keyring.
    external: ["@napi-rs/keyring"],
    plugins: [requiredBuiltins],
  })
  const outputs = [first, late].flatMap(({ metafile }) => Object.values(metafile.outputs))
  const inputs = new Set(
    outputs.flatMap((output) =>
      Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    ),
  )
  const foreign = [...inputs].filter((path) => path.includes("node_modules/"))
  const homes = new Set(foreign.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []))
  const licences = [...homes].map(noticeOf).sort()
  const ports = [...Ports.noticesOf(foreign)].map(
    ([name, notice]) => `${name}, of which the above contain a part\n\n${notice}`,
  )
  await writeFile(
    join(directory, "THIRD-PARTY-LICENSES"),
    `${[...licences, ...ports.sort()].join(`\n\n${"-".repeat(80)}\n\n`)}\n`,
  )
  return {
    entryBytes: Object.values(first.metafile.outputs)[0]?.bytes ?? 0,
    bytes: outputs.reduce((sum, { bytes }) => sum + bytes, 0),
    packages: licences.map((licence) => licence.slice(0, licence.indexOf("\n"))),
    inputs,
  }
}

const noticeOf = (home: string): string => {
  const { name, version } = readManifest(join(home, "package.json"))
  const [file] = globSync(join(home, "{LICENSE,LICENCE,License,license}*")).sort()
  if (file === undefined || !existsSync(file)) throw new Error(`${name} has no licence to pass on`)
  return `${name} ${version}\n\n${readFileSync(file, "utf8").trim()}`
}
