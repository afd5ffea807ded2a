/**
 * A program as one file, in which all that it loads by `import()` is text until it is asked for.
 *
 * A bundler that is told to write one file makes a function of each module that such an `import()` reaches, also of those that the
 * start needs. Node then reads everything at each start, and what is called at once a second time. So there are two bundlings: into
 * chunks, as for a browser, and of the chunks that the start needs into a file. The others are in it as texts, each compiled when
 * it is first asked for, as Node does with a CommonJS module. The file is one itself, which Node starts without its loader of
 * others; so the program cannot `await` at the top of a module.
 */
import { basename } from "node:path"
import { type BuildOptions, build, type Plugin, transform } from "esbuild"

export interface Written {
  readonly bytes: number
  /** The paths of the modules that are in it. */
  readonly inputs: ReadonlySet<string>
}

export interface Options {
  readonly entry: string
  readonly outfile: string
  /** How the modules are found and read. */
  readonly reading: Pick<BuildOptions, "plugins" | "define" | "inject">
  /** How code is written. */
  readonly writing: Pick<BuildOptions, "platform" | "target" | "minifySyntax" | "minifyWhitespace" | "legalComments">
}

const MAIN = "main.js"

/** The module that has the late chunks, and the name of its function that gives one. */
const LATE = "late"
const LOAD = "__loadLate"

/** What the text of a late chunk is given, beside what a CommonJS module is given. */
const parameters = ["module", "require", LOAD, "__url"]

// Modules are strict; the functions of a CommonJS module are only where it says so.
const banner = `#!/usr/bin/env node
"use strict";const __url=process.getBuiltinModule("node:url").pathToFileURL(__filename).href;`

export const write = async ({ entry, outfile, reading, writing }: Options): Promise<Written> => {
  const common = { ...writing, bundle: true, metafile: true, logLevel: "warning" } as const
  const toCommonJs = { format: "cjs", define: { "import.meta.url": "__url", "import.meta.env": "undefined" } } as const
  const { metafile, outputFiles } = await build({
    ...common,
    ...reading,
    entryPoints: [entry],
    format: "esm",
    entryNames: MAIN.slice(0, -".js".length),
    outdir: "chunks",
    splitting: true,
    write: false,
  })
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]))
  const importsOf = (name: string, kind: "import-statement" | "dynamic-import") =>
    (outputs.get(name)?.imports ?? []).flatMap((found) =>
      found.kind === kind && found.external !== true ? [basename(found.path)] : [],
    )
  // It grows while it is walked.
  const needed = new Set([MAIN])
  for (const name of needed) for (const wanted of importsOf(name, "import-statement")) needed.add(wanted)

  const first = new Map<string, string>()
  const late = new Map<string, string>()
  for (const { path, text } of outputFiles) {
    const name = basename(path)
    let code = text.replace(/^#!.*/, "")
    const loads = importsOf(name, "dynamic-import")
    for (const wanted of loads) {
      const asked = `import("./${wanted}")`
      if (!code.includes(asked)) throw new Error(`${name} asks for ${wanted}, but not by ${asked}`)
      code = code.replaceAll(asked, `${LOAD}("./${wanted}")`)
    }
    if (!needed.has(name)) {
      late.set(name, `"use strict";${(await transform(code, { ...writing, ...toCommonJs })).code}`)
      continue
    }
    // Behind the chunk's own imports, which are to be evaluated in the program's order.
    first.set(name, loads.length === 0 ? code : `${code}\nimport { ${LOAD} } from "${LATE}"`)
  }

  const { metafile: joined } = await build({
    ...common,
    ...toCommonJs,
    stdin: { contents: `import "./${MAIN}"` },
    outfile,
    banner: { js: banner },
    plugins: [chunks(first, lateModule([...first.keys()], late))],
  })
  const [file] = Object.values(joined.outputs)
  if (file === undefined) throw new Error(`${entry} gave no bundle`)
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  return {
    bytes: file.bytes,
    inputs: new Set(inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []))),
  }
}

const chunks = (first: ReadonlyMap<string, string>, late: string): Plugin => ({
  name: "chunks",
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^late$|^\.\// }, ({ path }) => ({ path: basename(path), namespace: "chunk" }))
    onLoad({ filter: /.*/, namespace: "chunk" }, ({ path }) => {
      const contents = path === LATE ? late : first.get(path)
      return contents === undefined ? undefined : { contents }
    })
  },
})

/** What is in the first chunks is theirs alone: a late one gets it from there, so that there is one of each. */
const lateModule = (first: ReadonlyArray<string>, late: ReadonlyMap<string, string>): string => `
${first.map((name, index) => `import * as first${index} from "./${name}"`).join("\n")}
const first = {${first.map((name, index) => `"./${name}": first${index}`).join(",")}}
const late = {${[...late].map(([name, code]) => `"./${name}": ${JSON.stringify(code)}`).join(",\n")}}
const loaded = {}
const need = (name) => {
  if (Object.hasOwn(first, name)) return first[name]
  if (!Object.hasOwn(late, name)) return require(name)
  if (!Object.hasOwn(loaded, name)) {
    const { compileFunction } = process.getBuiltinModule("node:vm")
    const filename = __filename + name.slice(1)
    const run = compileFunction(late[name], ${JSON.stringify(parameters)}, { filename })
    loaded[name] = { exports: {} }
    run(loaded[name], need, ${LOAD}, __url)
  }
  return loaded[name].exports
}
export const ${LOAD} = async (name) => need(name)
`
