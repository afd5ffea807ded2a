/** A copy of the packages and of the lists in the docs, in an empty folder, whose packages know each other and nothing of the repository. */
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { root } from "./Imports.ts"

const copied = [
  "package.json",
  "packages/*/package.json",
  "packages/*/src",
  "packages/emulator/fixtures",
  "packages/session/test/{EveryProvider.test,ProviderFolders}.ts",
  "packages/session/typetest/ProviderCapabilities.ts",
  "scripts/providers.ts",
  "docs/package.json",
  "docs/README.md",
  "docs/command.md",
  "docs/playground/ProviderId.ts",
  "docs/providers",
  "docs/test/{Generated,ProviderPage}.ts",
]

/** Makes one, and gives its folder. */
export const make = (): string => {
  const overlay = realpathSync(mkdtempSync(join(tmpdir(), "pbx-auth-overlay-")))
  for (const file of copied.flatMap((pattern) => globSync(pattern, { cwd: root }))) {
    cpSync(join(root, file), join(overlay, file), { recursive: true })
  }
  for (const folder of [...globSync("packages/*", { cwd: overlay }), "docs"]) {
    for (const name of globSync(["*", "@*/*"], { cwd: join(root, folder, "node_modules") })) {
      const own = join(overlay, "packages", basename(name))
      if (/^(@[^/]+|\..*)$/.test(name)) continue
      const link = join(overlay, folder, "node_modules", name)
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(name.startsWith("@pbx-auth/") ? own : realpathSync(join(root, folder, "node_modules", name)), link)
    }
  }
  // Those of the workspace itself are what a test needs.
  for (const name of ["vitest", "@effect/vitest"]) {
    const link = join(overlay, "node_modules", name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(realpathSync(join(root, "node_modules", name)), link)
  }
  return overlay
}

/** What its files say, by path. */
export const read = (overlay: string): ReadonlyMap<string, string> =>
  new Map(
    globSync("**/*.*", { cwd: overlay, exclude: ["**/node_modules"], withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file.slice(overlay.length + 1), readFileSync(file, "utf8")]),
  )

/** The files that differ, or that only one of both has. */
export const changed = (
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): ReadonlyArray<string> =>
  [...new Set([...before.keys(), ...after.keys()])].filter((file) => before.get(file) !== after.get(file)).sort()
