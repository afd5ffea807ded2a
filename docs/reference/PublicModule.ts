/**
 * The public modules: what each library's package.json lists in `exports`, one by one. Nothing else can be imported.
 */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve, sep } from "node:path"

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

/** What a package's manifest says of its modules. */
interface Manifest {
  readonly name: string
  /** The file of each public module. */
  readonly exports: Readonly<Record<string, string>>
  /** What the package names for itself, by the conditions of a runtime. */
  readonly imports?: Readonly<Record<string, { readonly default: string }>>
}

const manifests = new Map<string, Manifest>()

const manifestOf = (library: string): Manifest => {
  const file = join(root, "packages", library, "package.json")
  const manifest =
    manifests.get(library) ??
    (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { name: library, exports: {} })
  manifests.set(library, manifest)
  return manifest
}

/** The public modules of a library. A pattern in `exports` stands for files that are no modules, such as fixtures. */
export const modulesOf = (library: string): ReadonlyArray<PublicModule> => {
  const manifest = manifestOf(library)
  return Object.entries(manifest.exports)
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

/**
 * The file of ours that an import means, from the root, whether it is there or not; `undefined` if the import leads outside. The manifests
 * say where a module lies. A module that they do not name would lie by its name.
 */
export const meant = (file: string, specifier: string): string | undefined => {
  if (specifier.startsWith(".")) return named(resolve(root, dirname(file), specifier))
  const [, own] = /^packages\/([^/]+)\//.exec(file) ?? []
  const [, library = own, name = specifier.slice(1)] = /^@pbx-auth\/([^/]+)\/(.+)$/.exec(specifier) ?? []
  if (library === undefined || !/^(@pbx-auth\/|#)/.test(specifier)) return undefined
  const { exports, imports = {} } = manifestOf(library)
  const path = specifier.startsWith("#") ? imports[specifier]?.default : exports[`./${name}`]
  return named(resolve(root, "packages", library, path ?? `src/${name}.ts`))
}

/** The file of ours that an import leads to, from the root, or `undefined` if it leads outside. */
export const targetOf = (file: string, specifier: string): string | undefined => {
  const path = meant(file, specifier)
  return path !== undefined && existsSync(join(root, path)) ? path : undefined
}
