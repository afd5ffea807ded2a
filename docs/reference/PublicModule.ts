/**
 * The public modules: what each library's package.json lists in `exports`, one by one. Nothing else can be imported.
 */
import { existsSync, readFileSync } from "node:fs"
import { join, relative, resolve, sep } from "node:path"

/** The folder of the repository. */
export const root = resolve(import.meta.dirname, "../..")

/** The libraries, in the order of their arrows: each knows only those before it, and the emulator knows none. */
export const libraries = [
  "machine",
  "providers",
  "session",
  "store",
  "store-node",
  "store-postgres",
  "store-redis",
  "cluster",
  "emulator",
] as const

/** One module that you can import. */
export interface PublicModule {
  /** The library's folder: `session`. */
  readonly library: string
  /** Its name below the package: `operations/Health`. */
  readonly name: string
  /** What you write in an import: `@pbx-auth/session/operations/Health`. */
  readonly specifier: string
  /** Its source, from the root, with slashes: `packages/session/src/operations/Health.ts`. */
  readonly file: string
}

/** A file's name from the root, with slashes. */
const named = (path: string): string => relative(root, path).split(sep).join("/")

/** The public modules of a library. A pattern in `exports` stands for files that are no modules, such as fixtures. */
export const modulesOf = (library: string): ReadonlyArray<PublicModule> => {
  const manifest = JSON.parse(readFileSync(join(root, "packages", library, "package.json"), "utf8"))
  return Object.entries<string>(manifest.exports)
    .filter(([key, target]) => !key.includes("*") && target.endsWith(".ts"))
    .map(([key, target]) => ({
      library,
      name: key.slice(2),
      specifier: `${manifest.name}${key.slice(1)}`,
      file: named(resolve(root, "packages", library, target)),
    }))
}

let all: ReadonlyArray<PublicModule> | undefined

/** All public modules. */
export const publicModules = (): ReadonlyArray<PublicModule> => {
  all ??= libraries.flatMap(modulesOf)
  return all
}

/** The file of ours that an import leads to, from the root, or `undefined` if it leads outside. */
export const targetOf = (file: string, specifier: string): string | undefined => {
  const [, library, name] = /^@pbx-auth\/([^/]+)\/(.+)$/.exec(specifier) ?? []
  const path = specifier.startsWith(".")
    ? named(resolve(root, file, "..", specifier))
    : specifier.startsWith("#")
      ? file.replace(/\/src\/.*/, `/src/${specifier.slice(1)}.ts`)
      : library === undefined
        ? undefined
        : `packages/${library}/src/${name}.ts`
  return path !== undefined && existsSync(join(root, path)) ? path : undefined
}
