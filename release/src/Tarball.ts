/** A package as it goes to the registry. Ours: libraries that read `exports` resolve a name, and none lists the names that there are. */
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { must, pnpm } from "./Command.ts"
import { type Manifest, packages, root } from "./Workspace.ts"

export interface Tarball {
  readonly id: string
  /** The manifest as packed: no `workspace:`, no `catalog:`, `exports` that point at built files. */
  readonly manifest: Manifest
  /** Where the tarball lies. */
  readonly file: string
  /** What is in it, by its path in the package. */
  readonly files: ReadonlyArray<string>
  readonly bytes: number
}

interface Packed {
  readonly name: string
  readonly filename: string
  readonly size: number
  readonly files: ReadonlyArray<{ readonly path: string }>
}

/** Packs every published package into a folder. */
export const pack = async (directory: string): Promise<ReadonlyArray<Tarball>> => {
  await mkdir(directory, { recursive: true })
  const selection = packages.flatMap(({ manifest }) => ["--filter", manifest.name])
  const { stdout } = await pnpm(["--silent", "-r", ...selection, "pack", "--pack-destination", directory, "--json"], {
    cwd: root,
  })
  const packed: ReadonlyArray<Packed> = JSON.parse(stdout)
  return Promise.all(
    packages.map(async ({ id, manifest: { name } }) => {
      const found = packed.find((one) => one.name === name)
      if (found === undefined) throw new Error(`${name} was not packed`)
      const file = join(directory, found.filename.replace(/^.*\//, ""))
      const manifest = await must("tar", ["-xzOf", file, "package/package.json"], { cwd: directory })
      return {
        id,
        manifest: JSON.parse(manifest.stdout),
        file,
        files: found.files.map(({ path }) => path).sort(),
        bytes: found.size,
      }
    }),
  )
}

/** The specifiers under which a package's modules can be imported, as its `exports` and its files have them. */
export const importable = ({ files, manifest }: Tarball): ReadonlyArray<string> => {
  const rules = Object.entries(manifest.exports ?? {}).sort(
    ([a], [b]) => b.replace(/\*.*/, "").length - a.replace(/\*.*/, "").length,
  )
  const ruleOf = (subpath: string) => rules.find(([key]) => fits(key, subpath))
  return rules
    .flatMap(([key, target]) => {
      const built = typeof target === "string" ? target : target?.default
      if (!built?.endsWith(".js")) return []
      return files
        .filter((file) => fits(built, `./${file}`))
        .map((file) => key.replace("*", starOf(built, `./${file}`)))
        .filter((subpath) => ruleOf(subpath)?.[0] === key)
    })
    .map((subpath) => `${manifest.name}${subpath.slice(1)}`)
    .sort()
}

const fits = (pattern: string, path: string): boolean => {
  const [before = "", after] = pattern.split("*")
  return after === undefined
    ? path === pattern
    : path.length > before.length + after.length && path.startsWith(before) && path.endsWith(after)
}

const starOf = (pattern: string, path: string): string => {
  const [before = "", after] = pattern.split("*")
  return after === undefined ? "" : path.slice(before.length, path.length - after.length)
}
