/**
 * A program as one file for a browser, its size, and what is in it. Ours around esbuild, because size-limit reports only the size,
 * and what must not be in a bundle is half of what is checked here.
 */
import { gzipSync } from "node:zlib"
import { build } from "esbuild"

export interface Bundle {
  /** Bytes, minified. */
  readonly minified: number
  /** Bytes, minified and gzipped as a web server does it beforehand. */
  readonly gzip: number
  /** Modules by their package and their place in it, such as `effect/Schema`, each with its share of the bytes. */
  readonly modules: ReadonlyMap<string, number>
  /** What the runtime must find itself, such as `node:fs`. */
  readonly external: ReadonlyArray<string>
  readonly text: string
}

/**
 * Bundles a file for a browser, with everything that it imports. The settings are the same for all, so that the sizes can be
 * compared. `conditions` are those that a bundler adds: Vite, webpack, Parcel and Rollup add `production`, unless you develop.
 */
export const bundle = async (
  entry: string,
  workingDirectory: string,
  conditions: ReadonlyArray<string> = ["production"],
): Promise<Bundle> => {
  const { metafile, outputFiles } = await build({
    entryPoints: [entry],
    absWorkingDir: workingDirectory,
    outdir: ".",
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    conditions: ["module", ...conditions],
    target: "es2022",
    treeShaking: true,
    legalComments: "none",
    external: ["node:*"],
    metafile: true,
    write: false,
    logLevel: "silent",
  })
  const [file] = outputFiles
  const [output] = Object.values(metafile.outputs)
  if (file === undefined || output === undefined) throw new Error(`${entry} gave no bundle`)
  const modules = Object.entries(output.inputs).map(
    ([path, { bytesInOutput }]) => [nameOf(path), bytesInOutput] as const,
  )
  return {
    minified: file.contents.length,
    gzip: gzipSync(file.contents, { level: 9 }).length,
    modules: new Map(modules.filter(([, bytes]) => bytes > 0)),
    external: output.imports.filter(({ external }) => external).map(({ path }) => path),
    text: file.text,
  }
}

/** `effect/http/Url` for `…/node_modules/effect/dist/http/Url.js`. Of a workspace's package alike: the place is that below `src` or `dist`. */
export const nameOf = (path: string): string =>
  path
    .replace(/^.*node_modules\//, "")
    .replace(/^(\.\.\/)*packages\/([^/]+)\//, "@pbx-auth/$2/")
    .replace(/^((?:@[^/]+\/)?[^/]+)\/(?:dist|src)\//, "$1/")
    .replace(/\.[cm]?[jt]s$/, "")

/** The package that a module belongs to. */
export const packageOf = (module: string): string => /^(@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? module

// If a page forbids making code from text (CSP without `unsafe-eval`), these throw.
const codeFromText = /\bnew Function\(|\beval\(/

/** What is in a bundle and must not be: names of modules; a `*` at the end stands for anything. */
export const findUnwanted = (bundle: Bundle, mustNotAppear: ReadonlyArray<string>): ReadonlyArray<string> => {
  const isUnwanted = (module: string) =>
    mustNotAppear.some((name) => (name.endsWith("*") ? module.startsWith(name.slice(0, -1)) : module === name))
  return [
    ...[...bundle.modules.keys()].filter(isUnwanted),
    ...bundle.external,
    ...(codeFromText.test(bundle.text) ? ["code made from text"] : []),
  ]
}
