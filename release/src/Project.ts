/** A user's project: a folder outside the workspace, with what npm installs into it. */
import { globSync } from "node:fs"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { must } from "./Command.ts"
import type { Tarball } from "./Tarball.ts"

export interface Project {
  readonly directory: string
  /** The path of a program that the project has installed. */
  readonly program: (...path: ReadonlyArray<string>) => string
  /** How many copies of a package there are in the tree. */
  readonly copiesOf: (name: string) => number
  /** Which version of a package was installed. */
  readonly versionOf: (name: string) => Promise<string>
}

/** Makes a project and installs into it, from the registry and from tarballs. */
export const make = async (
  directory: string,
  dependencies: Readonly<Record<string, string>>,
  tarballs: ReadonlyArray<Tarball> = [],
): Promise<Project> => {
  await mkdir(directory, { recursive: true })
  const files = tarballs.map(({ file, manifest }) => [manifest.name, `file:${file}`] as const)
  const manifest = {
    name: "somebody-elses",
    private: true,
    type: "module",
    dependencies: { ...dependencies, ...Object.fromEntries(files) },
  }
  await writeFile(join(directory, "package.json"), JSON.stringify(manifest, null, 2))
  await must("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"], { cwd: directory })
  return {
    directory,
    program: (...path) => join(directory, "node_modules", ...path),
    copiesOf: (name) => globSync(`node_modules/{**/node_modules/,}${name}/package.json`, { cwd: directory }).length,
    versionOf: async (name) =>
      JSON.parse(await readFile(join(directory, "node_modules", name, "package.json"), "utf8")).version,
  }
}

/** A package with those of ours that it needs. */
export const withNeeds = (
  tarballs: ReadonlyArray<Tarball>,
  ...names: ReadonlyArray<string>
): ReadonlyArray<Tarball> => {
  const needed = new Set<Tarball>()
  const add = (name: string) => {
    const found = tarballs.find(({ manifest }) => manifest.name === name)
    if (found === undefined || needed.has(found)) return
    needed.add(found)
    Object.keys(found.manifest.dependencies ?? {}).forEach(add)
  }
  names.forEach(add)
  return [...needed]
}

/** What packages ask their user to install beside them. */
export const peersOf = (tarballs: ReadonlyArray<Tarball>): Readonly<Record<string, string>> =>
  Object.assign({}, ...tarballs.map(({ manifest }) => manifest.peerDependencies ?? {}))
