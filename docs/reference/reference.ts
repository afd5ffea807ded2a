/**
 * `node docs/reference/reference.ts --out DIR` writes the API reference from the docstrings: `DIR/LIBRARY/MODULE.md` for each public
 * module, `DIR/README.md` with all of them, and `DIR/index.json`, which has each page's anchors by library.
 *
 * Without a folder it writes nothing. It lists what has no docstring, and exits with 1 if there is any.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { parseArgs } from "node:util"
import { inferred } from "./Inferred.ts"
import * as ModulePage from "./ModulePage.ts"
import { libraries, modulesOf, root } from "./PublicModule.ts"
import { count } from "./Undocumented.ts"

/** A library with its pages, as `index.json` has them. */
export interface Library {
  /** What you install: `@pbx-auth/session`. */
  readonly package: string
  readonly description: string
  readonly modules: ReadonlyArray<{
    /** `operations/Health`. */
    readonly name: string
    /** `@pbx-auth/session/operations/Health`. */
    readonly specifier: string
    /** The page, below the folder: `session/operations/Health.md`. */
    readonly page: string
    readonly description: string
    readonly anchors: ReadonlyArray<ModulePage.Anchor>
  }>
}

const { out } = parseArgs({ options: { out: { type: "string" } } }).values

const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

const generate = (folder: string): ReadonlyArray<Library> => {
  const typeOf = inferred()
  return libraries.map((library) => {
    const manifest = JSON.parse(readFileSync(join(root, "packages", library, "package.json"), "utf8"))
    const pages = modulesOf(library).map((module) => ModulePage.make(module, typeOf))
    for (const { markdown, path } of pages) write(join(folder, path), markdown)
    return {
      package: manifest.name,
      description: manifest.description ?? "",
      modules: pages.map(({ anchors, description, module, path }) => ({
        name: module.name,
        specifier: module.specifier,
        page: path,
        description,
        anchors,
      })),
    }
  })
}

const overview = (all: ReadonlyArray<Library>): string =>
  [
    '---\ntitle: "API reference"\ndescription: "Every module that you can import, with each export and each member."\n---\n',
    "Every module that you can import, with each export and each member. What is not listed here may change without notice.\n",
    ...all.map(({ description, modules, package: name }) =>
      [
        `## ${name}\n`,
        `${description}\n`,
        ...modules.map(({ description: words, name, page }) => `- [\`${name}\`](${page}): ${words}`),
        "",
      ].join("\n"),
    ),
  ].join("\n")

const { exports, members, modules, undocumented } = count()
const counted = `${modules} modules, ${exports} exports, ${members} members`
if (out === undefined) {
  for (const line of undocumented) console.error(line)
  console.log(`${counted}; ${undocumented.length} without a docstring`)
  process.exitCode = undocumented.length === 0 ? 0 : 1
} else {
  const all = generate(out)
  write(join(out, "README.md"), overview(all))
  write(join(out, "index.json"), `${JSON.stringify(all, null, 2)}\n`)
  console.log(counted)
}
