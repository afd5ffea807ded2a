/** The published packages of this workspace, as their manifests describe them. Ours: ten lines, which also run before anything is built. */
import { globSync, readFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly repository?: unknown
  readonly engines?: { readonly node?: string }
  readonly bin?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string | null | Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface Package {
  /** The folder's name: `machine`. */
  readonly id: string
  readonly directory: string
  readonly manifest: Manifest
}

export const readManifest = (file: string): Manifest => JSON.parse(readFileSync(file, "utf8"))

/** The packages that go to the registry. */
export const packages: ReadonlyArray<Package> = globSync("packages/*/package.json", { cwd: root })
  .sort()
  .map((file) => ({
    id: basename(dirname(file)),
    directory: join(root, dirname(file)),
    manifest: readManifest(join(root, file)),
  }))
  .filter(({ manifest }) => manifest.private !== true)
